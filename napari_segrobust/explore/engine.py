"""How a request is answered: the shown plane first, then everything, sharing whatever is known already.

The engine has no thread of its own: the compute thread calls it, and a test may call it directly.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_segrobust import judging, pipeline
from napari_segrobust.compare import change_map, error_map, track_errors
from napari_segrobust.compare.interrupt import Interrupted, cancellable, checkpoint
from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.beside import baseline_of, brought_of, can_bring, without_of
from napari_segrobust.explore.extras import extras_of
from napari_segrobust.explore.judge import Judge
from napari_segrobust.explore.kept_windows import KeptWindows
from napari_segrobust.explore.keys import device_words, ranked, runs_of, view_key
from napari_segrobust.explore.labels import is_finished, labels_of
from napari_segrobust.explore.network import network_of
from napari_segrobust.explore.picture import change_picture, error_picture
from napari_segrobust.explore.planes import centre, flat
from napari_segrobust.explore.provisional import before_post, provisional_views, wants_provisional
from napari_segrobust.explore.references import References
from napari_segrobust.explore.updates import Failure, LaneView, Notice, PlaneUpdate, Progress, VolumeUpdate
from napari_segrobust.explore.votes import votes_of
from napari_segrobust.perturb.change import rms_percent
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.pipeline import GivenRun
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.ensemble import parts
from napari_segrobust.segment.preprocess import needs_statistics
from napari_segrobust.walk import perturb_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.cache import ByteCache
    from napari_segrobust.explore.jobs import Job
    from napari_segrobust.explore.mailbox import Mailbox
    from napari_segrobust.explore.resolve import LaneRequest, Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.explore.updates import Answer
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.pipeline import Block
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import InferenceRun
    from napari_segrobust.walk import Walk

#: Quiet time before everything else is begun: while a slider moves, the next request comes sooner than this.
SETTLE_SECONDS = 0.08
#: Progress is told at most this often.
PROGRESS_SECONDS = 0.2

T = TypeVar('T')


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

    def __init__(self, emit: Callable[[Answer], None], mailbox: Mailbox[Request], cache: ByteCache) -> None:
        self._emit = emit
        self._mailbox = mailbox
        self.cache = cache
        self._windows = KeptWindows(cache.budget)
        self._case: Case | None = None
        self.references: References
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
        self.cache.trim()

    def _take_case(self, case: Case) -> None:
        """Another image forgets everything; other masks on the same image keep what does not depend on them."""
        if case is self._case:
            return
        old, self._case = self._case, case
        if old is not None and case.key == old.key:
            self.references.retake(judging.clean_of(case, self.references.clean.fields))
            return
        self.cache.clear()
        self._windows.forget()
        self._statistics.clear()
        self.references = References(judging.clean_of(case))

    def _shown(self, request: Request) -> None:
        """Windows that touch the shown plane: dropped only when the request is stale in kind."""
        if request.plane is None:
            return
        block = pipeline.plane_block(request.case.shape, request.plane.axis, request.plane.index)

        def stale() -> bool:
            waiting = self._mailbox.peek()
            return self._mailbox.halted or (waiting is not None and waiting.kind != request.kind)

        for lane in request.lanes:
            if not self._can_plan(lane.now, stale):
                return
            run = self.run(lane.now)
            if wants_provisional(lane.now, run, request.plane, block):
                with cancellable(stale):
                    views = provisional_views(self, request, request.plane)
                if views is not None:
                    self._emit(self.plane_update(request, request.plane, views, provisional=True))
            if not self._advance(request, lane.now, block, stale):
                return
        update = self.plane_of(request, stale, early=True)
        if update is None:
            return
        self._emit(update)
        with cancellable(self._mailbox.newer):
            extras = extras_of(self, request)
        if extras is not None:
            self._emit(extras)

    def work(self, job: Job, cancel: pipeline.Cancel) -> bool:
        """Do one unit of a job; True when there is none left, or when its image is no longer open."""
        if self._case is not None and job.case.key != self._case.key:
            return True
        self._take_case(job.case)
        with cancellable(cancel):
            finished = job.advance(self, cancel)
        self.cache.trim()
        return finished

    def plane_of(self, request: Request, cancel: pipeline.Cancel, early: bool = False) -> PlaneUpdate | None:
        """Answer for the plane of a request; None where that was cancelled.

        An `early` one does not wait for steps after the network that need the whole: such lanes are provisional.
        """
        plane = request.plane
        if plane is None:
            return None
        block = pipeline.plane_block(request.case.shape, plane.axis, plane.index)
        for lane in request.lanes:
            for walk in lane.walks:
                whole = walk.post.acts and not early
                if not self._advance(request, walk, None if whole else block, cancel):
                    return None
                if whole:
                    with cancellable(cancel):
                        self.labels(walk, None, None)
        views = tuple(self._plane_view(request, lane, plane, block) for lane in request.lanes)
        return self.plane_update(request, plane, views)

    def whole_of(
        self, request: Request, cancel: pipeline.Cancel, progress: Callable[[int, int], None] | None = None
    ) -> tuple[LaneView, ...] | None:
        """Views of the whole for a request; None where that was cancelled."""
        if not self._advance_all(request, cancel, progress):
            return None
        with cancellable(cancel):
            return tuple(self._whole_view(request, lane) for lane in request.lanes)

    def _rest(self, request: Request) -> None:
        """Everything else: dropped at the next window as soon as a newer request waits."""
        walks = ranked(request)
        if not all(self._can_plan(walk, self._mailbox.newer) for walk in walks):
            return
        runs = [self.run(walk) for walk in walks]
        told, total = time.perf_counter(), sum(run.total for run in runs)

        def progress(_done: int, _total: int) -> None:
            nonlocal told
            if time.perf_counter() - told > PROGRESS_SECONDS:
                told = time.perf_counter()
                self._emit(Progress(request, sum(run.done for run in runs), total, device_words(request)))

        early = not self._finished(request.lanes, request.plane)
        if not self._advance_all(request, self._mailbox.newer, progress):
            return
        if early and (update := self.plane_of(request, self._mailbox.newer)) is not None:
            self._emit(update)
        views = self.whole_of(request, self._mailbox.newer)
        if views is None:
            return
        images = [self.perturbed(request, stack) for stack in (request.stack, request.baseline)]
        if not all(image.compute_whole(self._mailbox.newer) for image in images):
            return
        everything = tuple(slice(0, n) for n in request.case.shape)
        now, before = (image.block(everything) for image in images)
        case = request.case
        rms = rms_percent(case.image, now, case.intensity_range) if now is not case.image else 0.0
        self._emit(VolumeUpdate(request, now, before, views, request.ms, rms))

    # -- the shared intermediate results ------------------------------------------------------------------

    def image(self, case: Case, stack: tuple[Perturbation, ...]) -> PerturbedImage:
        """A case seen through entries that act."""
        key = f'image {perturb_key(case, stack)}'
        return self.cache.get_or_make(key, lambda: PerturbedImage(case, stack, self.references.clean))

    def run(self, walk: Walk) -> InferenceRun | GivenRun:
        """The inference of a walk, as far as it has come."""
        image = self.image(walk.case, walk.image_stack)
        # Members of an ensemble go on where a lane of their own has come to, and the other way round.
        return self.cache.get_or_make(
            f'{runs_of(walk.model_key)}{walk.infer_key}',
            lambda: pipeline.infer(walk, image, self.run, self._windows.for_walk(walk)),
        )

    def forget(self, model_key: str) -> None:
        """Let go of every inference of a model, and so of the model."""
        self.cache.discard(runs_of(model_key))
        self._windows.forget(model_key)

    def perturbed(self, request: Request, stack: tuple[Perturbation, ...]) -> PerturbedImage:
        """What the canvas shows: the perturbed image, also where nothing but given masks lies over it."""
        return self.image(request.case, Scenario(perturbations=stack).stack)

    def plane_update(
        self, request: Request, plane: Plane, lanes: tuple[LaneView, ...], provisional: bool = False
    ) -> PlaneUpdate:
        """Views of the lanes with the image they lie on."""
        block = pipeline.plane_block(request.case.shape, plane.axis, plane.index)
        now, before = (
            flat(self.perturbed(request, stack).block(block), plane, lead=1)
            for stack in (request.stack, request.baseline)
        )
        case = request.case
        clean = flat(case.image[(slice(None), *block)], plane, lead=1)
        rms = rms_percent(clean, now, case.intensity_range)
        return PlaneUpdate(request, now, before, lanes, provisional, request.ms, rms)

    # -- what a lane shows ----------------------------------------------------------------------------------

    def _plane_view(self, request: Request, lane: LaneRequest, plane: Plane, block: Block) -> LaneView:
        if not self._finished([lane], plane):
            return before_post(self, request, lane, plane, block)
        key = f'plane {plane.axis} {plane.index} {view_key(request, lane)} {can_bring(self, lane, plane)}'
        return self.cache.get_or_make(key, lambda: self._view(request, lane, plane, block))

    def _finished(self, lanes: Sequence[LaneRequest], plane: Plane | None) -> bool:
        return all(is_finished(self, walk, plane) for lane in lanes for walk in lane.walks)

    def _whole_view(self, request: Request, lane: LaneRequest) -> LaneView:
        return self.cache.get_or_make(f'whole {view_key(request, lane)}', lambda: self._view(request, lane, None, None))

    def _view(self, request: Request, lane: LaneRequest, plane: Plane | None, block: Block | None) -> LaneView:
        now = self.run(lane.now)
        judge = self.judge(request, lane.now, plane)
        baseline = baseline_of(self, judge, lane, plane, block)
        is_baseline = lane.now.compare_key == lane.baseline.compare_key
        labels = baseline.labels if is_baseline else self.labels(lane.now, plane, block)
        reference = None if judge.prepared is None else judge.prepared.reference
        checkpoint()
        error = None if reference is None else error_map(reference, labels, judge.valid, request.label)
        picture = None if error is None else error_picture(error)
        accuracy = baseline.accuracy if is_baseline else judge.accuracy(labels, lane.now, now, block)
        checkpoint()
        beside = brought_of(self, judge, lane, baseline, plane, block)
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
            without=without_of(self, judge, lane, baseline, plane, block),
            probability=self.probability(request, now, plane, block),
            items=items,
            reference=reference,
            baseline_reference=baseline.reference,
            **network_of(self, request, lane.now, now, plane),
            **votes_of(request, lane.now, now, plane, block),
        )

    def labels(self, walk: Walk, plane: Plane | None, block: Block | None) -> NDArray[Any]:
        """Labels of a plane, or of the whole, which are kept."""
        return labels_of(self, walk, plane, block)

    def judge(self, request: Request, walk: Walk, plane: Plane | None) -> Judge:
        """How a walk is compared, on a plane or on the whole."""
        valid, prepared = judging.valid(walk), self.references.prepared(walk, walk, plane)
        spacing = walk.case.geometry.spacing_mm
        masks = '' if walk.reference is None else walk.case.mask_key(walk.reference)
        key = f'values {walk.model_key} {masks} {sorted(walk.label_map.items())}'
        labels = self.cache.get_or_make(key, lambda: np.array(judging.measured_labels(walk), int)).tolist()
        if plane is not None and walk.case.ndim == 3:
            valid = None if valid is None else np.take(valid, plane.index, plane.axis)
            spacing = None if spacing is None else spacing[: plane.axis] + spacing[plane.axis + 1 :]
        if plane is not None and request.label is not None:
            labels = [request.label]  # what follows the slider; the others come with the whole
        axis = plane.axis if plane is not None and walk.case.ndim == 3 else None
        settings = walk.scenario.judgement.settings
        return Judge(prepared, valid, spacing, labels, settings, request.metrics, axis, self.references.clean)

    def probability(
        self, request: Request, run: InferenceRun | GivenRun, plane: Plane | None, block: Block | None
    ) -> NDArray[np.float32] | None:
        """Channel of a run that a request asks for; None where it asks for none."""
        if request.probability is None or isinstance(run, GivenRun):
            return None
        channels = run.probabilities(block)
        return flat(channels[min(request.probability, len(channels) - 1)], plane)

    def kept(self, key: str, make: Callable[[], T]) -> T:
        """A small value, made once and kept with the image."""
        return self.cache.small(key, make)

    # -- doing windows -------------------------------------------------------------------------------------

    def _can_plan(self, walk: Walk, cancel: pipeline.Cancel) -> bool:
        """Have the whole image where the windows depend on it, as on its foreground; False when cancelled."""
        if walk.model is None or not walk.model.spec.crop_foreground:
            return True
        return self.image(walk.case, walk.image_stack).compute_whole(cancel)

    def _advance(
        self,
        request: Request,
        walk: Walk,
        block: Block | None,
        cancel: pipeline.Cancel,
        progress: Callable[[int, int], None] | None = None,
    ) -> bool:
        """Do windows of a walk; what happened to its model is told also when they are given up, or fail."""
        if not self._can_plan(walk, cancel):
            return False
        run, image = self.run(walk), self.image(walk.case, walk.image_stack)
        key, specs = walk.model_key, [model.spec for model in parts(walk.model)]
        # Statistics need every voxel once; windows in 3D, which overlap, would perturb many of them again.
        whole = block is None or any(spec.dimensions == 3 and needs_statistics(spec) for spec in specs)
        middle = None if request.plane is None else centre(request.plane, walk.case.shape)
        try:
            if whole and not image.compute_whole(cancel):
                return False
            # An ensemble that lost a member is another model: what was asked is asked anew.
            return pipeline.advance(run, block, middle, cancel, progress) and walk.model_key == key
        finally:
            self._note(request, walk, run, anew=walk.model_key != key)

    def _advance_all(
        self, request: Request, cancel: pipeline.Cancel, progress: Callable[[int, int], None] | None
    ) -> bool:
        return all(self._advance(request, walk, None, cancel, progress) for walk in ranked(request))

    def last_statistics(self, model: str) -> Statistics | None:
        """Of the last image that a model has seen whole."""
        return self._statistics.get(model)

    def _note(self, request: Request, walk: Walk, run: InferenceRun | GivenRun, anew: bool) -> None:
        """Keep what the next inference can use, and pass on once what a person should know."""
        if isinstance(run, GivenRun) or walk.model is None:
            return
        if run.statistics is not None:
            self._statistics[walk.model.key] = run.statistics
        while run.messages:
            self._emit(Notice(request, run.messages.pop(0), anew))
