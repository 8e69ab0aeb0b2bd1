"""Ways to a place worth looking at: the next error, the worst slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Shapes
from psygnal import Signal

from napari_segrobust.ui.canvas.colors import SKY
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.compare.items import ErrorItem, ErrorItems
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.ui.canvas.painter import Painter

MARKER = f'{PREFIX}here'
#: An error fills about this share of the canvas when we fly to it, and no less than this many world units are seen.
_FILL = 0.25
_SMALLEST_VIEW = 60.0
#: Radius and line of the ring, in pixels of the canvas.
_SMALLEST_RING, _RING_PIXELS = 24.0, 3.0
#: Errors smaller than this are not worth a look.
FLOOR_ML = 0.1


class Navigator:
    """Flies to errors and slices of one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter

    Examples
    --------
    >>> navigator = Navigator(viewer, session, painter)  # doctest: +SKIP
    >>> navigator.moved.connect(error_list.set_current)  # doctest: +SKIP
    >>> navigator.next()  # doctest: +SKIP
    >>> navigator.close()  # doctest: +SKIP
    """

    #: Index of the item that was flown to.
    moved: ClassVar[Signal] = Signal(int)

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._viewer = viewer
        self._session = session
        self._painter = painter
        self._marker: Layer | None = None
        self._item: ErrorItem | None = None
        self.lane = 0
        self.floor_ml = FLOOR_ML
        self._links = Connections()
        self._links.add(session.case_changed, self._on_case)

    def close(self) -> None:
        """Take the marker away and cut the connections. Idempotent."""
        self.clear()
        self._links.close()

    # -- errors ---------------------------------------------------------------------------------------------

    @property
    def items(self) -> tuple[ErrorItem, ...]:
        """Errors of the lane and of the shown label that are worth a look, worst first."""
        found = self.found
        return () if found is None else found.items

    @property
    def found(self) -> ErrorItems | None:
        """The list of the lane and of the shown label down to the floor; None while no whole result is there."""
        view = self._view()
        if view is None or view.items is None:
            return None
        found = view.items.of(self._session.state.label)
        return found.above(self.floor_ml) if found.unit == 'ml' else found

    @property
    def index(self) -> int:
        """Index of the item that was flown to, -1 when it is not in the list any more."""
        return next((i for i, item in enumerate(self.items) if item == self._item), -1)

    def next(self) -> ErrorItem | None:
        """Fly to the next error, after the last one to the first."""
        return self._step(1)

    def previous(self) -> ErrorItem | None:
        """Fly to the error before, before the first one to the last."""
        return self._step(-1)

    def fly(self, item: ErrorItem) -> None:
        """Show the place of an error, with a ring around it."""
        self._item = item
        self._show(item.position)
        self._zoom_on(item.position, item.box)
        self._mark(item)
        index = self.index
        if index >= 0:
            self.moved.emit(index)

    def look_at(self, position: Sequence[float], box: Sequence[tuple[int, int]]) -> None:
        """Show a place and zoom in on the box around it, in voxels; nothing is marked."""
        self.clear()
        self._show(position)
        self._zoom_on(position, box)

    def clear(self) -> None:
        """Take the marker away."""
        if self._marker is not None and self._marker in self._viewer.layers:
            self._viewer.layers.remove(self._marker)
        self._marker = self._item = None

    def _step(self, by: int) -> ErrorItem | None:
        items = self.items
        if not items:
            return None
        index = self.index
        item = items[(index + by) % len(items) if index >= 0 else 0 if by > 0 else -1]
        self.fly(item)
        return item

    # -- slices ---------------------------------------------------------------------------------------------

    def worst_slice(self) -> int | None:
        """Show the slice with the lowest Dice of the chosen label; again, the next worse one.

        Slices where both masks are empty do not count. Of slices that are equally bad the one with more error voxels
        comes first.

        Returns
        -------
        int or None
            The slice; None for a 2D image, in 3D, without reference or before a whole result is there.
        """
        view, state, case = self._view(), self._session.state, self._session.case
        if view is None or case.ndim != 3 or state.plane is None or view.reference is None:
            return None
        ranking = worst_slices(view.reference, view.labels, state.plane.axis, state.label)
        if not len(ranking):
            return None
        here = np.flatnonzero(ranking == state.plane.index)
        index = int(ranking[(here[0] + 1) % len(ranking)] if len(here) else ranking[0])
        position = [n // 2 for n in case.shape]
        position[state.plane.axis] = index
        self._show(position)
        return index

    # -- inside ---------------------------------------------------------------------------------------------

    def _view(self) -> LaneView | None:
        volume = self._session.volume
        if volume is None or not self._session.is_current(volume.request):
            return None
        return next((view for view in volume.lanes if view.index == self.lane), None)

    def _world(self, position: Sequence[float]) -> NDArray[np.float64]:
        return np.asarray(self._image().data_to_world(position))

    def _image(self) -> Layer:
        """A layer that has the transforms of all our layers."""
        return self._painter.layers.get(IMAGE, 0, IMAGE)

    def _show(self, position: Sequence[float]) -> None:
        """Bring the slice of a voxel onto the canvas."""
        dims, world = self._viewer.dims, self._world(position)
        offset = dims.ndim - len(world)
        hidden = [axis for axis in dims.not_displayed if axis >= offset]
        if hidden:
            dims.set_point(hidden, [world[axis - offset] for axis in hidden])

    def _zoom_on(self, position: Sequence[float], box: Sequence[tuple[int, int]]) -> None:
        viewer, world = self._viewer, self._world(position)
        offset = viewer.dims.ndim - len(world)
        axes = [axis - offset for axis in viewer.dims.displayed if axis >= offset]
        camera, scale = viewer.scene.camera, np.abs(self._image().scale)
        # 2D axes of the camera are the last two; in 3D all three are displayed.
        camera.center = tuple(world[axis] for axis in axes)
        extent = max((box[axis][1] - box[axis][0]) * scale[axis] for axis in axes)
        wanted = min(viewer.canvas.size) / max(extent / _FILL, _SMALLEST_VIEW * float(scale[axes].min()))
        camera.zoom = wanted

    def _mark(self, item: ErrorItem) -> None:
        """Draw a ring around an error on the shown plane: wider than the error, and never too small to be seen."""
        layer, zoom, scale = self._marker, self._viewer.scene.camera.zoom, np.abs(self._image().scale)
        offset = self._viewer.dims.ndim - len(scale)
        rows, columns = (axis - offset for axis in self._viewer.dims.displayed[-2:])
        extent = max((item.box[axis][1] - item.box[axis][0]) * scale[axis] for axis in (rows, columns))
        radius = max(0.65 * extent, _SMALLEST_RING / zoom) / scale
        corners = np.tile(np.array(item.position, float), (4, 1))
        corners[:, rows] += radius[rows] * np.array([-1, -1, 1, 1])
        corners[:, columns] += radius[columns] * np.array([-1, 1, 1, -1])
        if layer is None or layer not in self._viewer.layers:
            active = self._viewer.layers.selection.active
            layer = Shapes(ndim=len(scale), name=MARKER, **Placement.of_layer(self._image()).transforms)
            layer.editable = False
            self._viewer.layers.append(layer)
            self._viewer.layers.selection.active = active
            self._marker = layer
        layer.data = []
        width = _RING_PIXELS / zoom / float(scale[columns])
        layer.add_ellipses([corners], edge_color=SKY, face_color='transparent', edge_width=width)

    def _on_case(self, *_: object) -> None:
        self.clear()


def worst_slices(
    reference: NDArray[Any], prediction: NDArray[Any], axis: int, label: int | None = None
) -> NDArray[np.int_]:
    """Slices in the order of their Dice, lowest first.

    Parameters
    ----------
    reference, prediction : ndarray of int, shape (Z, Y, X)
    axis : int
        Slices are taken across this axis.
    label : int, optional
        None takes every label but 0 together.

    Returns
    -------
    ndarray of int
        Without the slices where both are empty; equal Dice is ordered by more error voxels first.
    """
    r = reference != 0 if label is None else reference == label
    p = prediction != 0 if label is None else prediction == label
    across = tuple(other for other in range(r.ndim) if other != axis)
    both = np.count_nonzero(r & p, axis=across)
    total = np.count_nonzero(r, axis=across) + np.count_nonzero(p, axis=across)
    found = np.flatnonzero(total)
    dice, errors = 2 * both[found] / total[found], total[found] - 2 * both[found]
    return found[np.lexsort((-errors, dice))]
