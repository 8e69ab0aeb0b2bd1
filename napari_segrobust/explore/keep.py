"""A threshold, and steps after the network, that were chosen on one case and go on to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.context import Context

if TYPE_CHECKING:
    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.state import Lane


@dataclass(frozen=True)
class Kept:
    """What was chosen for a model.

    Attributes
    ----------
    lane : Lane
        Model, threshold, steps and parameters; windows and labels belong to a case.
    chosen_on : str
        Name of the case.
    """

    lane: Lane
    chosen_on: str


class Keeper:
    """Models whose threshold, steps and parameters are kept from case to case. GUI thread.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: dict[str, Kept] = {}
        session.state.events.lanes.connect(self._follow)

    def close(self) -> None:
        """Follow no longer."""
        self._session.state.events.lanes.disconnect(self._follow)

    def get(self, source: str) -> Kept | None:
        """What is kept for a model; None where nothing is to be."""
        return self._kept.get(source)

    def keep(self, lane: Lane, on: bool = True) -> None:
        """Keep what a lane of a model says from now on, or no longer."""
        case = self._session.case
        if not on:
            self._kept.pop(lane.source, None)
        elif case is not None and not lane.given:
            self._kept[lane.source] = Kept(_bare(lane), case.name)

    def lanes(self, case: Case) -> list[Lane]:
        """Lanes of the kept models that can take another case, as they were chosen."""
        found = []
        for kept in self._kept.values():
            model = self._session.models.get(kept.lane.model_id)
            if model is None or (model.spec.channels == len(case.image) and model.spec.dimensions <= case.ndim):
                found.append(kept.lane)
        return found

    def _follow(self, *_: object) -> None:
        """What is changed for a kept model is chosen on the case that is open now."""
        case = self._session.case
        for lane in self._session.state.lanes:
            kept = None if lane.given else self._kept.get(lane.source)
            if case is not None and kept is not None and _bare(lane) != kept.lane:
                self._kept[lane.source] = Kept(_bare(lane), case.name)


def _bare(lane: Lane) -> Lane:
    return lane.model_copy(update={'context': Context(), 'label_map': None})
