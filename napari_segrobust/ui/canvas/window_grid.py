"""The windows that see the shown slice, as a grid of lines; the one under the pointer, and the chosen one, framed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Vectors

from napari_segrobust.ui.bridge import FrameClock
from napari_segrobust.ui.canvas.colors import GREY, PINK, WHITE
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer

GRID, FRAME = f'{PREFIX}window grid', f'{PREFIX}window'
#: Width of a line, and of a frame, against the shorter side of the image.
_LINE, _FRAME = 1 / 700, 1 / 200
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
    other, which is what is drawn; as vectors, which napari draws anew in a tenth of the time of shapes. The pointer
    means the window over it whose middle is nearest.
    """

    def __init__(self, explorer: Explorer) -> None:
        self._viewer, self._session, self._painter = explorer.viewer, explorer.session, explorer.painter
        self._lab = explorer.windows
        self._on = False
        self._grid: Vectors | None = None
        self._frame: Vectors | None = None
        self._drawn: object = None
        # Layers come and go by themselves: napari's list of layers breaks where that happens while others do.
        self._clock = FrameClock(self._tidy)
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
        self._clock.stop()
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
        if not on:
            self._lab.hover(None)
        self._clock.wake()
        self._lab.changed.emit()

    # -- drawing --------------------------------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Make the layers that are wanted, and take away the others."""
        if not self._is_open():
            return
        if not self._on:
            grid, self._grid, self._drawn = self._grid, None, None
            self._remove(grid)
        elif self._grid not in self._viewer.layers:
            self._grid, self._drawn = self._make(GRID, _LINE), None
        if not self._on and self._lab.selected is None:
            frame, self._frame = self._frame, None
            self._remove(frame)
        elif self._meant() and self._frame not in self._viewer.layers:
            self._frame = self._make(FRAME, _FRAME)
        self._draw()
        self._draw_frame()

    def _draw(self, *_: object) -> None:
        """Lay the lines on the shown plane, where they are not there yet."""
        plane, layout = self._session.state.plane, self._lab.layout
        if not self._on or not self._is_open():
            return
        if self._grid not in self._viewer.layers:
            self._clock.wake()
            return
        key = (plane, layout)
        if key != self._drawn:
            self._drawn = key
            lines = [] if plane is None or layout is None else self._lines()
            self._grid.data = _vectors(lines, self._session.case.ndim)
            if lines:
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
        if not self._is_open():
            return
        meant = self._meant()
        if self._frame not in self._viewer.layers:
            if meant:
                self._clock.wake()
            return
        self._frame.data = _vectors([side for i, _ in meant for side in self._sides(i)], self._session.case.ndim)
        if meant:
            self._frame.edge_color = [color for _, color in meant for _ in range(4)]
        elif not self._on:
            self._clock.wake()

    def _meant(self) -> list[tuple[int, str]]:
        """Windows to be framed, and their colours."""
        lab, plane, case = self._lab, self._session.state.plane, self._session.case
        if plane is None or lab.layout is None:
            return []
        return [
            (index, color)
            for index, color in ((lab.selected, PINK), (lab.hovered, WHITE))
            if index is not None and (case.ndim == 2 or lab.layout.touches(index, plane.axis, plane.index))
        ]

    def _is_open(self) -> bool:
        """Whether the canvas shows the case of the state: between two of them it does not."""
        case, layers = self._session.case, self._painter.layers
        return case is not None and layers is not None and layers.case.key == case.key

    def _sides(self, index: int) -> list[NDArray[np.float64]]:
        """Two ends (2, ndim) of each of the four sides of a window on the shown plane."""
        plane, case = self._session.state.plane, self._session.case
        axis = plane.axis if case.ndim == 3 else None
        spans = self._lab.layout.span(index)
        rows, columns = (a for a in range(case.ndim) if a != axis)
        corners = np.full((4, case.ndim), float(plane.index))
        (top, bottom), (left, right) = spans[rows], spans[columns]
        corners[:, rows] = (top, top, bottom, bottom)
        corners[:, columns] = (left, right, right, left)
        return [np.stack([one, other]) for one, other in zip(corners, np.roll(corners, -1, axis=0), strict=True)]

    def _make(self, name: str, width: float) -> Vectors:
        """One of our layers, over all others."""
        image, case = self._painter.layers.get(IMAGE, 0, IMAGE), self._session.case
        layer = Vectors(
            _vectors([], case.ndim),
            ndim=case.ndim,
            name=name,
            vector_style='line',
            edge_color=GREY,
            edge_width=max(0.3, width * min(case.shape[-2:])),
            **Placement.of_layer(image).transforms,
        )
        active = self._viewer.layers.selection.active
        self._viewer.layers.append(layer)
        self._viewer.layers.selection.active = active
        return layer

    def _remove(self, layer: Vectors | None) -> None:
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


def _vectors(lines: list[NDArray[np.float64]], ndim: int) -> NDArray[np.float64]:
    """Lines (2, ndim) from end to end as a begin and a way, (N, 2, ndim)."""
    found = np.array(lines, float).reshape(-1, 2, ndim)
    found[:, 1] -= found[:, 0]
    return found
