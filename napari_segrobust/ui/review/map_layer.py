"""One map over the image that belongs to a page: made when it is shown, made again if someone deletes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from napari_segrobust.ui.canvas.colors import recolor
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.utils.colormaps import Colormap, DirectLabelColormap
    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.canvas.colors import Chip


class MapLayer:
    """Draws codes or values of every voxel of the case, with their legend. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    name : str
        Of the layer, without our prefix.
    """

    def __init__(self, explorer: Explorer, name: str) -> None:
        self._explorer, self._viewer, self._session = explorer, explorer.viewer, explorer.session
        self.name = PREFIX + name
        self.layer: Any = None
        self._drawn: object = None
        self._links = Connections()
        # Before the layers of another case come: napari warns of layers in pixels beside layers in mm.
        self._links.add(self._session.case_changed, lambda _case: self.hide(), priority=1)
        self._links.add(self._viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Take the map away and cut the connections. Idempotent."""
        self._links.close()
        self.hide()

    @property
    def is_shown(self) -> bool:
        """Whether the map is on the canvas."""
        return self.layer is not None

    def show_codes(
        self,
        codes: NDArray[np.unsignedinteger[Any]],
        colormap: DirectLabelColormap,
        words: dict[int, str],
        chips: Sequence[Chip] = (),
    ) -> None:
        """Draw codes, shape ([Z,] Y, X); `words` is what the status bar says of each, `chips` the legend."""
        if codes is self._drawn and self.layer is not None:
            return
        layer = self._ready(Labels, codes, {'opacity': 0.75})
        recolor(layer, colormap)
        layer.features = {'index': list(words), 'name': list(words.values())}
        layer.editable = False
        self._finish(layer, codes, chips)

    def show_values(
        self,
        values: NDArray[np.floating[Any]],
        colormap: Colormap,
        limits: tuple[float, float],
        chips: Sequence[Chip] = (),
    ) -> None:
        """Draw values, shape ([Z,] Y, X), between `limits`; NaN is drawn as the lower one."""
        if values is self._drawn and self.layer is not None:
            return
        shown = np.nan_to_num(values, nan=limits[0]) if values.dtype.kind == 'f' else values
        options = {'blending': 'translucent', 'opacity': 0.85, 'contrast_limits': limits}
        layer = self._ready(Image, shown, options)
        layer.colormap, layer.contrast_limits = colormap, limits
        self._finish(layer, values, chips)

    def hide(self) -> None:
        """Take the map away."""
        layer, self.layer, self._drawn = self.layer, None, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self._gone()

    def _ready(self, kind: type[Any], data: NDArray[Any], options: dict[str, Any]) -> Any:
        """Our layer with these voxels: directly above the image where it is made now."""
        layer = self.layer
        if layer is not None and layer in self._viewer.layers and isinstance(layer, kind):
            layer.data = data
            return layer
        self.hide()
        image = self._explorer.painter.layers.get(IMAGE, 0, IMAGE)
        made = kind(data, name=self.name, **options, **Placement.of_layer(image).transforms)
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(self._viewer.layers.index(image) + 1, made)
        self._viewer.layers.selection.active = active
        self.layer = made
        return made

    def _finish(self, layer: Any, drawn: object, chips: Sequence[Chip]) -> None:
        self._drawn = drawn
        layer.refresh(extent=False, highlight=False)
        self._explorer.overlays.add_chips(self.name, tuple(chips))
        # Errors of a model have the same colours.
        self._explorer.review.put_away.ask(self)

    def _gone(self) -> None:
        """Take the legend away, and give the view back."""
        self._explorer.overlays.add_chips(self.name, ())
        self._explorer.review.put_away.ask(self, False)

    def _on_removed(self, event: Any) -> None:
        if event.value is self.layer and self.layer is not None:
            self.layer = self._drawn = None
            self._gone()
