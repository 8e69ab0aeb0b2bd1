"""Two masks on the canvas as A and B: outlines of one kind, letters, and one of them dashed. Nothing says whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from napari.layers import Points, Vectors

from napari_segrobust.ui.canvas.colors import PINK, SKY, Chip
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.disputes.contours import anchors, shared_edges

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer

    Mask = NDArray[np.bool_]

Side = Literal['both', 'A', 'B']
OUTLINES, LETTERS = f'{PREFIX}outlines A and B', f'{PREFIX}letters A and B'
#: Neither is the colour of reference, prediction or error.
COLORS = (PINK, SKY)
#: Of an outline, in pixels of the canvas; of a letter, in points; of dash and gap, in pixels of the image.
_LINE, _LETTER, _DASH = 2.0, 14, 3
#: Who judges an outline looks closer than who flies past.
_CLOSER = 2.0


class PairLayers:
    """Draws two masks; outlines and letters follow the shown plane. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._viewer, self._session = explorer, explorer.viewer, explorer.session
        self._layers: dict[str, Layer] = {}
        self._masks: tuple[Mask, Mask] | None = None
        self._side: Side = 'both'
        self._links = Connections()
        # Before the layers of another case come: napari warns of layers in pixels beside layers in mm.
        self._links.add(self._session.case_changed, lambda _case: self.hide(), priority=1)
        self._links.add(self._session.state.events.plane, self._draw)
        self._links.add(self._viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Take the layers away and cut the connections. Idempotent."""
        self._links.close()
        self.hide()

    @property
    def is_shown(self) -> bool:
        """Whether a pair is drawn."""
        return self._masks is not None

    def fly(self, masks: tuple[Mask, Mask]) -> None:
        """Go to where most is drawn, and draw both."""
        union = masks[0] | masks[1]
        index = int(np.argmax(np.count_nonzero(union, axis=(1, 2)))) if union.ndim == 3 else 0
        plane = union[index] if union.ndim == 3 else union
        if plane.any():
            sides = [np.flatnonzero(plane.any(axis=axis))[[0, -1]] for axis in (1, 0)]
            box = [(index, index + 1)] * (union.ndim - 2) + [(int(low), int(high) + 1) for low, high in sides]
            self._explorer.navigator.look_at([(low + high - 1) // 2 for low, high in box], box)
            self._viewer.scene.camera.zoom *= _CLOSER
        self._masks = masks
        self.show_side('both')

    def show_side(self, side: Side) -> None:
        """Draw both, or one alone."""
        self._side = side
        self._draw()
        words = ('A', 'B, dashed') if side == 'both' else ('A', 'B')
        chips = tuple(Chip(color, word, '\u25a2') for color, word in zip(COLORS, words, strict=True))
        shown = chips if side == 'both' else (chips['AB'.index(side)],)
        self._explorer.overlays.add_chips(OUTLINES, shown if self.is_shown else ())

    def hide(self) -> None:
        """Take the layers away."""
        self._masks = None
        layers, self._layers = list(self._layers.values()), {}
        for layer in layers:
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._explorer.overlays.add_chips(OUTLINES, ())

    def _draw(self, *_: object) -> None:
        """Draw on the shown plane; where the canvas is 3D, on the middle one."""
        if self._masks is None:
            return
        plane, ndim = self._session.state.plane, self._masks[0].ndim
        axis, index = (0, self._masks[0].shape[0] // 2) if plane is None else (plane.axis, plane.index)
        masks = [np.take(mask, index, axis=axis) if ndim == 3 else mask for mask in self._masks]
        if self._side != 'both':
            masks['BA'.index(self._side)] = np.zeros_like(masks[0])
        outlines = shared_edges(masks)
        if self._side == 'both':
            # Alone it needs no second sign, and dashes would show less of one mask than of the other.
            outlines[1] = _dashed(outlines[1])

        def placed(flat: NDArray[np.float64]) -> NDArray[np.float64]:
            return flat if ndim == 2 else np.insert(flat, axis, index, axis=-1)

        self._draw_lines([placed(ends) for ends in outlines])
        spots = zip('AB', anchors(outlines, masks[0] ^ masks[1]), strict=True)
        self._draw_letters([(placed(np.array(spot)), letter) for letter, spot in spots if spot is not None])

    def _draw_lines(self, outlines: list[NDArray[np.float64]]) -> None:
        ends = np.concatenate(outlines)
        vectors = np.stack([ends[:, 0], ends[:, 1] - ends[:, 0]], axis=1)
        placed = Placement.of_layer(self._image()).transforms
        layer = self._layer(
            OUTLINES, lambda: Vectors(ndim=vectors.shape[-1], name=OUTLINES, vector_style='line', **placed)
        )
        layer.data = vectors
        if len(vectors):
            layer.edge_color = np.repeat(COLORS, [len(part) for part in outlines])
        layer.edge_width = _LINE / self._viewer.scene.camera.zoom / float(np.abs(self._image().scale[-1]))

    def _draw_letters(self, spots: list[tuple[NDArray[np.float64], str]]) -> None:
        image = self._image()
        ndim = len(image.scale)
        placed = Placement.of_layer(image).transforms
        layer = self._layer(LETTERS, lambda: Points(ndim=ndim, name=LETTERS, size=0.01, **placed))
        layer.text = None
        layer.data = np.array([spot for spot, _ in spots]).reshape(-1, ndim)
        layer.selected_data = set()
        if spots:
            letters = [letter for _, letter in spots]
            colors = [COLORS['AB'.index(letter)] for letter in letters]
            layer.text = {'string': {'array': letters}, 'color': {'array': colors}, 'size': _LETTER}

    def _layer(self, name: str, make: Callable[[], Layer]) -> Any:
        layer = self._layers.get(name)
        if layer is None:
            layer = self._layers[name] = make()
            active = self._viewer.layers.selection.active
            self._viewer.layers.append(layer)
            self._viewer.layers.selection.active = active
        return layer

    def _image(self) -> Layer:
        """A layer that has the transforms of all our layers."""
        return self._explorer.painter.layers.get(IMAGE, 0, IMAGE)

    def _on_removed(self, event: Any) -> None:
        for name in [name for name, layer in self._layers.items() if layer is event.value]:
            del self._layers[name]


def _dashed(ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every other stretch of an outline (N, 2, 2): its edges go by the place of their first ends."""
    place = np.floor(ends[:, 0]).sum(axis=1)
    return ends[place // _DASH % 2 == 0]
