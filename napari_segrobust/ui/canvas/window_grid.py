"""The windows that see the shown slice, as a grid of lines; the one under the pointer, and the chosen one, framed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Shapes

from napari_segrobust.ui.canvas.colors import GREY, PINK, WHITE
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer

GRID, FRAME = f'{PREFIX}window grid', f'{PREFIX}window'
#: Width of a line against the shorter side of the image, and of the frame of the window under the pointer.
_LINE, _HOVER, _CHOSEN = 1 / 700, 1 / 250, 1 / 160
#: Many lines would hide the image: beyond so many they pale.
_FEW, _MOST_OPACITY, _LEAST_OPACITY = 16, 0.7, 0.15
#: A hand that moves less, in pixels of the canvas, has clicked.
_CLICK = 4.0


class WindowGrid:
    """Draws the windows of the lab while it is switched on. GUI thread.

    Parameters
    ----------
    explorer : Explorer
        With its `windows`.

    Notes
    -----
    Windows overlap, and lie behind each other: all their edges together are lines from one end of the plan to the
    other, which is what is drawn. The pointer means the window over it whose middle is nearest.
    """

    def __init__(self, explorer: Explorer) -> None:
        self._viewer, self._session, self._painter = explorer.viewer, explorer.session, explorer.painter
        self._lab = explorer.windows
        self._on = False
        self._grid: Shapes | None = None
        self._frame: Shapes | None = None
        self._drawn: object = None
        lab, events = self._lab, self._session.state.events
        self._links = Connections()
        self._links.add(lab.changed, self._draw)
        self._links.add(events.plane, self._draw)
        for signal in (lab.selected_changed, lab.hovered_changed):
            self._links.add(signal, self._draw_frame)
        self._links.add(self._session.case_changed, self._take_away, priority=1)
        self._links.add(self._viewer.layers.events.removed, self._on_removed)
        self._viewer.mouse_move_callbacks.append(self._on_move)
        self._viewer.mouse_drag_callbacks.append(self._on_press)

    def close(self) -> None:
        """Take the grid away and cut the connections. Idempotent."""
        self._links.close()
        for callbacks, mine in (
            (self._viewer.mouse_move_callbacks, self._on_move),
            (self._viewer.mouse_drag_callbacks, self._on_press),
        ):
            if mine in callbacks:
                callbacks.remove(mine)
        self._on = False
        self._take_away()

    @property
    def is_on(self) -> bool:
        """Whether the windows are drawn."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Draw the windows, or take them away."""
        if on == self._on:
            return
        self._on = on
        self._lab.watch('canvas', on)
        if on:
            self._draw()
        else:
            self._take_away()
            self._lab.hover(None)
        self._lab.changed.emit()

    # -- drawing --------------------------------------------------------------------------------------------------

    def _draw(self, *_: object) -> None:
        """Lay the lines on the shown plane, where they are not there yet."""
        plane, layout = self._session.state.plane, self._lab.layout
        if not self._on or self._session.case is None:
            return
        key = (plane, id(layout), layout is not None)
        if key == self._drawn and self._grid in self._viewer.layers:
            return
        self._drawn = key
        self._grid = self._ready(self._grid, GRID)
        lines = [] if plane is None or layout is None else self._lines()
        self._grid.data = []
        if lines:
            self._grid.add_lines(lines, edge_color=GREY, edge_width=self._width(_LINE))
            self._grid.opacity = min(_MOST_OPACITY, max(_LEAST_OPACITY, _FEW / len(lines)))
        self._draw_frame()

    def _lines(self) -> list[NDArray[np.float64]]:
        """Two ends (2, ndim) of every line."""
        layout, plane, case = self._lab.layout, self._session.state.plane, self._session.case
        axis = plane.axis if case.ndim == 3 else None
        if axis is not None:
            begins, ends = layout.edges[axis]
            if not ((begins <= plane.index) & (plane.index <= ends)).any():
                return []
        rows, columns = (a for a in range(case.ndim) if a != axis)
        lines = []
        for along, across in ((rows, columns), (columns, rows)):
            begins, ends = layout.edges[along]
            from_, to = layout.edges[across][0].min(), layout.edges[across][1].max()
            for place in np.unique(np.concatenate([begins, ends])):
                line = np.full((2, case.ndim), float(plane.index))
                line[:, along], line[:, across] = place, (from_, to)
                lines.append(line)
        return lines

    def _draw_frame(self, *_: object) -> None:
        """Frame the chosen window and the one under the pointer, where they see the shown plane."""
        lab, plane, case = self._lab, self._session.state.plane, self._session.case
        wanted = (
            []
            if plane is None or lab.layout is None or case is None
            else [
                (index, color, width)
                for index, color, width in ((lab.selected, PINK, _CHOSEN), (lab.hovered, WHITE, _HOVER))
                if index is not None and (case.ndim == 2 or lab.layout.touches(index, plane.axis, plane.index))
            ]
        )
        if not wanted and self._frame is None:
            return
        if not self._on and lab.selected is None:
            self._remove(self._frame)
            self._frame = None
            return
        self._frame = self._ready(self._frame, FRAME)
        self._frame.data = []
        for index, color, width in wanted:
            corners = self._corners(index)
            self._frame.add_rectangles(
                corners, edge_color=color, face_color='transparent', edge_width=self._width(width)
            )

    def _corners(self, index: int) -> NDArray[np.float64]:
        plane, case = self._session.state.plane, self._session.case
        axis = plane.axis if case.ndim == 3 else None
        spans = self._lab.layout.span(index)
        rows, columns = (a for a in range(case.ndim) if a != axis)
        corners = np.full((4, case.ndim), float(plane.index))
        (top, bottom), (left, right) = spans[rows], spans[columns]
        corners[:, rows] = (top, top, bottom, bottom)
        corners[:, columns] = (left, right, right, left)
        return corners

    def _width(self, share: float) -> float:
        return max(0.3, share * min(self._session.case.shape[-2:]))

    def _ready(self, layer: Shapes | None, name: str) -> Shapes:
        """Our layer, made now if it is not in the viewer."""
        if layer is not None and layer in self._viewer.layers:
            return layer
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        layer = Shapes(ndim=self._session.case.ndim, name=name, **Placement.of_layer(image).transforms)
        layer.editable = False
        active = self._viewer.layers.selection.active
        self._viewer.layers.append(layer)
        self._viewer.layers.selection.active = active
        return layer

    def _remove(self, layer: Shapes | None) -> None:
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _take_away(self, *_: object) -> None:
        """Before the layers of another case come: napari warns of layers in pixels beside layers in mm."""
        (grid, frame), self._grid, self._frame, self._drawn = (self._grid, self._frame), None, None, None
        self._remove(grid)
        self._remove(frame)

    def _on_removed(self, event: Any) -> None:
        """Who deletes the grid wants it no more."""
        if event.value is self._grid and self._grid is not None:
            self._grid = None
            self.set_on(False)
        elif event.value is self._frame:
            self._frame = None

    # -- the hand -------------------------------------------------------------------------------------------------

    def _on_move(self, _viewer: Any, event: Any) -> None:
        """Point at the window under the pointer, and say what it is."""
        if self._on:
            index = self._under(event)
            self._lab.hover(index)
            if index is not None:
                self._viewer.status = self._lab.words(index)

    def _on_press(self, _viewer: Any, event: Any) -> Iterator[None]:
        """A click chooses a window, and again leaves it; a drag moves the picture as ever."""
        active = self._viewer.layers.selection.active
        if not self._on or event.button != 1 or getattr(active, 'mode', 'pan_zoom') != 'pan_zoom':
            return
        start = np.array(event.pos)
        yield
        while event.type == 'mouse_move':
            if np.abs(np.array(event.pos) - start).max() > _CLICK:
                return
            yield
        index = self._under(event)
        self._lab.select(None if index == self._lab.selected else index)

    def _under(self, event: Any) -> int | None:
        layout, plane, case = self._lab.layout, self._session.state.plane, self._session.case
        if layout is None or plane is None or case is None or self._painter.layers is None:
            return None
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        place = np.array(image.world_to_data(event.position))[-case.ndim :]
        if case.ndim == 3:
            place[plane.axis] = plane.index
        return layout.at(place)
