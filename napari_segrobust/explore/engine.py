"""How a request is answered: the shown plane first, then everything, sharing whatever is known already.

The engine has no thread of its own: the compute thread calls it, and a test may call it directly.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust import pipeline
from napari_segrobust.compare import ErrorItems, PreparedReference, change_map, compare, error_items, error_map
from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.picture import change_picture, error_picture
from napari_segrobust.explore.updates import Failure, LaneView, Notice, PlaneUpdate, Progress, VolumeUpdate
from napari_segrobust.perturb import FieldStore
from napari_segrobust.pipeline import GivenRun, PerturbedImage, Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.explore.cache import ByteCache
    from napari_segrobust.explore.mailbox import Mailbox
    from napari_segrobust.explore.resolve import LaneRequest, Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.explore.updates import Update
    from napari_segrobust.pipeline import Block
    from napari_segrobust.segment.protocols import InferenceRun

#: Quiet time before everything else is begun: while a slider moves, the next request comes sooner than this.
SETTLE_SECONDS = 0.08
#: Progress is told at most this often.
PROGRESS_SECONDS = 0.1
#: A plane that needs at least this many windows is first drawn provisionally, from one layer of them.
PROVISIONAL_FROM_WINDOWS = 12


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
        self._fields = FieldStore()
        self._case_key: str | None = None

    def answer(self, request: Request) -> None:
        """Answer one request, as far as no newer one makes it needless."""
        if request.case.key != self._case_key:
            self._cache.clear()
            self._fields = FieldStore()
            self._case_key = request.case.key
        try:
            self._shown(request)
            if not self._mailbox.newer(SETTLE_SECONDS):
                self._rest(request)
        except SegrobustError as error:
            self._emit(Failure(request, str(error)))
        except MemoryError:
            remedy = 'Draw a smaller context box, or close other programs.'
            self._emit(Failure(request, str(SegrobustError('Out of memory', 'the result did not fit', remedy))))
        self._cache.trim()

    def _shown(self, request: Request) -> None:
        """Windows that touch the shown plane: dropped only when the request is stale in kind."""
        if request.plane is None or not request.lanes:
            return
        block = pipeline.plane_block(request.case.shape, request.plane.axis, request.plane.index)
        centre = _centre(request.plane, request.case.shape)

        def stale() -> bool:
            waiting = self._mailbox.peek()
            return self._mailbox.halted or (waiting is not None and waiting.kind != request.kind)

        for lane in request.lanes:
            for walk in (lane.now, lane.baseline):
                run = self._run(walk)
                if self._wants_provisional(walk, run, block):
                    self._provisional(request, request.plane)
                if not pipeline.advance(run, block, centre, stale):
                    return
                self._tell(request, run)
        views = tuple(self._plane_view(request, lane, request.plane, block) for lane in request.lanes)
        self._emit(PlaneUpdate(request, self._plane_image(request, block), views, False, _since(request)))

    def _rest(self, request: Request) -> None:
        """Everything else: dropped at the next window as soon as a newer request waits."""
        centre = None if request.plane is None else _centre(request.plane, request.case.shape)
        walks = [lane.now for lane in request.lanes] + [lane.baseline for lane in request.lanes]
        runs = [self._run(walk) for walk in walks]
        told = time.perf_counter()
        total = sum(run.total for run in runs)

        def progress(_done: int, _total: int) -> None:
            nonlocal told
            if time.perf_counter() - told > PROGRESS_SECONDS:
                told = time.perf_counter()
                self._emit(Progress(request, sum(run.done for run in runs), total, _device(request)))

        for walk, run in zip(walks, runs, strict=True):
            if not self._image(walk).compute_whole(self._mailbox.newer):
                return
            if not pipeline.advance(run, None, centre, self._mailbox.newer, progress):
                return
            self._tell(request, run)
        views = []
        for lane in request.lanes:
            if self._mailbox.newer():
                return
            views.append(self._whole_view(request, lane))
        everything = tuple(slice(0, n) for n in request.case.shape)
        image = self._perturbed(request).block(everything)
        self._emit(VolumeUpdate(request, image, tuple(views), _since(request)))

    # -- the shared intermediate results ------------------------------------------------------------------

    def _image(self, walk: Walk) -> PerturbedImage:
        return self._cache.get_or_make(f'image {walk.perturb_key}', lambda: PerturbedImage(walk, self._fields))

    def _run(self, walk: Walk) -> InferenceRun | GivenRun:
        return self._cache.get_or_make(f'run {walk.infer_key}', lambda: pipeline.infer(walk, self._image(walk)))

    def _perturbed(self, request: Request) -> PerturbedImage:
        """What the canvas shows: the perturbed image, also where every lane is a given mask."""
        models = [lane.now for lane in request.lanes if lane.now.model is not None]
        walk = models[0] if models else request.lanes[0].baseline
        return self._image(walk)

    def _plane_image(self, request: Request, block: Block) -> NDArray[np.float32]:
        plane = self._perturbed(request).block(block)
        return _flat(plane, request.plane, lead=1)

    def _prepared(self, walk: Walk, plane: Plane | None) -> PreparedReference | None:
        """The reference's surfaces, taken once per reference and plane."""
        name = walk.reference
        if name is None:
            return None
        where = 'whole' if plane is None else f'{plane.axis} {plane.index}'
        mask = walk.case.references[name]
        if plane is not None:
            mask = _flat(mask[pipeline.plane_block(mask.shape, plane.axis, plane.index)], plane)
        return self._cache.get_or_make(
            f'reference {walk.case.key} {name} {where}',
            lambda: PreparedReference(mask, spacing=_plane_spacing(walk, plane)),
        )

    # -- what a lane shows ----------------------------------------------------------------------------------

    def _plane_view(self, request: Request, lane: LaneRequest, plane: Plane, block: Block) -> LaneView:
        key = f'plane {lane.now.compare_key} {lane.baseline.compare_key} {request.label} {plane.axis} {plane.index}'
        return self._cache.get_or_make(
            f'{key} {request.probability}', lambda: self._view(request, lane, plane, block)
        )

    def _whole_view(self, request: Request, lane: LaneRequest) -> LaneView:
        key = f'whole {lane.now.compare_key} {lane.baseline.compare_key} {request.label} {request.probability}'
        return self._cache.get_or_make(key, lambda: self._view(request, lane, None, None))

    def _view(self, request: Request, lane: LaneRequest, plane: Plane | None, block: Block | None) -> LaneView:
        now, baseline = self._run(lane.now), self._run(lane.baseline)
        labels = _flat(pipeline.label(lane.now, now, block), plane)
        before = _flat(pipeline.label(lane.baseline, baseline, block), plane)
        where = pipeline.valid(now, block)
        where = None if where is None else _flat(where, plane)
        prepared = self._prepared(lane.now, plane)
        reference = None if prepared is None else prepared.labels
        spacing = _plane_spacing(lane.now, plane)
        tolerance = lane.now.scenario.judgement.tolerance_mm
        # On a plane only the shown label is measured: that is what follows the slider.
        wanted = pipeline.measured_labels(lane.now)
        if plane is not None and request.label is not None:
            wanted = [request.label]
        options = {'spacing': spacing, 'labels': wanted, 'tolerance_mm': tolerance, 'valid': where}
        accuracy = None if reference is None else compare(reference, labels, prepared=prepared, **options)
        accuracy_before = None if reference is None else compare(reference, before, prepared=prepared, **options)
        items: ErrorItems | None = None
        if plane is None and reference is not None:
            items = error_items(
                reference, labels, spacing=spacing, labels=wanted, tolerance_mm=tolerance, valid=where, prepared=prepared
            )
        error = None if reference is None else error_map(reference, labels, valid=where, label=request.label)
        change = change_map(reference, before, labels, valid=where, label=request.label)
        return LaneView(
            index=lane.index,
            labels=labels,
            baseline_labels=before,
            error=error,
            change=change,
            error_picture=None if error is None else error_picture(error),
            change_picture=change_picture(change, reference is not None),
            valid=where,
            accuracy=accuracy,
            baseline_accuracy=accuracy_before,
            stability=compare(before, labels, **options),
            probability=self._probability(request, now, plane, block),
            items=items,
        )

    def _probability(
        self, request: Request, run: InferenceRun | GivenRun, plane: Plane | None, block: Block | None
    ) -> NDArray[np.float32] | None:
        if request.probability is None or isinstance(run, GivenRun):
            return None
        channels = run.probabilities(block)
        return _flat(channels[min(request.probability, len(channels) - 1)], plane)

    # -- provisional pictures, messages ---------------------------------------------------------------------

    def _wants_provisional(self, walk: Walk, run: InferenceRun | GivenRun, block: Block) -> bool:
        if isinstance(run, GivenRun) or walk.model is None or walk.model.spec.dimensions == 2:
            return False
        return len(run.pending(block)) >= PROVISIONAL_FROM_WINDOWS

    def _provisional(self, request: Request, plane: Plane) -> None:
        """Draw the plane from one layer of windows, while the exact ones are still to come."""
        from napari_segrobust.segment.inference import provisional_plane
        from napari_segrobust.segment.prediction import labels_from

        views = []
        for lane in request.lanes:
            model = lane.now.model
            if model is None or model.spec.dimensions == 2:
                return
            scenario = lane.now.scenario
            probabilities = provisional_plane(model, self._image(lane.now), scenario.context, plane.axis, plane.index)
            labels = labels_from(probabilities, model.spec, scenario.judgement.threshold, lane.now.label_map)
            prepared = self._prepared(lane.now, plane)
            reference = None if prepared is None else prepared.labels
            stability = compare(labels, labels, spacing=_plane_spacing(lane.now, plane), labels=[], metrics=())
            error = None if reference is None else error_map(reference, labels, label=request.label)
            nothing = np.zeros(labels.shape, np.uint8)
            views.append(
                LaneView(
                    index=lane.index,
                    labels=labels,
                    baseline_labels=labels,
                    error=error,
                    change=nothing,
                    error_picture=None if error is None else error_picture(error, provisional=True),
                    change_picture=nothing,
                    valid=None,
                    accuracy=None,
                    baseline_accuracy=None,
                    stability=stability,
                )
            )
        block = pipeline.plane_block(request.case.shape, plane.axis, plane.index)
        self._emit(PlaneUpdate(request, self._plane_image(request, block), tuple(views), True, _since(request)))

    def _tell(self, request: Request, run: InferenceRun | GivenRun) -> None:
        """Pass on what the inference wants a person to know, once."""
        for message in getattr(run, 'messages', [])[:]:
            run.messages.remove(message)  # type: ignore[union-attr]  # GivenRun has none, so the loop is empty
            self._emit(Notice(request, message))


def _flat(array: NDArray, plane: Plane | None, lead: int = 0) -> NDArray:
    """Drop the plane's axis of length one, `lead` axes in; nothing to drop in 2D or for the whole."""
    if plane is None or array.ndim - lead == 2:
        return array
    return array.take(0, axis=lead + plane.axis) if not array.flags.c_contiguous else array.squeeze(lead + plane.axis)


def _plane_spacing(walk: Walk, plane: Plane | None) -> tuple[float, ...] | None:
    spacing = walk.case.geometry.spacing_mm
    if spacing is None or plane is None or len(spacing) == 2:
        return spacing
    return tuple(s for axis, s in enumerate(spacing) if axis != plane.axis)


def _centre(plane: Plane, shape: tuple[int, ...]) -> tuple[float, ...]:
    centre = list(plane.centre) if plane.centre is not None and len(plane.centre) == len(shape) else [n / 2 for n in shape]
    if len(shape) == 3:
        centre[plane.axis] = plane.index
    return tuple(centre)


def _since(request: Request) -> float:
    return 1000 * (time.perf_counter() - request.born)


def _device(request: Request) -> str:
    return next((lane.now.model.device for lane in request.lanes if lane.now.model is not None), 'cpu')
