"""What the models of the explorer answer, as masks that stand beside those of raters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.perturb import simulated_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.walk import Walk


def model_labels(explorer: Explorer) -> dict[str, NDArray[Any]]:
    """Label masks (*spatial), by the titles of their lanes.

    Whole and final ones alone, on the raters' own grid: not where a warp has moved the image, nor of a context box.
    """
    titles = lane_titles(explorer.session)
    return {titles[view.index]: view.labels for view, _ in _finals(explorer)}


def model_of(explorer: Explorer) -> tuple[NDArray[Any], str] | None:
    """The chosen lane's label mask, with its name and what was simulated on the image that it saw."""
    session = explorer.session
    for view, walk in _finals(explorer):
        if view.index == explorer.lane:
            case = walk.case
            units = 'HU' if case.in_hounsfield else None, 'mm' if case.geometry.has_spacing else 'voxels'
            simulated = simulated_text(walk.stack, case.intensity_range, *units, case.label_name)
            words = (lane_titles(session)[view.index], simulated if walk.model is not None else '')
            return view.labels, ', '.join(filter(None, words))
    return None


def _finals(explorer: Explorer) -> Iterator[tuple[LaneView, Walk]]:
    session = explorer.session
    volume = session.volume
    if volume is None or not session.is_current(volume.request) or volume.request.case is not session.case:
        return
    walks = {entry.index: entry.now for entry in volume.request.lanes}
    for view in volume.lanes:
        walk = walks.get(view.index)
        if walk is not None and not walk.frame and view.valid is None and view.index < len(session.state.lanes):
            yield view, walk
