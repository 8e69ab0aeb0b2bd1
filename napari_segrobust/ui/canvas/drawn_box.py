"""A box drawn on the canvas: the state follows the rectangle while it is dragged."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Shapes
from napari.layers.base import ActionType
from psygnal import Signal

from napari_segrobust.ui.bridge import FrameClock
from napari_segrobust.ui.canvas.layer_set import IMAGE, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.canvas.painter import Painter

Box = tuple[tuple[int, int], ...]


class DrawnBox(ABC):
    """A box of the state, as a rectangle in one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter

    Notes
    -----
    The rectangle lies on the shown plane and follows it through the slices that the box covers. A subclass says which
    box of the state it is: `_read`, `_write`, `_is_ready` and `_events`.
    """

    #: Name of the layer, and colour of the rectangle.
    layer_name: ClassVar[str]
    color: ClassVar[str]

    #: The box, or None when it was taken away; also emitted when undo changed it.
    changed: ClassVar[Signal] = Signal(object)

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._viewer = viewer
        self._session = session
        self._painter = painter
        self._layer: Shapes | None = None
        self._box: Box | None = None
        self._range: tuple[int, int] | None = None
        self._dragging = False
        self._writing = False
        self._clock = FrameClock(self._take_rectangle)
        self._links = Connections()
        self._links.add(viewer.layers.events.removed, self._on_removed)
        for event in self._events():
            self._links.add(event, self._follow_state)
        self._links.add(session.state.events.plane, self._follow_plane)
        self._links.add(session.case_changed, self._take_away, priority=1)
        self._links.add(session.case_changed, self._on_case)
        self._closed = False

    def close(self) -> None:
        """Take the rectangle away, keep the state, cut the connections. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._links.close()
        self._clock.stop()
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        self._layer = None

    # -- which box of the state -----------------------------------------------------------------------------

    @abstractmethod
    def _events(self) -> Sequence[Any]:
        """What changes the box in the state."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether there is something to draw a box for."""

    @abstractmethod
    def _read(self) -> Box | None:
        """The box in the state."""

    @abstractmethod
    def _write(self, box: Box | None) -> None:
        """Put a box into the state."""

    # -- what people do -------------------------------------------------------------------------------------

    @property
    def box(self) -> Box | None:
        """Half-open ``[start, stop)`` per axis in voxels; None is the whole image."""
        return self._box

    def start(self) -> None:
        """Select the rectangle, ready to be dragged; without one, ready to draw it."""
        state = self._session.state
        if self._session.case is None or state.plane is None or not self._is_ready():
            return
        layer = self._shapes()
        self._viewer.layers.selection.active = layer
        if self._box is None:
            layer.mode = 'add_rectangle'
        else:
            self._draw()
            self._select()

    def set_box(self, box: Sequence[tuple[int, int]] | None) -> None:
        """Set the box as a finished gesture, clipped to the image; None clears it."""
        case = self._session.case
        if case is None:
            return
        self._put(None if box is None else clip_box(box, case.shape))
        self._draw()
        self._session.history.commit()

    @property
    def slice_range(self) -> tuple[int, int] | None:
        """[start, stop) across the shown plane; None for a 2D image or without a case."""
        case, axis = self._session.case, self.axis
        if case is None or axis is None:
            return None
        return self._box[axis] if self._box is not None else self._range or (0, case.shape[axis])

    def set_slice_range(self, start: int, stop: int) -> None:
        """Extend the box over the slices [start, stop) of the shown plane; without a box, of the next one."""
        case, axis = self._session.case, self.axis
        if case is None or axis is None:
            return
        self._range = clip_box([(start, stop)], (case.shape[axis],))[0]
        if self._box is not None:
            self._put(tuple(self._range if i == axis else pair for i, pair in enumerate(self._box)))
            self._draw()

    def clear(self) -> None:
        """No box: the whole image."""
        if self._layer is not None and self._layer in self._viewer.layers:
            self._viewer.layers.remove(self._layer)
        else:
            self.set_box(None)

    # -- rectangle to box -----------------------------------------------------------------------------------

    @property
    def axis(self) -> int | None:
        """Axis across the shown plane, None for a 2D image; in 3D view the first."""
        case, plane = self._session.case, self._session.state.plane
        if case is None or case.ndim == 2:
            return None
        return 0 if plane is None else plane.axis

    def _drag(self, layer: Shapes, _event: Any) -> Iterator[None]:
        """Mouse callback: napari itself says only where a drag begins and where it ends."""
        self._dragging = True
        yield
        while _event.type == 'mouse_move':
            self._clock.wake()
            yield
        self._dragging = False

    def _on_data(self, event: Any) -> None:
        """A rectangle was added, or a drag has ended: the gesture can be undone as one."""
        if self._writing or event.action not in (ActionType.ADDED, ActionType.CHANGED):
            return
        self._dragging = False
        self._take_rectangle()
        self._session.history.commit()
        if self._layer.mode != 'select':
            self._draw()
            self._select()

    def _take_rectangle(self) -> None:
        """Read the newest rectangle into the state."""
        case, layer = self._session.case, self._layer
        if case is None or layer is None or self._writing or not len(layer.data):
            return
        vertices = np.asarray(layer.data[-1])
        spans = list(zip(vertices.min(axis=0), vertices.max(axis=0), strict=True))
        axis = self.axis
        if axis is not None:
            start, stop = self.slice_range
            spans[axis] = (start - 0.5, stop - 0.5)
        self._put(clip_box([(math.ceil(lo), math.ceil(hi)) for lo, hi in spans], case.shape))

    def _put(self, box: Box | None) -> None:
        """Put a box into the state, and say so."""
        if box == self._box and self._read() == box:
            return
        self._box = box
        self._write(box)
        self.changed.emit(box)

    # -- box to rectangle -----------------------------------------------------------------------------------

    def _shapes(self) -> Shapes:
        """Our Shapes layer, made now if it is not in the viewer."""
        if self._layer is not None and self._layer in self._viewer.layers:
            return self._layer
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        layer = Shapes(
            ndim=self._session.case.ndim,
            name=self.layer_name,
            edge_color=self.color,
            face_color='transparent',
            edge_width=max(1.0, min(self._session.case.shape[-2:]) / 200),
            **Placement.of_layer(image).transforms,
        )
        layer.current_edge_color, layer.current_face_color = self.color, 'transparent'
        layer.mouse_drag_callbacks.append(self._drag)
        layer.events.data.connect(self._on_data)
        active = self._viewer.layers.selection.active
        self._viewer.layers.append(layer)
        self._viewer.layers.selection.active = active
        self._layer = layer
        return layer

    def _draw(self) -> None:
        """Lay the rectangle on the shown plane; on planes outside the box there is none."""
        if self._box is None:
            if self._layer is not None:
                self._lay([])
            return
        if self._session.case is None or self._session.state.plane is None:
            return
        self._shapes()
        axis, index = self.axis, self._session.state.plane.index
        if axis is not None and not self._box[axis][0] <= index < self._box[axis][1]:
            self._lay([])
            return
        self._lay([rectangle(self._box, axis, index)])

    def _lay(self, rectangles: list[NDArray[np.float64]]) -> None:
        layer = self._layer
        self._writing = True
        try:
            layer.selected_data = set()
            layer.data = []
            if rectangles:
                layer.add_rectangles(rectangles, edge_color=self.color, face_color='transparent')
        finally:
            self._writing = False

    def _select(self) -> None:
        layer = self._layer
        layer.mode = 'select'
        layer.selected_data = {0} if len(layer.data) else set()

    # -- following ------------------------------------------------------------------------------------------

    def _follow_state(self, *_: object) -> None:
        """Undo, a panel or another choice changed the box."""
        box = self._read()
        if box != self._box:
            self._box = box
            self._draw()
            self.changed.emit(box)

    def _follow_plane(self, *_: object) -> None:
        if self._layer is not None and not self._dragging:
            self._draw()

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer and self._layer is not None:
            self._layer.events.data.disconnect(self._on_data)
            self._layer = None
            self._put(None)
            self._session.history.commit()

    def _take_away(self, *_: object) -> None:
        """Before the layers of another case come: napari warns of layers in pixels beside layers in mm."""
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _on_case(self, *_: object) -> None:
        """Another case has another grid: the state says what its box is."""
        self._box = self._range = None
        self._follow_state()


def rectangle(box: Box, axis: int | None, index: int) -> NDArray[np.float64]:
    """Corners of a box on a plane, shape (4, ndim), in voxel coordinates: voxel i reaches from i - 0.5 to i + 0.5."""
    rows, columns = (i for i in range(len(box)) if i != axis)
    corners = np.full((4, len(box)), float(index))
    (top, bottom), (left, right) = box[rows], box[columns]
    corners[:, rows] = np.array([top, top, bottom, bottom]) - 0.5
    corners[:, columns] = np.array([left, right, right, left]) - 0.5
    return corners


def clip_box(box: Sequence[tuple[int, int]], shape: Sequence[int]) -> Box:
    """Move a box inside an image; it keeps at least one voxel along each axis."""
    clipped = []
    for (start, stop), n in zip(box, shape, strict=True):
        start = min(max(int(start), 0), n - 1)
        clipped.append((start, min(max(int(stop), start + 1), n)))
    return tuple(clipped)
