"""Boxes around objects as rectangles of a Shapes layer, each on the slices that it covers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Shapes
from napari.layers.base import ActionType

from napari_segrobust.prompts import Box, PromptKind
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.canvas.prompt_layer import COLORS, PromptLayer

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.canvas.painter import Painter

_BOX = 'box'
#: A rectangle that was drawn and is no box of the state yet.
_NEW = -1

Edges = tuple[tuple[float, float], ...]


class BoxLayer(PromptLayer):
    """Boxes of the state that cover the shown plane."""

    kind: ClassVar[PromptKind] = 'boxes'
    field: ClassVar[str] = 'boxes'
    name: ClassVar[str] = f'{PREFIX}boxes'
    #: Slices on either side of the shown one that a box covers.
    reach = 0

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        super().__init__(viewer, session, painter)
        self._links.add(session.state.events.plane, self._follow_plane)

    @property
    def axis(self) -> int | None:
        """Axis across the shown plane; None for a 2D image."""
        case, plane = self._session.case, self._session.state.plane
        return None if case is None or case.ndim == 2 or plane is None else plane.axis

    def set_reach(self, slices: int) -> None:
        """Have the next boxes, and those on the shown plane, cover so many slices on either side of it."""
        self.reach = slices
        axis, index = self.axis, self._index()
        if axis is None or self.layer is None:
            return
        span = self._span(index)
        shown = self._shown()
        self._put(
            tuple(
                _with(box, {axis: span}) if number in shown else box for number, box in enumerate(self._value())
            )
        )  # fmt: skip
        self._write()

    def _drawing_mode(self) -> str:
        return 'add_rectangle'

    def _make(self, transforms: dict[str, Any]) -> Shapes:
        case = self._session.case
        layer = Shapes(
            ndim=case.ndim,
            name=self.name,
            face_color='transparent',
            edge_width=max(1.0, min(case.shape[-2:]) / 200),
            features={_BOX: np.zeros(0, int)},
            **transforms,
        )
        layer.events.data.connect(self._on_data)
        return layer

    def _style(self) -> None:
        layer = self._layer
        layer.selected_data = set()
        layer.feature_defaults = {_BOX: _NEW}
        layer.current_edge_color = COLORS[max(self.label, 1)]
        layer.current_face_color = 'transparent'

    def _read(self) -> None:
        """Boxes that lie elsewhere stay; those on the plane are what the rectangles are."""
        layer, boxes, axis = self._layer, list(self._value()), self.axis
        drawn: dict[int, Box] = {}
        fresh = []
        numbers = layer.features[_BOX].to_numpy()
        for vertices, number in zip(layer.data, numbers, strict=True):
            edges = [
                (round(float(lo) + 0.5, 3), round(float(hi) + 0.5, 3))
                for lo, hi in zip(np.min(vertices, axis=0), np.max(vertices, axis=0), strict=True)
            ]
            flat = [hi <= lo for i, (lo, hi) in enumerate(edges) if i != axis]
            if any(flat):
                continue
            if number == _NEW or number >= len(boxes):
                if axis is not None:
                    edges[axis] = self._span(self._index())
                fresh.append(Box(edges=tuple(edges), label=max(self.label, 1)))
            else:
                kept = {} if axis is None else {axis: boxes[number].edges[axis]}
                drawn[int(number)] = _with(boxes[number], {**dict(enumerate(edges)), **kept})
        shown = self._shown()
        rest = [drawn.get(n, box) for n, box in enumerate(boxes) if n not in shown or n in drawn]
        self._put((*rest, *fresh))

    def _on_data(self, event: Any) -> None:
        super()._on_data(event)
        if not self._writing and event.action == ActionType.ADDED:
            self._session.history.commit()
            self._write()  # what was new is a box of the state now
            self._layer.mode = 'select'
            self._layer.selected_data = {len(self._layer.data) - 1} if len(self._layer.data) else set()

    def _show(self) -> None:
        layer, axis, index = self._layer, self.axis, self._index()
        shown = self._shown()
        boxes = [self._value()[number] for number in shown]
        layer.selected_data = set()
        layer.data = []
        if boxes:
            layer.add_rectangles(
                [_rectangle(box.edges, axis, index) for box in boxes],
                edge_color=[COLORS[box.label] for box in boxes],
                face_color='transparent',
            )
        layer.features = {_BOX: np.array(shown, int)}
        self._style()

    def _follow_plane(self, *_: object) -> None:
        if self.layer is not None and not self._dragging:
            self._write()

    def _shown(self) -> list[int]:
        """Numbers of the boxes that cover the shown plane."""
        axis, index = self.axis, self._index()
        boxes = list(enumerate(self._value()))
        if axis is None:
            return [number for number, _ in boxes] if self._session.state.plane is not None else []
        return [n for n, box in boxes if math.ceil(box.edges[axis][0] - 0.5) <= index < box.edges[axis][1] - 0.5]

    def _index(self) -> int:
        plane = self._session.state.plane
        return 0 if plane is None else plane.index

    def _span(self, index: int) -> tuple[float, float]:
        return float(index - self.reach), float(index + self.reach + 1)


def _with(box: Box, edges: dict[int, tuple[float, float]]) -> Box:
    """The box with other edges on some axes."""
    return box.model_copy(update={'edges': tuple(edges.get(axis, pair) for axis, pair in enumerate(box.edges))})


def _rectangle(edges: Edges, axis: int | None, index: int) -> np.ndarray:
    """Corners of a box on a plane, shape (4, ndim); napari puts the centre of voxel i at i."""
    rows, columns = (i for i in range(len(edges)) if i != axis)
    corners = np.full((4, len(edges)), float(index))
    (top, bottom), (left, right) = edges[rows], edges[columns]
    corners[:, rows] = np.array([top, top, bottom, bottom]) - 0.5
    corners[:, columns] = np.array([left, right, right, left]) - 0.5
    return corners
