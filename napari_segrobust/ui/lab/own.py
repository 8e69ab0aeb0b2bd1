"""The prediction of the open case on the bench, one scene for each of its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from napari_segrobust.lab import OwnScene
from napari_segrobust.lab.own import EDITED
from napari_segrobust.ui.canvas.layer_names import reference_name
from napari_segrobust.ui.lab.room import Room
from napari_segrobust.ui.lab.state import View

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer


def edit_prediction(explorer: Explorer) -> Room | None:
    """Open the lab on the prediction of the chosen lane, at the shown slice; None where there is none to compare."""
    session, lane = explorer.session, explorer.lane
    case, volume = session.case, session.volume
    if case is None or volume is None or not session.settled or lane >= len(volume.lanes):
        show_info('The prediction is not there yet: wait until the whole volume is done')
        return None
    if not case.references:
        show_info('There is no reference to compare an edited prediction with')
        return None
    name, state = reference_name(session.state, case), session.state
    prediction = volume.lanes[lane].labels
    labels = explorer.painter.label_values()
    source = state.lanes[lane].source
    settings = {'tolerance_mm': state.tolerance_mm}
    found = [OwnScene.of(case, name, prediction, label, session.metrics, settings, source) for label in labels]
    room = Room.open(explorer.viewer, found, _view(explorer), labels.index(state.label) if state.label in labels else 0)
    room.lab.choose(room.lab.bench.scene.contestants.index(EDITED))
    return room


def _view(explorer: Explorer) -> View:
    """How the explorer shows its planes."""
    case, plane = explorer.session.case, explorer.session.state.plane
    layers = explorer.painter.layers
    window = case.intensity_range if layers is None else _contrast(explorer)
    axis = None if case.ndim == 2 else 0 if plane is None else plane.axis
    row, column = (other for other in range(case.ndim) if other != axis)
    letters = case.geometry.letters
    if letters is None:
        return View(axis, window=window)
    up = axis is not None and letters[row][0] in 'IP'
    (top, bottom), (left, right) = letters[row][::-1] if up else letters[row], letters[column]
    return View(axis, up, window, (top, bottom, left, right))


def _contrast(explorer: Explorer) -> tuple[float, float]:
    from napari_segrobust.ui.canvas.layer_set import IMAGE

    image = next(iter(explorer.painter.layers.of_role(IMAGE)), None)
    limits = None if image is None or image.rgb else image.contrast_limits
    return explorer.session.case.intensity_range if limits is None else (float(limits[0]), float(limits[1]))
