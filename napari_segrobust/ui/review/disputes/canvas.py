"""The dispute in hand on the canvas: hatched, with every rater's outline in a colour of its own and a letter at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels, Points, Vectors
from napari.utils.colormaps import DirectLabelColormap

from napari_segrobust.ui.canvas.colors import BLACK, WHITE, Chip
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.disputes.contours import anchors, shared_edges

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.review import Dispute, Votes
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.review.disputes.cast import Cast

REGION, OUTLINES, LETTERS = f'{PREFIX}dispute', f'{PREFIX}outlines of raters', f'{PREFIX}letters of raters'
#: Of an outline, in pixels of the canvas; and of a letter, in points.
_LINE, _LETTER = 2.0, 13


class DisputeLayers:
    """Draws one dispute; outlines and letters follow the shown plane. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._viewer, self._session = explorer, explorer.viewer, explorer.session
        self._layers: dict[str, Layer] = {}
        self._shown: tuple[Dispute, NDArray[np.intp], Votes, Cast] | None = None
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
        """Whether a dispute is drawn."""
        return self._shown is not None

    def fly(self, dispute: Dispute, votes: Votes, cast: Cast) -> None:
        """Go to a dispute, and draw it."""
        points = np.stack(np.unravel_index(dispute.where, votes.shape), axis=1)
        box = tuple((int(axis.min()), int(axis.max()) + 1) for axis in points.T)
        # The plane may change on the way there: what is drawn is drawn once.
        self._shown = None
        self._explorer.navigator.look_at(dispute.position, box)
        self._shown = dispute, points, votes, cast
        self._draw_region(points, box)
        self._draw()
        words = [name if cast.names_shown else 'rater' for name in cast.order]
        raters = (Chip(cast.color(n), word, cast.letter(n)) for n, word in zip(cast.order, words, strict=True))
        self._explorer.overlays.add_chips(REGION, (Chip(WHITE, 'in dispute', '\u25a8'), *raters))

    def hide(self) -> None:
        """Take the layers away."""
        self._shown = None
        layers, self._layers = list(self._layers.values()), {}
        for layer in layers:
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._explorer.overlays.add_chips(REGION, ())

    def _draw_region(self, points: NDArray[np.intp], box: tuple[tuple[int, int], ...]) -> None:
        """Hatch what is in dispute, in a layer as small as it is."""
        origin = np.array([start for start, _ in box])
        codes = np.zeros([stop - start for start, stop in box], np.uint8)
        inner = points - origin
        codes[tuple(inner.T)] = 1 + (points[:, -1] + points[:, -2]) // 2 % 2
        placed = Placement.of_layer(self._image()).within(origin, np.ones(len(origin))).transforms

        def make() -> Labels:
            colors = {1: WHITE, 2: BLACK, 0: 'transparent', None: 'transparent'}
            colormap = DirectLabelColormap(color_dict=colors)
            layer = Labels(codes, name=REGION, opacity=0.35, colormap=colormap, **placed)
            layer.editable = False
            return layer

        # Taking a layer out of napari costs half a second: the one that is there is moved.
        layer = self._layer(REGION, make)
        layer.data = codes
        layer.translate = placed['translate']

    def _draw(self, *_: object) -> None:
        """Draw outlines and letters on the shown plane; where the canvas is 3D, on the plane of the deepest voxel."""
        if self._shown is None:
            return
        dispute, points, votes, cast = self._shown
        plane = self._session.state.plane
        axis, index = (0, dispute.position[0]) if plane is None else (plane.axis, plane.index)
        if not index < votes.shape[axis]:
            return
        masks = [votes.masks[votes.names.index(name)] for name in cast.order]
        if len(votes.shape) == 3:
            masks = [np.take(mask, index, axis=axis) for mask in masks]
            points = np.delete(points[points[:, axis] == index], axis, axis=1)
        region = np.zeros(masks[0].shape, bool)
        region[tuple(points.T)] = True
        outlines = shared_edges(masks)

        def placed(flat: NDArray[np.float64]) -> NDArray[np.float64]:
            return flat if len(votes.shape) == 2 else np.insert(flat, axis, index, axis=-1)

        self._draw_lines([placed(ends) for ends in outlines], cast)
        spots = zip(cast.order, anchors(outlines, region), strict=True)
        self._draw_letters([(placed(np.array(spot)), name) for name, spot in spots if spot is not None], cast)

    def _draw_lines(self, outlines: list[NDArray[np.float64]], cast: Cast) -> None:
        ends = np.concatenate(outlines)
        vectors = np.stack([ends[:, 0], ends[:, 1] - ends[:, 0]], axis=1)
        placed = Placement.of_layer(self._image()).transforms
        layer = self._layer(
            OUTLINES, lambda: Vectors(ndim=vectors.shape[-1], name=OUTLINES, vector_style='line', **placed)
        )
        layer.data = vectors
        if len(vectors):
            layer.edge_color = np.repeat([cast.color(name) for name in cast.order], [len(part) for part in outlines])
        layer.edge_width = _LINE / self._viewer.scene.camera.zoom / float(np.abs(self._image().scale[-1]))

    def _draw_letters(self, spots: list[tuple[NDArray[np.float64], str]], cast: Cast) -> None:
        placed = Placement.of_layer(self._image()).transforms
        ndim = len(self._image().scale)
        layer = self._layer(LETTERS, lambda: Points(ndim=ndim, name=LETTERS, size=0.01, border_width=0, **placed))
        layer.text = None
        layer.data = np.array([spot for spot, _ in spots]).reshape(-1, ndim)
        layer.selected_data = set()
        if spots:
            layer.text = {
                'string': {'array': [cast.letter(name) for _, name in spots]},
                'color': {'array': [cast.color(name) for _, name in spots]},
                'size': _LETTER,
            }

    def _layer(self, name: str, make: Callable[[], Layer]) -> Any:
        """The layer of a name: made where there is none, without taking the hand from the chosen one."""
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
