"""What a lane is called on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.ensemble_source import is_ensemble, line_name

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.state import Lane


def lane_titles(session: Session) -> list[str]:
    """Names of all lanes: what they are loaded by; an ensemble's own name, which says where members are missing."""
    asked = {} if session.current is None else {entry.index: entry.now for entry in session.current.lanes}
    titles = []
    for index, lane in enumerate(session.state.lanes):
        walk = asked.get(index)
        ours = walk is not None and session.models.get(lane.model_id) is not None and walk.case is session.case
        model = walk.model if ours and walk is not None else session.models.get(lane.model_id)
        titles.append(title_of(lane, model))
    return titles


def title_of(lane: Lane, model: object) -> str:
    """Name of a lane with its model, which may not be loaded."""
    if lane.given:
        return lane.title
    if isinstance(model, Ensemble):
        return model.spec.name
    return line_name(lane.source) if is_ensemble(lane.source) else lane.title
