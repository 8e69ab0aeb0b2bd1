"""How a request is answered: the shown plane first, then everything, sharing whatever is known already.

The engine has no thread of its own: the compute thread calls it, and a test may call it directly.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust import judging, pipeline
from napari_segrobust.compare import PreparedReference, change_map, error_map, track_errors
from napari_segrobust.compare.interrupt import Interrupted, cancellable, checkpoint
from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.judge import Baseline, Judge, brought
from napari_segrobust.explore.picture import change_picture, error_picture
from napari_segrobust.explore.planes import centre, flat
from napari_segrobust.explore.references import References
from napari_segrobust.explore.updates import Failure, LaneView, Notice, PlaneUpdate, Progress, VolumeUpdate
from napari_segrobust.pipeline import GivenRun, PerturbedImage
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.precision import describe_precision
from napari_segrobust.segment.preprocess import needs_statistics
from napari_segrobust.walk import perturb_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.cache import ByteCache
    from napari_segrobust.explore.mailbox import Mailbox
    from napari_segrobust.explore.resolve import LaneRequest, Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.explore.updates import Update
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.pipeline import Block
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import InferenceRun
    from napari_segrobust.walk import Walk

#: Quiet time before everything else is begun: while a slider moves, the next request comes sooner than this.
SETTLE_SECONDS = 0.08
#: Progress is told at most this often.
PROGRESS_SECONDS = 0.2
#: A plane is first drawn provisionally, from one layer of windows, where that is so many times sooner.
PROVISIONAL_GAIN = 4
#: Slices that are labelled at once.
SLAB = 16


class Engine:
    """Answers requests; owns the cache and the random fields.

    Parameters
    ----------
    emit : callable
        Told every update. Called in the compute thread.
    mailbox : Mailbox
        Asked between windows whether a newer request waits.
    cache : ByteCache
    """

    def __init__(self, emit: Callable[[Update], None], mailbox: Mailbox[Request], cache: ByteCache) -> None:
        self._emit = emit
        self._mailbox = mailbox
        self._cache = cache
        self._case: Case | None = None
        self._kept: References
        self._statistics: dict[str, Statistics] = {}

    def answer(self, request: Request) -> None:
        """Answer one request, as far as no newer one makes it needless."""
        self._take_case(request.case)
        try:
            for lane in request.lanes:
                pipeline.settle_precision(lane.now)
            self._shown(request)
            if not self._mailbox.newer(SETTLE_SECONDS):
                self._rest(request)
        except Interrupted:
            pass
        except SegrobustError as error:
            self._emit(Failure(request, str(error)))
        except MemoryError:
            remedy = 'Draw a smaller context box, or close other programs.'
            self._emit(Failure(request, str(SegrobustError('Out of memory', 'the result did not fit', remedy))))
        self._cache.trim()

    def _take_case(self, case: Case) -> None:
        """Another image forgets everything; other masks on the same image keep what does not depend on them."""
        if case is self._case:
            return
        if self._case is None or case.key != self._case.key:
            self._cache.clear()
        self._case = case
        self._kept = References(judging.clean_of(case))
        self._statistics.clear()

    def _shown(self, request: Request) -> None:
        """Windows that touch the shown plane: dropped only when the request is stale in kind."""
        if request.plane is None:
            return
        block = pipeline.plane_block(request.case.shape, request.plane.axis, request.plane.index)

        def stale() -> bool:
            waiting = self._mailbox.peek()
            return self._mailbox.halted or (waiting is not None and waiting.kind != request.kind)

        for lane in request.lanes:
            for walk in (lane.now, lane.baseline):
                run = self._run(walk)
                if walk is lane.now and self._wants_provisional(walk, run, request.plane, block):
                    with cancellable(stale):
                        self._provisional(request, request.plane)
                if not self._advance(request, walk, block, stale):
                    return
        views = tuple(self._plane_view(request, lane, request.plane, block) for lane in request.lanes)
        self._emit(self._plane_update(request, request.plane, views))

    def _rest(self, request: Request) -> None:
        """Everything else: dropped at the next window as soon as a newer request waits."""
        walks = [lane.now for lane in request.lanes] + [lane.baseline for lane in request.lanes]
        runs = [self._run(walk) for walk in walks]
        told = time.perf_counter()
        total = sum(run.total for run in runs)

        def progress(_done: int, _total: int) -> None:
            nonlocal told
            if time.perf_counter() - told > PROGRESS_SECONDS:
                told = time.perf_counter()
                self._emit(Progress(request, sum(run.done for run in runs), total, _device(request)))

        for walk in walks:
            if not self._advance(request, walk, None, self._mailbox.newer, progress):
                return
        with cancellable(self._mailbox.newer):
            views = [self._whole_view(request, lane) for lane in request.lanes]
        images = [self._perturbed(request, stack) for stack in (request.stack, request.baseline)]
        if not all(image.compute_whole(self._mailbox.newer) for image in images):
            return
        everything = tuple(slice(0, n) for n in request.case.shape)
        now, before = (image.block(everything) for image in images)
        self._emit(VolumeUpdate(request, now, before, tuple(views), request.ms))

    # -- the shared intermediate results ------------------------------------------------------------------

    def _image(self, case: Case, stack: tuple[Perturbation, ...]) -> PerturbedImage:
        key = f'image {perturb_key(case, stack)}'
        return self._cache.get_or_make(key, lambda: PerturbedImage(case, stack, self._kept.clean))

    def _run(self, walk: Walk) -> InferenceRun | GivenRun:
        image = self._image(walk.case, walk.image_stack)
        return self._cache.get_or_make(f'run {walk.infer_key}', lambda: pipeline.infer(walk, image))

    def _perturbed(self, request: Request, stack: tuple[Perturbation, ...]) -> PerturbedImage:
        """What the canvas shows: the perturbed image, also where nothing but given masks lies over it."""
        return self._image(request.case, Scenario(perturbations=stack).stack)

    def _plane_update(
        self, request: Request, plane: Plane, lanes: tuple[LaneView, ...], provisional: bool = False
    ) -> PlaneUpdate:
        block = pipeline.plane_block(request.case.shape, plane.axis, plane.index)
        now, before = (
            flat(self._perturbed(request, stack).block(block), plane, lead=1)
            for stack in (request.stack, request.baseline)
        )
        return PlaneUpdate(request, now, before, lanes, provisional, request.ms)

    # -- what a lane shows ----------------------------------------------------------------------------------

    def _plane_view(self, request: Request, lane: LaneRequest, plane: Plane, block: Block) -> LaneView:
        key = f'plane {plane.axis} {plane.index} {_view_key(request, lane)} {self._can_bring(lane, plane)}'
        return self._cache.get_or_make(key, lambda: self._view(request, lane, plane, block))

    def _whole_view(self, request: Request, lane: LaneRequest) -> LaneView:
        return self._cache.get_or_make(
            f'whole {_view_key(request, lane)}', lambda: self._view(request, lane, None, None)
        )

    def _view(self, request: Request, lane: LaneRequest, plane: Plane | None, block: Block | None) -> LaneView:
        now = self._run(lane.now)
        judge = self._judge(request, lane.now, plane)
        baseline = self._baseline(judge, lane, plane, block)
        is_baseline = lane.now.compare_key == lane.baseline.compare_key
        labels = baseline.labels if is_baseline else self._labels(lane.now, plane, block)
        reference = None if judge.prepared is None else judge.prepared.reference
        checkpoint()
        error = None if reference is None else error_map(reference, labels, judge.valid, request.label)
        picture = None if error is None else error_picture(error)
        accuracy = baseline.accuracy if is_baseline else judge.accuracy(labels, lane.now, now, block)
        checkpoint()
        beside = self._brought(judge, lane, baseline, plane, block)
        change, stability, items = np.zeros(labels.shape, np.uint8), None, None
        if beside is not None:
            old = beside.reference
            change = change_map(reference, beside.labels, labels, judge.valid, request.label, baseline_reference=old)
            stability = judge.stability(beside.prepared, labels).without_pairs()
        if plane is None and accuracy is not None:
            items = baseline.items if is_baseline else accuracy.items
            if items is not None and beside is not None and beside.items is not None and not is_baseline:
                items = track_errors(items, beside.items)
        return LaneView(
            index=lane.index,
            labels=labels,
            baseline_labels=baseline.labels,
            error=error,
            change=change,
            error_picture=picture,
            change_picture=change_picture(change, reference is not None),
            valid=judge.valid,
            accuracy=None if accuracy is None else accuracy.without_pairs(),
            baseline_accuracy=baseline.accuracy,
            stability=stability,
            probability=self._probability(request, now, plane, block),
            items=items,
            reference=reference,
            baseline_reference=baseline.reference,
        )

    def _baseline(self, judge: Judge, lane: LaneRequest, plane: Plane | None, block: Block | None) -> Baseline:
        """What every severity is held against; the same until the pin, the case or the judgement changes."""
        judge = replace(judge, prepared=self._kept.prepared(lane.baseline, lane.now, plane))
        where = None if plane is None else (plane.axis, plane.index)

        def make() -> Baseline:
            labels = self._labels(lane.baseline, plane, block)
            accuracy = judge.accuracy(labels, lane.baseline, self._run(lane.baseline), block)
            prepared = PreparedReference(labels, judge.spacing, judge.valid)
            if accuracy is None:
                return Baseline(labels, prepared, None, None, None)
            items = accuracy.items if plane is None else None
            return Baseline(labels, prepared, judge.prepared, accuracy.without_pairs(), items)

        key = f'baseline {lane.baseline.compare_key} {lane.now.scenario.context.box} {judge.labels} {where}'
        key += f' {judge.metrics}'
        return self._cache.get_or_make(key, make)

    def _brought(
        self, judge: Judge, lane: LaneRequest, baseline: Baseline, plane: Plane | None, block: Block | None
    ) -> Baseline | None:
        """Bring the baseline to where the lane lies: the warp that moved the image moves its labels and its reference.

        None where that cannot be: while its slices are still to come, or when both lie in moved places that differ.
        """
        if lane.now.frame_key == lane.baseline.frame_key:
            return baseline
        if not self._can_bring(lane, plane):
            return None
        where = None if plane is None else (plane.axis, plane.index)

        key = f'brought {lane.baseline.compare_key} {lane.now.reference_key} {lane.now.frame_key}'
        key += f' {lane.now.scenario.context.box} {judge.labels} {where}'
        labels = self._labels(lane.baseline, None, None)
        return self._cache.get_or_make(key, lambda: brought(judge, lane, labels, plane, block))

    def _can_bring(self, lane: LaneRequest, plane: Plane | None) -> bool:
        """Whether the baseline can be brought to where the lane lies; a plane of it comes from several slices."""
        if lane.now.frame_key == lane.baseline.frame_key:
            return True
        run = self._run(lane.baseline)
        return not lane.baseline.frame and (plane is None or run.done == run.total)

    def _labels(self, walk: Walk, plane: Plane | None, block: Block | None) -> NDArray[Any]:
        """Labels of a plane; those of the whole are made in slabs, and kept: a tolerance does not change them."""
        run = self._run(walk)
        if plane is not None or isinstance(run, GivenRun):
            return flat(pipeline.label(walk, run, block), plane)

        def make() -> NDArray[Any]:
            slabs = []
            for start in range(0, walk.case.shape[0], SLAB):
                checkpoint()
                rest = tuple(slice(0, n) for n in walk.case.shape[1:])
                slabs.append(pipeline.label(walk, run, (slice(start, min(start + SLAB, walk.case.shape[0])), *rest)))
            return np.concatenate(slabs)

        return self._cache.get_or_make(f'labels {walk.label_key}', make)

    def _judge(self, request: Request, walk: Walk, plane: Plane | None) -> Judge:
        valid, prepared = judging.valid(walk), self._kept.prepared(walk, walk, plane)
        spacing = walk.case.geometry.spacing_mm
        masks = '' if walk.reference is None else walk.case.mask_key(walk.reference)
        key = f'values {walk.model_key} {masks} {sorted(walk.label_map.items())}'
        labels = self._cache.get_or_make(key, lambda: np.array(judging.measured_labels(walk), int)).tolist()
        if plane is not None and walk.case.ndim == 3:
            valid = None if valid is None else np.take(valid, plane.index, plane.axis)
            spacing = None if spacing is None else spacing[: plane.axis] + spacing[plane.axis + 1 :]
        if plane is not None and request.label is not None:
            labels = [request.label]  # what follows the slider; the others come with the whole
        axis = plane.axis if plane is not None and walk.case.ndim == 3 else None
        settings = walk.scenario.judgement.settings
        return Judge(prepared, valid, spacing, labels, settings, request.metrics, axis, self._kept.clean)

    def _probability(
        self, request: Request, run: InferenceRun | GivenRun, plane: Plane | None, block: Block | None
    ) -> NDArray[np.float32] | None:
        if request.probability is None or isinstance(run, GivenRun):
            return None
        channels = run.probabilities(block)
        return flat(channels[min(request.probability, len(channels) - 1)], plane)

    # -- provisional pictures, messages ---------------------------------------------------------------------

    def _wants_provisional(self, walk: Walk, run: InferenceRun | GivenRun, plane: Plane, block: Block) -> bool:
        from napari_segrobust.segment.inference import provisional_windows

        if isinstance(run, GivenRun) or walk.model is None:
            return False
        layer = provisional_windows(walk.model, run.shape, walk.scenario.context, plane.axis, plane.index)
        return 0 < PROVISIONAL_GAIN * layer <= len(run.pending(block))

    def _provisional(self, request: Request, plane: Plane) -> None:
        """Draw the plane from one layer of windows, while the exact ones are still to come."""
        from napari_segrobust.segment.inference import provisional_plane
        from napari_segrobust.segment.prediction import labels_from
        from napari_segrobust.segment.protocols import WindowSegmenter

        views = []
        for lane in request.lanes:
            model = lane.now.model
            if not isinstance(model, WindowSegmenter) or model.spec.dimensions == 2:
                return
            scenario = lane.now.scenario
            # The last complete statistics will do for a picture that is called provisional.
            known = self._statistics.get(model.key)
            image = self._image(request.case, lane.now.image_stack)
            probabilities = provisional_plane(model, image, scenario.context, plane.axis, plane.index, known)
            labels = labels_from(probabilities, model.spec, scenario.judgement.threshold, lane.now.label_map)
            views.append(self._provisional_view(request, lane, plane, labels))
        self._emit(self._plane_update(request, plane, tuple(views), provisional=True))

    def _provisional_view(
        self, request: Request, lane: LaneRequest, plane: Plane, labels: NDArray[np.uint8]
    ) -> LaneView:
        judge = self._judge(request, lane.now, plane)
        reference = None if judge.prepared is None else judge.prepared.reference
        error = None if reference is None else error_map(reference, labels, judge.valid, request.label)
        nothing = np.zeros(labels.shape, np.uint8)
        return LaneView(
            index=lane.index,
            labels=labels,
            baseline_labels=labels,
            error=error,
            change=nothing,
            error_picture=None if error is None else error_picture(error, provisional=True),
            change_picture=nothing,
            valid=judge.valid,
            accuracy=None,
            baseline_accuracy=None,
            stability=None,
            reference=reference,
            baseline_reference=reference,
        )

    def _advance(
        self,
        request: Request,
        walk: Walk,
        block: Block | None,
        cancel: pipeline.Cancel,
        progress: Callable[[int, int], None] | None = None,
    ) -> bool:
        """Do windows of a walk; what happened to its model is told also when they are given up, or fail."""
        run, image = self._run(walk), self._image(walk.case, walk.image_stack)
        spec = None if walk.model is None else walk.model.spec
        # Statistics need every voxel once; windows in 3D, which overlap, would perturb many of them again.
        whole = block is None or (spec is not None and spec.dimensions == 3 and needs_statistics(spec))
        middle = None if request.plane is None else centre(request.plane, walk.case.shape)
        try:
            if whole and not image.compute_whole(cancel):
                return False
            return pipeline.advance(run, block, middle, cancel, progress)
        finally:
            self._note(request, walk, run)

    def _note(self, request: Request, walk: Walk, run: InferenceRun | GivenRun) -> None:
        """Keep what the next inference can use, and pass on once what a person should know."""
        if isinstance(run, GivenRun) or walk.model is None:
            return
        if run.statistics is not None:
            self._statistics[walk.model.key] = run.statistics
        while run.messages:
            self._emit(Notice(request, run.messages.pop(0)))


def _view_key(request: Request, lane: LaneRequest) -> str:
    """Key of what a lane shows, but for where."""
    asked = (request.label, request.probability, request.metrics)
    return f'{lane.now.compare_key} {lane.baseline.compare_key} {asked}'


def _device(request: Request) -> str:
    model = next((lane.now.model for lane in request.lanes if lane.now.model is not None), None)
    return 'cpu' if model is None else describe_precision(model)
