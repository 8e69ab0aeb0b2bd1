"""What the page on consensus draws over the image: one map, and the outlines of the raters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.ui.canvas.layer_set import IMAGE
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.consensus_maps import SEQUENTIAL
from napari_segrobust.ui.review.contours import Contours
from napari_segrobust.ui.review.hatch import stripe_width
from napari_segrobust.ui.review.map_layer import MapLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.review.consensus_maps import Drawing
    from napari_segrobust.ui.review.contours import Outline


class ConsensusCanvas:
    """Shows one drawing and some outlines at a time. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._map = MapLayer(explorer, 'consensus')
        self._contours = Contours(explorer)
        self._drawing: Drawing | None = None
        self._width = 0
        camera, dims = explorer.viewer.scene.camera.events, explorer.viewer.dims.events
        self._links = Connections()
        for signal in (camera.zoom, dims.order, dims.ndisplay):
            self._links.add(signal, self._follow_zoom)

    def close(self) -> None:
        """Take all away and cut the connections. Idempotent."""
        self._links.close()
        self._map.close()
        self._contours.close()

    def show(self, drawing: Drawing | None, outlines: Sequence[Outline]) -> None:
        """Draw these in place of others."""
        self._drawing = drawing
        if drawing is None:
            self._map.hide()
        elif drawing.is_codes:
            self._width = self._stripe()
            self._map.show_codes(drawing.array, drawing.colormap(self._width), dict(drawing.words), drawing.chips)
        else:
            self._map.show_values(drawing.array, SEQUENTIAL, (0.0, 1.0), drawing.chips)
        self._contours.show(outlines)

    def hide(self) -> None:
        """Draw nothing."""
        self.show(None, ())

    def _follow_zoom(self, *_: object) -> None:
        """Stripes of a hatch stay as wide on the canvas."""
        drawing = self._drawing
        if drawing is None or drawing.stripes is None or not self._map.is_shown:
            return
        width = self._stripe()
        if width != self._width:
            self._width = width
            self._map.layer.colormap = drawing.colormap(width)

    def _stripe(self) -> int:
        viewer = self._explorer.viewer
        scale = np.abs(self._explorer.painter.layers.get(IMAGE, 0, IMAGE).scale)
        shown = [axis - viewer.dims.ndim + len(scale) for axis in viewer.dims.displayed]
        return stripe_width(viewer.scene.camera.zoom * min(scale[axis] for axis in shown if axis >= 0))
