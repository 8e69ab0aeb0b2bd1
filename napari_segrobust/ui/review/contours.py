"""The borders that several raters drew, on the shown slice: each with its letter, its colour and its dashes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, pi, sin
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Points, Vectors

from napari_segrobust.compare.surfaces import bounding_box
from napari_segrobust.review.marks import color_of, dashes_of, letter_of
from napari_segrobust.ui.canvas.colors import Chip, rgb
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.lines import borders, dashed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.explore.state import Plane
    from napari_segrobust.ui.app import Explorer

#: Width of a line, length of what a dash is counted in, and diameter of a badge, in pixels of the canvas.
_LINE, _DASH, _BADGE = 2.0, 2.5, 17
_LETTER_POINTS = 8
#: Lines are as wide on the canvas at any zoom; they are drawn anew where it has changed by this factor.
_ZOOM = 1.2
#: Letters stand no farther from the middle of what they stand around, in halves of its diagonal.
_REACH = 1.5


@dataclass(frozen=True, eq=False)
class Outline:
    """A mask whose border is drawn.

    Attributes
    ----------
    title : str
        In the legend.
    mask : ndarray of bool, shape ([Z,] Y, X)
    letter : str
        On its badge.
    color : str
        ``#rrggbb``.
    dashes : tuple of int
        Lengths of dash and gap; empty for a full line.
    """

    title: str
    mask: NDArray[np.bool_]
    letter: str
    color: str
    dashes: tuple[int, ...] = ()


def outlines_of(
    names: Sequence[str],
    masks: Sequence[NDArray[np.bool_]],
    title: Callable[[str], str] = str,
    chosen: Iterable[str] | None = None,
) -> list[Outline]:
    """Outlines of raters in their order, as letters, colours and dashes go with it.

    Parameters
    ----------
    names, masks : sequence
    title : callable, optional
        How a rater is called, such as `Review.title`.
    chosen : iterable of str, optional
        Those that are drawn; all by default.
    """
    drawn = set(names if chosen is None else chosen)
    return [
        Outline(title(name), mask, letter_of(i), color_of(i), dashes_of(i))
        for i, (name, mask) in enumerate(zip(names, masks, strict=True))
        if name in drawn
    ]


def chip_of(outline: Outline) -> Chip:
    """Entry of the legend."""
    return Chip(outline.color, outline.title, outline.letter)


class Contours:
    """Draws outlines of the shown slice, in any plane, and follows it. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    name : str
        Of the layer, without our prefix.

    Notes
    -----
    Only the shown slice is traced: what that takes does not grow with the volume. In 3D nothing is drawn.
    """

    def __init__(self, explorer: Explorer, name: str = 'contours') -> None:
        self._explorer, self._viewer, self._session = explorer, explorer.viewer, explorer.session
        self.name = PREFIX + name
        self._outlines: tuple[Outline, ...] = ()
        self._near: NDArray[np.bool_] | None = None
        self._lines: Layer | None = None
        self._badges: Layer | None = None
        self._borders: list[list[NDArray[np.float64]]] = []
        self._drawn: tuple[int, int] | None = None
        self._zoom = 0.0
        self._waits = False
        self._links = Connections()
        # Before the layers of another case come: napari warns of layers in pixels beside layers in mm.
        self._links.add(self._session.case_changed, lambda _case: self.hide(), priority=1)
        self._links.add(self._session.state.events.plane, self._follow)
        self._links.add(self._viewer.scene.camera.events.zoom, self._on_zoom)
        self._links.add(self._viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Take the lines away and cut the connections. Idempotent."""
        self._links.close()
        self.hide()

    @property
    def is_shown(self) -> bool:
        """Whether outlines are on the canvas."""
        return self._lines is not None

    def show(self, outlines: Sequence[Outline], near: NDArray[np.bool_] | None = None) -> None:
        """Draw these outlines in place of others.

        Parameters
        ----------
        outlines : sequence of Outline
            Their masks lie on the grid of the case.
        near : ndarray of bool, shape ([Z,] Y, X), optional
            Letters stand around these voxels where the slice has some; else around all that is drawn.
        """
        old, self._outlines = self._outlines, tuple(outlines)
        same = self.is_shown and len(old) == len(outlines) and all(map(_alike, old, outlines))
        if same and near is self._near:
            return
        if not outlines:
            self.hide()
            return
        self._drawn, self._near = None, near
        if self._lines is None:
            # Outlines of other masks would be taken for those of raters.
            self._explorer.review.put_away.ask(self)
            self._make()
        if not same:
            self._letter()
        self._follow()
        self._explorer.overlays.add_chips(self.name, tuple(map(chip_of, self._outlines)))

    @contextmanager
    def drawn_once(self) -> Iterator[None]:
        """Draw at the end what changes meanwhile: plane, zoom and outlines, on the way to another place."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False
            self._follow()
            self._on_zoom()

    def hide(self) -> None:
        """Take the lines away."""
        layers = [layer for layer in (self._lines, self._badges) if layer in self._viewer.layers]
        self._lines = self._badges = self._drawn = None
        self._outlines, self._near = (), None
        for layer in layers:
            self._viewer.layers.remove(layer)
        self._explorer.overlays.add_chips(self.name, ())
        self._explorer.review.put_away.ask(self, False)

    # -- layers -----------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        placed = Placement.of_layer(self._explorer.painter.layers.get(IMAGE, 0, IMAGE)).transforms
        # A line is as wide as it is along the voxels of its layer: with cubes for voxels it is the same on both ways.
        # No smaller than the image's, so that no slider of napari steps in parts of a voxel.
        scale = np.asarray(placed['scale'], float)
        self._ratio = np.abs(scale) / np.abs(scale).max()
        self._cube = float(np.abs(scale).max())
        options = {**placed, 'scale': np.sign(scale) * self._cube}
        self._lines = Vectors(ndim=len(scale), name=self.name, vector_style='line', **options)
        self._badges = Points(
            ndim=len(scale),
            name=f'{self.name} letters',
            size=1,
            border_width=0,
            canvas_size_limits=(_BADGE, _BADGE),
            **options,
        )
        active = self._viewer.layers.selection.active
        for layer in (self._lines, self._badges):
            layer.editable = False
            self._viewer.layers.append(layer)
        self._viewer.layers.selection.active = active

    def _on_removed(self, event: Any) -> None:
        if self._lines is not None and event.value in (self._lines, self._badges):
            self.hide()

    # -- drawing ----------------------------------------------------------------------------------------------------

    def _follow(self, *_: object) -> None:
        """Trace the shown slice, unless it is the one that is drawn."""
        if self._lines is None or self._waits:
            return
        plane = self._session.state.plane
        key = (-1, -1) if plane is None else (plane.axis, plane.index)
        if key == self._drawn:
            return
        self._drawn = key
        self._borders = [[] if plane is None else _traced(one.mask, plane) for one in self._outlines]
        self._draw()

    def _on_zoom(self, *_: object) -> None:
        zoom = self._viewer.scene.camera.zoom
        if self._lines is not None and not self._waits and not 1 / _ZOOM < zoom / self._zoom < _ZOOM:
            self._draw()

    def _draw(self) -> None:
        """Cut what was traced into dashes, and put it into the layers."""
        self._zoom = self._viewer.scene.camera.zoom
        pixel = 1 / (self._zoom * self._cube)
        pieces, colors = [np.empty((0, 2, self._ratio.size))], [np.empty((0, 4))]
        for one, lines in zip(self._outlines, self._borders, strict=True):
            lengths = [_DASH * pixel * length for length in one.dashes]
            made = [dashed(line * self._ratio, lengths) for line in lines]
            pieces += made
            colors += [np.tile((*rgb(one.color), 1.0), (len(part), 1)) for part in made]
        ends = np.concatenate(pieces)
        with _changed(self._lines) as lines:
            lines.data = np.stack((ends[:, 0], ends[:, 1] - ends[:, 0]), axis=1)
            lines.edge_width = _LINE * pixel
            if len(ends):  # napari finds no colours among none
                lines.edge_color = np.concatenate(colors)
        self._move_badges()

    def _move_badges(self) -> None:
        """A letter beside each border, each in another direction from the middle of all."""
        there = np.array([bool(lines) for lines in self._borders])
        places = np.zeros((len(there), self._ratio.size))
        places[there] = self._places([np.concatenate(lines) for lines in self._borders if lines]) * self._ratio
        with _changed(self._badges) as badges:
            badges.data, badges.shown = places, there

    def _letter(self) -> None:
        """Give every outline its badge: from slice to slice they only move, as letters are slow to change."""
        with _changed(self._badges) as badges:
            badges.data = np.zeros((len(self._outlines), self._ratio.size))
            # The border too: of what is no larger than a voxel napari draws hardly anything else.
            badges.face_color = badges.border_color = [one.color for one in self._outlines]
            badges.text = {
                'string': [one.letter for one in self._outlines],
                'color': [chip_of(one).text_color for one in self._outlines],
                'size': _LETTER_POINTS,
                'anchor': 'center',
            }

    def _places(self, lines: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Of each line the point that is farthest in its own direction, shape (N, D)."""
        if not lines:
            return np.empty((0, self._ratio.size))
        plane, ndim = self._session.state.plane, self._ratio.size
        shown = [axis for axis in range(ndim) if ndim == 2 or plane is None or axis != plane.axis]
        box = None if self._near is None or plane is None else bounding_box(_slice(self._near, plane))
        every = np.concatenate(lines)[:, shown]
        low, high = every.min(axis=0), every.max(axis=0)
        if box is not None:
            low, high = np.array([(side.start - 0.5, side.stop - 0.5) for side in box]).T
        ratio, middle = self._ratio[shown], (low + high) / 2
        reach = np.inf if box is None else _REACH * np.linalg.norm((high - low) / 2 * ratio)
        found = []
        for i, points in enumerate(lines):
            turn = 2 * pi * i / len(lines)
            away = (points[:, shown] - middle) * ratio
            far = np.linalg.norm(away, axis=1)
            # What is out of reach counts by its distance alone, and never before what is within.
            along = np.where(far <= reach, away @ np.array([-cos(turn), sin(turn)]), -far)
            found.append(points[along.argmax()])
        return np.array(found)


@contextmanager
def _changed(layer: Any) -> Iterator[Any]:
    """Change several things of a layer: napari looks at all layers, and draws, after each of them."""
    with layer.events.blocker_all():
        yield layer
    # What is drawn lies within the image: the extent of all stays.
    layer.refresh(extent=False, highlight=False, thumbnail=False)


def _slice(mask: NDArray[np.bool_], plane: Plane) -> NDArray[np.bool_]:
    """The shown slice of a volume; all of an image."""
    if mask.ndim == 2:
        return mask
    return mask[tuple(plane.index if axis == plane.axis else slice(None) for axis in range(3))]


def _traced(mask: NDArray[np.bool_], plane: Plane) -> list[NDArray[np.float64]]:
    """Lines of the shown slice, each of shape (N, D), in voxels of the case."""
    lines = borders(_slice(mask, plane))
    return lines if mask.ndim == 2 else [np.insert(line, plane.axis, plane.index, axis=1) for line in lines]


def _alike(one: Outline, other: Outline) -> bool:
    """Whether two outlines look the same."""
    words = ('title', 'letter', 'color', 'dashes')
    return one.mask is other.mask and all(getattr(one, word) == getattr(other, word) for word in words)
