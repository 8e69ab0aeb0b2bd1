"""The dispute in hand on the canvas: hatched, with the outline of every rater."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_segrobust.ui.canvas.colors import BLACK, WHITE, Chip
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.contours import Contours, outlines_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.review import Dispute, Votes
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.review.disputes.cast import Cast

REGION = f'{PREFIX}dispute'


class DisputeLayers:
    """Draws one dispute. GUI thread.

    Parameters
    ----------
    explorer : Explorer

    Attributes
    ----------
    is_shown : bool
        Whether a dispute is drawn; who deletes a layer of it wants it no more, until the next one.
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._viewer = explorer, explorer.viewer
        self._contours = Contours(explorer, 'outlines of raters')
        self._region: Labels | None = None
        self.is_shown = False
        self._links = Connections()
        # Before the layers of another case come: napari warns of layers in pixels beside layers in mm.
        self._links.add(explorer.session.case_changed, lambda _case: self.hide(), priority=1)
        self._links.add(self._viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Take the layers away and cut the connections. Idempotent."""
        self._links.close()
        self.hide()
        self._contours.close()

    def fly(self, dispute: Dispute, votes: Votes, cast: Cast) -> None:
        """Go to a dispute, and draw it."""
        points = np.stack(np.unravel_index(dispute.where, votes.shape), axis=1)
        box = tuple((int(axis.min()), int(axis.max()) + 1) for axis in points.T)
        region = np.zeros(votes.shape, bool)
        region.flat[dispute.where] = True
        masks = [votes.masks[votes.names.index(name)] for name in cast.order]
        outlines = outlines_of(cast.order, masks, lambda name: name if cast.names_shown else 'rater')
        with self._contours.drawn_once():
            self._explorer.navigator.look_at(dispute.position, box)
            self._contours.show(outlines, region)
        self._draw_region(points, box)
        self._explorer.overlays.add_chips(REGION, (Chip(WHITE, 'in dispute', '\u25a8'),))
        self.is_shown = True

    def hide(self) -> None:
        """Take the layers away."""
        self.is_shown = False
        self._contours.hide()
        layer, self._region = self._region, None
        if layer is not None:
            self._viewer.layers.remove(layer)
        self._explorer.overlays.add_chips(REGION, ())

    def _draw_region(self, points: NDArray[np.intp], box: tuple[tuple[int, int], ...]) -> None:
        """Hatch what is in dispute, in a layer as small as it is."""
        origin = np.array([start for start, _ in box])
        codes = np.zeros([stop - start for start, stop in box], np.uint8)
        codes[tuple((points - origin).T)] = 1 + (points[:, -1] + points[:, -2]) // 2 % 2
        image = self._explorer.painter.layers.get(IMAGE, 0, IMAGE)
        placed = Placement.of_layer(image).within(origin, np.ones(len(origin))).transforms
        if self._region is not None:
            # Taking a layer out of napari costs half a second: the one that is there is moved.
            self._region.data = codes
            self._region.translate = placed['translate']
            return
        colormap = DirectLabelColormap(color_dict={1: WHITE, 2: BLACK, 0: 'transparent', None: 'transparent'})
        self._region = Labels(codes, name=REGION, opacity=0.35, colormap=colormap, **placed)
        self._region.editable = False
        active = self._viewer.layers.selection.active
        self._viewer.layers.append(self._region)
        self._viewer.layers.selection.active = active

    def _on_removed(self, event: Any) -> None:
        if event.value is self._region:
            self._region = None
