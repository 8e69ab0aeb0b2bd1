"""Work that asks the network window by window, while the live loop has nothing to do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.ui.windows.layout import on_plane
from napari_segrobust.windows import (
    AloneCollector,
    EdgeCollector,
    SeamCollector,
    Wanted,
    compare_alone,
    open_answers,
    predict_window,
    stitched_profile,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.context import Window
    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.walk import Walk
    from napari_segrobust.windows import AloneComparison, EdgeProfile, WindowAnswers, WindowTable

#: What is known so far is shown at most this often.
_SHOW_SECONDS = 0.3


@dataclass(frozen=True, eq=False)
class AloneFound:
    """What one window alone predicts.

    Attributes
    ----------
    index : int
    comparison : AloneComparison
        With the stitched prediction, and both with the reference.
    change : ndarray (*case), uint8
        Its codes on the grid of the case, 0 outside the window.
    block : tuple of slice
        Where on the case they lie.
    """

    index: int
    comparison: AloneComparison
    change: NDArray[np.uint8]


class AloneJob:
    """Run the network on one window.

    Parameters
    ----------
    session : Session
    walk : Walk
    view : LaneView
        Of the final volume: the stitched prediction.
    window : Window
    label : int or None
    on_end : callable
        ``on_end(found, message)``: one of them. GUI thread.
    """

    def __init__(
        self,
        session: Session,
        walk: Walk,
        view: LaneView,
        window: Window,
        label: int | None,
        on_end: Callable[[AloneFound | None, str], None],
    ) -> None:
        self.case, self.words = walk.case, 'one window'
        self._session, self._walk, self._view, self._window = session, walk, view, window
        self._wanted, self._on_end = Wanted.of(walk, label), on_end

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Do all of it."""
        answers = answers_of(engine, self._walk, cancel)
        if answers is None:
            return False
        alone = predict_window(answers, self._window, self._wanted)
        reference = None if self._view.reference is None else answers.on_model(self._view.reference)
        stitched = answers.on_model(self._view.labels)
        comparison = compare_alone(alone, stitched, reference, answers.spacing, self._wanted)
        whole = np.zeros(answers.plan.shape, np.uint8)
        whole[alone.block] = comparison.change
        found = AloneFound(self._window.index, comparison, answers.on_case(whole))
        self._session.post(lambda: self._tell(found, ''))
        return True

    def failed(self, message: str) -> None:
        """Say why the window cannot be run."""
        self._tell(None, message)

    def _tell(self, found: AloneFound | None, message: str) -> None:
        if self in self._session.jobs:
            self._session.jobs.finished(self)
            self._on_end(found, message)


@dataclass(frozen=True, eq=False)
class Looked:
    """What is known after some windows were asked, or all of them.

    Attributes
    ----------
    done, total : int
    plane : Plane or None
        Which `slice` is of; of a 2D image None.
    slice : ndarray (rows, columns), float32
        Standard deviation of the label's probability among the windows over each voxel of the shown slice.
    whole : ndarray (*case), float32, or None
        The same everywhere, once all windows were asked.
    mean : float
        Over what more than one window sees, of all that is known.
    dice : ndarray (N,)
        Of what each window alone predicts against the reference; NaN where undefined or not asked yet.
    alone, stitched : EdgeProfile or None
        Errors by distance to the edge, of single windows and of all together, once all were asked; None without a
        reference.
    """

    done: int
    total: int
    plane: Plane | None
    slice: NDArray[np.float32]
    whole: NDArray[np.float32] | None
    mean: float
    dice: NDArray[np.float64]
    alone: EdgeProfile | None = None
    stitched: EdgeProfile | None = None


