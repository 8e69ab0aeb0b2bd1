"""A receptive field on the canvas: what can be seen in outline, hatched where it is cut off; what is seen painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Shapes
from napari.utils.colormaps import Colormap

from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.explore.inside import InsideWatch
    from napari_segrobust.explore.session import Session
    from napari_segrobust.inside.receptive import ReceptiveField
    from napari_segrobust.ui.canvas.painter import Painter

    Edges = tuple[tuple[float, float], ...]

OUTLINE, EFFECTIVE = f'{PREFIX}receptive field', f'{PREFIX}effective field'
COLOUR, CROSS = '#56B4E9', '#FFFFFF'
#: From nothing over purple to a light yellow: it is read over bright and over dark tissue.
GLOW = Colormap([(0.4, 0.0, 0.6, 0.0), (0.9, 0.1, 0.6, 0.75), (1.0, 0.95, 0.5, 1.0)], name='effective field')
#: Strong and weak influence lie decades apart: the square root shows both.
_GAMMA = 0.5


class FieldLayers:
    """Draws the field of an `InsideWatch` in one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter
    watch : InsideWatch
    """

    def __init__(self, viewer: Any, session: Session, painter: Painter, watch: InsideWatch) -> None:
        self._viewer, self._session, self._painter, self._watch = viewer, session, painter, watch
        self.outline: Shapes | None = None
        self.effective: Image | None = None
        self._shown: ReceptiveField | None = None
        self._traced: tuple[object, ...] = ()
        self._outlined: tuple[str, ReceptiveField | None] = ('', None)
        self._links = Connections()
        self._links.add(watch.field_changed, self.draw)
        self._links.add(session.state.events.plane, self.draw)
        self._links.add(session.case_changed, lambda _case: self.remove())
        self._links.add(viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Cut the connections; the layers stay with the user. Idempotent."""
        self._links.close()

    def remove(self) -> None:
        """Take both layers away."""
        for layer in (self.outline, self.effective):
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self.outline = self.effective = self._shown = None
        self._traced = ()

    def draw(self, *_: object) -> None:
        """Show the field of the present state; of any other nothing but an outline that still holds is left."""
        field, voxel = self._watch.field, self._watch.voxel
        if voxel is None:
            self.remove()
            return
        if field is not self._shown:
            self._shown = field
            self._paint(field)
        key, plane = self._watch.outline_key, self._session.state.plane
        # What can be seen is the same at each severity: it stays while a slider moves.
        if field is not None or key != self._outlined[0]:
            self._outlined = key, field
        outlined = self._outlined[1]
        edges = None if outlined is None else (outlined.box, outlined.seen)
        wanted = (edges, voxel, None if plane is None else (plane.axis, plane.index))
        # Making shapes takes napari tens of milliseconds.
        if wanted != self._traced:
            self._traced = wanted
            self._trace(outlined, voxel)

    def _paint(self, field: ReceptiveField | None) -> None:
        old = self.effective
        if field is None:
            if old is not None:
                old.opacity = 0.0  # to hide it takes napari tens of milliseconds, while a slider moves
            return
        placement = self._place().within(field.origin, field.scale)
        if old is not None and old.data.shape == field.effective.shape:
            old.data = field.effective
            for name in ('scale', 'translate'):
                if not np.allclose(getattr(old, name), placement.transforms[name]):
                    setattr(old, name, placement.transforms[name])
            old.opacity = 1.0
            return
        if old is not None:
            self._viewer.layers.remove(old)
        look = {'colormap': GLOW, 'blending': 'translucent', 'gamma': _GAMMA, 'contrast_limits': (0.0, 1.0)}
        layer = Image(field.effective, name=EFFECTIVE, **look, **placement.transforms)
        above = len(self._viewer.layers) if self.outline is None else self._viewer.layers.index(self.outline)
        self.effective = self._insert(layer, above)

    def _trace(self, field: ReceptiveField | None, voxel: Sequence[int]) -> None:
        layer = self._shapes()
        layer.selected_data = set()
        layer.data = []
        plane, case = self._session.state.plane, self._session.case
        if plane is None or case is None:
            return
        sliced = plane.axis if case.ndim == 3 else None
        ink = {'edge_color': COLOUR, 'face_color': 'transparent', 'edge_width': max(min(case.shape[-2:]) / 250, 0.4)}
        if sliced is None or voxel[sliced] == plane.index:
            lines = [on_plane(line, sliced, plane.index) for line in cross(_flat(voxel, sliced))]
            layer.add_lines(lines, **{**ink, 'edge_color': CROSS})
        if field is None or field.box is None:
            return
        if sliced is not None and not field.box[sliced][0] <= plane.index <= field.box[sliced][1]:
            return
        box, seen = _flat(field.box, sliced), _flat(field.seen, sliced)
        if sliced is not None and not field.seen[sliced][0] <= plane.index <= field.seen[sliced][1]:
            seen = ((0.0, 0.0), (0.0, 0.0))
        layer.add_rectangles([on_plane(corners(box), sliced, plane.index)], **ink)
        lines = [on_plane(line, sliced, plane.index) for line in hatching(box, seen)]
        if lines:
            layer.add_lines(lines, **{**ink, 'edge_width': ink['edge_width'] * 0.6})

    # -- layers ---------------------------------------------------------------------------------------------

    def _image(self) -> Any:
        return self._painter.layers.get(IMAGE, 0, IMAGE)

    def _place(self) -> Placement:
        return Placement.of_layer(self._image())

    def _shapes(self) -> Shapes:
        if self.outline is None:
            layer = Shapes(ndim=self._session.case.ndim, name=OUTLINE, **self._place().transforms)
            layer.editable = False
            self.outline = self._insert(layer, len(self._viewer.layers))
        return self.outline

    def _insert(self, layer: Any, place: int) -> Any:
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(place, layer)
        self._viewer.layers.selection.active = active
        return layer

    def _on_removed(self, event: Any) -> None:
        """Who deletes a layer wants the field no more."""
        if event.value is self.outline and self.outline is not None:
            self.outline = None
            self._watch.pick(None)
        elif event.value is self.effective:
            self.effective = None


