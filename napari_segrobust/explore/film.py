"""The levels of a preset on the shown plane, one after the other, while the live loop has nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.explore.extras import small
from napari_segrobust.explore.table import measured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.updates import PlaneUpdate


class FilmJob:
    """Answers a request for each level.

    Parameters
    ----------
    session : Session
    requests : sequence of Request
        One for each level, of one case.
    on_frame : callable
        ``on_frame(number, picture, value)``: the plane (C, rows, columns), reduced in size, and the Dice of the first
        lane, None where it has none. GUI thread.
    on_failed : callable
        ``on_failed(message)``. GUI thread.
    """

    words = 'film strip'

    def __init__(
        self,
        session: Session,
        requests: Sequence[Request],
        on_frame: Callable[[int, NDArray[Any], float | None], None],
        on_failed: Callable[[str], None],
    ) -> None:
        self.case = requests[0].case
        self._session = session
        self._requests = list(requests)
        self._on_frame = on_frame
        self._on_failed = on_failed
        self._done = 0

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Answer for the next level."""
        update = engine.plane_of(self._requests[self._done], cancel)
        if update is None:
            return self._requests[self._done].plane is None
        number, picture, value = self._done, small(update.image), dice_of(update)
        self._done += 1
        finished = self._done == len(self._requests)

        def tell() -> None:
            if self in self._session.jobs:
                self._on_frame(number, picture, value)
                self._session.jobs.progress(self, number + 1, len(self._requests))
                if finished:
                    self._session.jobs.finished(self)

        self._session.post(tell)
        return finished

    def failed(self, message: str) -> None:
        """Say why a level cannot be shown."""
        if self in self._session.jobs:
            self._session.jobs.finished(self)
            self._on_failed(message)


def dice_of(update: PlaneUpdate) -> float | None:
    """Dice of the first lane: against the reference, or where there is none against the baseline's prediction."""
    view = next(iter(update.lanes), None)
    found = None if view is None else view.accuracy or view.stability
    if found is None:
        return None
    value = measured(found, update.request.label).get('dice')
    return float(value.value) if value is not None and isinstance(value.value, int | float) else None