class LookJob:
    """Ask every window once, those of the shown slice first; one pass serves seams, edges and single windows.

    Parameters
    ----------
    session : Session
    walk : Walk
    view : LaneView
        Of the final volume.
    table : WindowTable
        Of the same windows.
    label : int or None
    plane : Plane or None
        The shown one.
    on_news : callable
        ``on_news(looked)`` now and then, and at the end. GUI thread.
    on_end : callable
        ``on_end(message)``: "" when all is done, else why not. GUI thread.
    """

    def __init__(
        self,
        session: Session,
        walk: Walk,
        view: LaneView,
        table: WindowTable,
        label: int | None,
        plane: Plane | None,
        on_news: Callable[[Looked], None],
        on_end: Callable[[str], None],
    ) -> None:
        self.case, self.words = walk.case, 'all windows'
        self._session, self._walk, self._view, self._table = session, walk, view, table
        self._plane = plane if walk.case.ndim == 3 else None
        self._wanted, self._on_news, self._on_end = Wanted.of(walk, label), on_news, on_end
        self._answers: WindowAnswers | None = None
        self._pending: list[Window] = []
        self._told = 0.0

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Ask the next few windows; an interrupted one is asked again."""
        if self._answers is None:
            self._answers = answers_of(engine, self._walk, cancel)
            if self._answers is None:
                return False
            self._begin()
        answers = self._answers
        together = self._pending[: max(answers.batch, 1)]
        before = answers.computed_on
        found = answers.ask(*together)
        if answers.computed_on != before and answers.asked > len(together):
            self._begin()  # one result comes from one device, in one precision
            return False
        del self._pending[: len(together)]
        for window, probabilities in zip(together, found, strict=True):
            part = answers.plan.inside(window)
            self._seams.add(window, part, probabilities)
            if self._edges is not None:
                self._edges.add(window, part, probabilities)
            self._singles.add(window, part, probabilities)
        finished = not self._pending
        if finished or time.perf_counter() - self._told > _SHOW_SECONDS:
            self._told = time.perf_counter()
            looked = self._looked(finished)
            self._session.post(lambda: self._tell(looked, finished))
        return finished

    def failed(self, message: str) -> None:
        """Say why it went no further."""
        if self in self._session.jobs:
            self._session.jobs.finished(self)
            self._on_end(message)

    def _begin(self) -> None:
        answers, block = self._answers, None
        plan = answers.plan
        if self._plane is not None:
            near = answers.grid.nearest(self._plane.axis, self._plane.index)
            if near is not None:
                edge = slice(near, near + 1)
                block = tuple(edge if a == self._plane.axis else slice(0, n) for a, n in enumerate(plan.shape))
        first = plan.ordered(block, tuple(n / 2 for n in plan.shape)) if block is not None else []
        known = {window.index for window in first}
        self._pending = [*first, *(window for window in plan if window.index not in known)]
        self._total = len(self._pending)
        self._seams = SeamCollector(plan, answers.spec, self._wanted)
        self._edges = self._reference = None
        if self._view.reference is not None:
            self._reference = answers.on_model(self._view.reference)
            self._edges = EdgeCollector(plan, self._reference, self._wanted, answers.spec, answers.spacing)
        stitched = answers.on_model(self._view.labels)
        self._singles = AloneCollector(self._table, answers.spec, self._wanted, self._reference, stitched)

    def _looked(self, finished: bool) -> Looked:
        answers, seams = self._answers, self._seams.result()
        whole = np.zeros(answers.plan.shape, np.float32)
        whole[tuple(slice(lo, hi) for lo, hi in seams.box)] = seams.deviation
        axis, index = (0, 0) if self._plane is None else (self._plane.axis, self._plane.index)
        plane = on_plane(answers.grid, whole, axis, index)
        everywhere = np.array(answers.on_case(whole)) if finished else None
        alone = stitched = None
        if finished and self._edges is not None:
            prediction = answers.on_model(self._view.labels)
            alone = self._edges.result()
            stitched = stitched_profile(answers.plan, self._reference, prediction, self._wanted, answers.spacing)
        done = self._total - len(self._pending)
        mean, dice = seams.mean_deviation, self._singles.result().dice
        return Looked(done, self._total, self._plane, plane, everywhere, mean, dice, alone, stitched)

    def _tell(self, looked: Looked, finished: bool) -> None:
        if self not in self._session.jobs:
            return
        self._session.jobs.progress(self, looked.done, looked.total)
        self._on_news(looked)
        if finished:
            self._session.jobs.finished(self)
            self._on_end('')


def answers_of(engine: Engine, walk: Walk, cancel: Callable[[], bool]) -> WindowAnswers | None:
    """Lay the windows of a walk over its image, whole; None where that was cancelled."""
    image = engine.image(walk.case, walk.image_stack)
    if not image.compute_whole(cancel):
        return None
    run = engine.run(walk)
    statistics = getattr(run, 'statistics', None)
    return open_answers(walk.model, image, walk.scenario.context, statistics)
