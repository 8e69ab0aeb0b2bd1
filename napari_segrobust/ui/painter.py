"""The layers on the canvas: made once, painted in place, made again if someone deletes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.explore.updates import PlaneUpdate
from napari_segrobust.ui.colors import CHANGE_COLORS, DRIFT_COLORS, ERROR_COLORS, code_colormap, label_colormap

if TYPE_CHECKING:
    from napari.layers import Image, Labels, Layer
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.updates import LaneView, VolumeUpdate

PREFIX = '[sr] '
IMAGE, REFERENCE, PREDICTION, ERROR, CHANGE, PROBABILITY = (
    'image', 'reference', 'prediction', 'errors', 'change', 'probability',
)  # fmt: skip


class Painter:
    """Paints a session's results into layers of one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer
    session : Session
    """

    def __init__(self, viewer: Any, session: Session) -> None:
        self._viewer = viewer
        self._session = session
        self._layers: dict[tuple[str, int], Layer] = {}
        self._map = ERROR
        self._holding = False
        session.case_changed.connect(self.open_case)
        session.plane_ready.connect(self.paint)
        session.volume_ready.connect(self.paint)

    def close(self) -> None:
        """Cut the connections; the layers stay with the user."""
        self._session.case_changed.disconnect(self.open_case)
        self._session.plane_ready.disconnect(self.paint)
        self._session.volume_ready.disconnect(self.paint)

    # -- layers ---------------------------------------------------------------------------------------------

    def open_case(self, case: Case) -> None:
        """Take away our layers of the old case and show the new image with its reference."""
        for layer in list(self._layers.values()):
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._layers.clear()
        self.layer(IMAGE, 0)
        if case.references:
            self.layer(REFERENCE, 0)
        self._viewer.reset_view()

    def layer(self, role: str, lane: int) -> Layer:
        """The layer of a role and lane; made now if it is not in the viewer."""
        found = self._layers.get((role, lane))
        if found is not None and found in self._viewer.layers:
            return found
        case = self._session.case
        if case is None:
            raise RuntimeError('no case is open')
        made = self._make(case, role, lane)
        self._layers[role, lane] = made
        return made

    def _make(self, case: Case, role: str, lane: int) -> Layer:
        geometry = case.geometry
        unit = 'mm' if geometry.has_spacing else 'pixel'
        common: dict[str, Any] = {
            'scale': geometry.spacing,
            'units': (unit,) * geometry.ndim,
            'axis_labels': ('z', 'y', 'x')[-geometry.ndim :],
            'name': self._name(case, role, lane),
        }
        if role in (IMAGE, PROBABILITY):
            data = case.image[0].copy() if role == IMAGE else np.zeros(case.shape, np.float32)
            limits = case.intensity_range if role == IMAGE else (0.0, 1.0)
            image: Image = self._viewer.add_image(data, contrast_limits=limits, visible=role == IMAGE, **common)
            return image
        data = case.references[self._reference(case)].copy() if role == REFERENCE else np.zeros(case.shape, np.uint8)
        labels: Labels = self._viewer.add_labels(data, opacity=0.75, **common)
        labels.colormap = self._colormap(case, role)
        if role in (REFERENCE, PREDICTION):
            labels.contour = 1
        labels.visible = role not in (REFERENCE, CHANGE)
        labels.editable = False
        return labels

    def _colormap(self, case: Case, role: str) -> Any:
        if role == ERROR:
            return code_colormap(ERROR_COLORS)
        if role == CHANGE:
            return code_colormap(CHANGE_COLORS if case.references else DRIFT_COLORS)
        values = {int(v) for mask in [*case.references.values(), *case.predictions.values()] for v in np.unique(mask)}
        colors = {v: case.labels[v].color if v in case.labels else None for v in sorted(values | set(case.labels)) if v}
        return label_colormap(colors or {1: None, 2: None, 3: None})

    def _name(self, case: Case, role: str, lane: int) -> str:
        if role == IMAGE:
            return f'{PREFIX}image'
        if role == REFERENCE:
            return f'{PREFIX}reference: {self._reference(case)}'
        source = self._session.state.lanes[lane].source if lane < len(self._session.state.lanes) else str(lane)
        return f'{PREFIX}{role}: {source}'

    def _reference(self, case: Case) -> str:
        chosen = self._session.state.reference
        return chosen if chosen in case.references else next(iter(case.references))

    # -- painting -------------------------------------------------------------------------------------------

    def paint(self, update: PlaneUpdate | VolumeUpdate) -> None:
        """Copy a result into the layers and refresh them, in place."""
        plane = update.request.plane if isinstance(update, PlaneUpdate) else None
        where: tuple[Any, ...] = (...,)
        if plane is not None and update.request.case.ndim == 3:
            where = tuple(plane.index if axis == plane.axis else slice(None) for axis in range(3))
        self._put(IMAGE, 0, where, update.image[0])
        for view in update.lanes:
            self._paint_lane(view, where)

    def _paint_lane(self, view: LaneView, where: tuple[Any, ...]) -> None:
        self._put(PREDICTION, view.index, where, view.labels)
        if view.error_picture is not None:
            self._put(ERROR, view.index, where, view.error_picture)
        self._put(CHANGE, view.index, where, view.change_picture)
        if view.probability is not None:
            self._put(PROBABILITY, view.index, where, view.probability)

    def _put(self, role: str, lane: int, where: tuple[Any, ...], values: NDArray) -> None:
        layer = self.layer(role, lane)
        layer.data[where] = values
        if layer.visible:
            layer.refresh(thumbnail=False, extent=False, highlight=False)
