"""The context curve in the compute thread: one window size after the other, while the live loop rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.windows import Wanted, context_curve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_segrobust.context.plan import Box
    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.walk import Walk
    from napari_segrobust.windows import ContextPoint


class CurveJob:
    """Segment a fixed target through windows that grow.

    Parameters
    ----------
    session : Session
    walk : Walk
    view : LaneView
        Of the final volume: its reference is used.
    label : int or None
    target : tuple of (int, int)
        Box that is measured, in voxels of the case.
    sizes : sequence of int
    how : {'alone', 'sliding'}
    on_point : callable
        ``on_point(point)`` for each size. GUI thread.
    on_end : callable
        ``on_end(message)``: "" when all is done. GUI thread.
    """

    def __init__(
        self,
        session: Session,
        walk: Walk,
        view: LaneView,
        label: int | None,
        target: Box,
        sizes: Sequence[int],
        how: str,
        on_point: Callable[[ContextPoint], None],
        on_end: Callable[[str], None],
    ) -> None:
        self.case, self.words = walk.case, 'context curve'
        self._session, self._walk, self._reference = session, walk, view.reference
        self._wanted, self._target, self._how = Wanted.of(walk, label), target, how
        self._sizes, self._total = list(sizes), len(sizes)
        self._on_point, self._on_end = on_point, on_end

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Do the next size; an interrupted one is done again."""
        walk = self._walk
        image = engine.image(walk.case, walk.image_stack)
        if not image.compute_whole(cancel):
            return False
        curve = context_curve(
            walk.model,
            image,
            walk.scenario.context,
            self._target,
            self._reference,
            self._wanted,
            self._sizes[:1],
            how=self._how,
            spacing=walk.case.geometry.spacing_mm,
            cancel=cancel,
        )
        point = next(curve, None)
        if point is None:
            return False
        del self._sizes[0]
        finished = not self._sizes
        self._session.post(lambda: self._tell(point, finished))
        return finished

    def failed(self, message: str) -> None:
        """Say why it went no further."""
        if self in self._session.jobs:
            self._session.jobs.finished(self)
            self._on_end(message)

    def _tell(self, point: ContextPoint, finished: bool) -> None:
        if self not in self._session.jobs:
            return
        self._session.jobs.progress(self, self._total - len(self._sizes), self._total)
        self._on_point(point)
        if finished:
            self._session.jobs.finished(self)
            self._on_end('')
