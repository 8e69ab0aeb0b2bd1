"""The shown feature map as a layer on the canvas, while that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image

from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from napari_segrobust.inside.feature_maps import FeatureMaps
    from napari_segrobust.ui.canvas.painter import Painter

NAME = f'{PREFIX}feature map'


class MapLayer:
    """Draws the perturbed map of one channel over the image, where its window lies. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    painter : Painter
    """

    def __init__(self, viewer: Any, painter: Painter) -> None:
        self._viewer, self._painter = viewer, painter
        self.layer: Image | None = None
        self._links = Connections()
        self._links.add(viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Cut the connections; the layer stays with the user. Idempotent."""
        self._links.close()

    def remove(self) -> None:
        """Take the layer away."""
        layer, self.layer = self.layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def show(self, maps: FeatureMaps, channel: int) -> None:
        """Draw a channel, by its place among those of `maps`."""
        self.remove()
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        placed = Placement.of_layer(image).within(maps.origin, maps.scale)
        values = maps.perturbed[channel]
        low, high = float(values.min()), float(values.max())
        name = f'{NAME}: {maps.point.title}, channel {maps.channels[channel]}'
        look = {'colormap': 'viridis', 'opacity': 0.8, 'contrast_limits': (low, high if high > low else low + 1)}
        layer = Image(values, name=name, **look, **placed.transforms)
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(self._viewer.layers.index(image) + 1, layer)
        self._viewer.layers.selection.active = active
        self.layer = layer

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer:
            self.layer = None