def _flat(values: Sequence[Any], sliced: int | None) -> tuple[Any, Any]:
    rows, columns = (value for axis, value in enumerate(values) if axis != sliced)
    return rows, columns


def on_plane(points: NDArray[np.float64], sliced: int | None, index: int) -> NDArray[np.float64]:
    """Points (N, 2) of a plane in the volume."""
    return points if sliced is None else np.insert(points, sliced, index, axis=1)


def corners(box: Edges) -> NDArray[np.float64]:
    """Of a box in a plane, (4, 2)."""
    (top, bottom), (left, right) = box
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]], float)


def cross(voxel: Sequence[int], arm: float = 3.0) -> list[NDArray[np.float64]]:
    """Two lines through a voxel of a plane."""
    row, column = voxel
    return [
        np.array([[row - arm, column], [row + arm, column]], float),
        np.array([[row, column - arm], [row, column + arm]], float),
    ]


def hatching(box: Edges, seen: Edges, count: int = 14) -> list[NDArray[np.float64]]:
    """Diagonal lines over what of a box lies outside `seen`, each (2, 2).

    Parameters
    ----------
    box, seen : ((float, float), (float, float))
        Rows and columns.
    count : int
        About how many lines cross the whole box.
    """
    (top, bottom), (left, right) = box
    inner = tuple((max(a, lo), min(b, hi)) for (a, b), (lo, hi) in zip(box, seen, strict=True))
    if any(a >= b for a, b in inner):
        parts = [box]
    else:
        (first, last), (begin, end) = inner
        parts = [
            ((top, first), (left, right)),
            ((last, bottom), (left, right)),
            ((first, last), (left, begin)),
            ((first, last), (end, right)),
        ]
    step = (bottom - top + right - left) / count
    lines = []
    for (a, b), (c, d) in parts:
        if b - a < 1e-6 or d - c < 1e-6:
            continue
        # Where row + column is a whole number of steps, through all parts alike.
        for total in np.arange(np.ceil((a + c) / step), (b + d) / step) * step:
            start, stop = max(a, total - d), min(b, total - c)
            if stop - start > 1e-6:
                lines.append(np.array([[start, total - start], [stop, total - stop]], float))
    return lines
