"""A map of the windows on the canvas: where they disagree, or how many of them see a voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from napari.layers import Image
from napari.utils.colormaps import Colormap

from napari_segrobust.digits import three_digits
from napari_segrobust.ui.canvas.colors import Chip, rgb
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.windows.layout import on_plane
from napari_segrobust.windows import coverage_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.windows.layout import Layout

WindowMapName = Literal['none', 'seams', 'coverage']
NAMES = {'seams': f'{PREFIX}seams: SD among windows', 'coverage': f'{PREFIX}windows over each voxel'}
#: No error, no mask and no context box has this colour; nothing where windows agree, so that the image is seen.
_LIME = '#A6F000'
COLORMAP = Colormap(
    [(*rgb(_LIME), 0.0), (*rgb(_LIME), 0.55), (*rgb(_LIME), 1.0)],
    name='segrobust windows',
    display_name='nothing to lime',
)
#: A standard deviation of probabilities is at most this.
_MOST = 0.5


class WindowMap:
    """Draws the seam map, the shown slice first, or the coverage map. GUI thread.

    Parameters
    ----------
    explorer : Explorer
        With its `windows` and `looking`.
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._viewer, self._session = explorer, explorer.viewer, explorer.session
        self._lab, self._looking = explorer.windows, explorer.looking
        self.kind: WindowMapName = 'none'
        self._layer: Image | None = None
        self._drawn: object = None
        self._asked: Layout | None = None
        self._links = Connections()
        self._links.add(self._looking.changed, self._draw)
        self._links.add(self._lab.changed, self._draw)
        self._links.add(self._session.state.events.plane, self._draw)
        self._links.add(self._session.case_changed, self._on_case, priority=1)
        self._links.add(self._viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Take the map away and cut the connections. Idempotent."""
        self._links.close()
        self._take_away()

    def show(self, kind: WindowMapName) -> None:
        """Draw a map; seams are asked for where they are not known yet."""
        if kind != self.kind:
            self._take_away()
            self.kind = kind
            if kind == 'seams' and self._looking.looked is None:
                self._looking.start()
            self._draw()

    def _draw(self, *_: object) -> None:
        if self.kind == 'seams':
            self._draw_seams()
        elif self.kind == 'coverage':
            self._draw_coverage()

    def _draw_seams(self) -> None:
        looked, case = self._looking.looked, self._session.case
        if looked is None:
            self._take_away()
            return
        if looked is self._drawn:
            return
        self._drawn = looked
        layer = self._ready(0.0, max(float(looked.slice.max(initial=0)), 0.05))
        if looked.whole is not None:
            layer.data[...] = looked.whole
            layer.contrast_limits = (0.0, min(_MOST, max(float(looked.whole.max()), 0.05)))
        elif looked.plane is None:
            layer.data[...] = looked.slice
        else:
            axis, index = looked.plane.axis, looked.plane.index
            layer.data[tuple(index if a == axis else slice(None) for a in range(case.ndim))] = looked.slice
        layer.refresh(extent=False, highlight=False)
        top = three_digits(float(layer.contrast_limits[1]))
        self._explorer.overlays.add_chips(self._owner, (Chip(_LIME, f'SD of windows to {top}', '■'),))

    def _draw_coverage(self) -> None:
        layout = self._lab.layout
        if layout is None or layout is self._drawn:
            return
        self._drawn = self._asked = layout
        self._session.load(lambda: _coverage(layout), lambda found: self._take_coverage(layout, found), quiet=True)

    def _take_coverage(self, layout: Layout, found: NDArray[np.float32]) -> None:
        if layout is not self._asked or self.kind != 'coverage' or self._session.case.shape != found.shape:
            return
        most = float(found.max())
        layer = self._ready(0.0, max(most, 1.0))
        layer.data[...] = found
        layer.contrast_limits = (0.0, max(most, 1.0))
        layer.refresh(extent=False, highlight=False)
        words = f'seen by up to {most:.0f} windows'
        self._explorer.overlays.add_chips(self._owner, (Chip(_LIME, words, '■'),))

    def _ready(self, low: float, high: float) -> Image:
        """Our layer, directly above the image; made now if it is not in the viewer."""
        case = self._session.case
        if self._layer is not None and self._layer in self._viewer.layers and self._layer.data.shape == case.shape:
            return self._layer
        image = self._explorer.painter.layers.get(IMAGE, 0, IMAGE)
        look = {'colormap': COLORMAP, 'blending': 'translucent', 'opacity': 0.85, 'contrast_limits': (low, high)}
        data = np.zeros(case.shape, np.float32)
        layer = Image(data, name=NAMES[self.kind], **look, **Placement.of_layer(image).transforms)
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(self._viewer.layers.index(image) + 1, layer)
        self._viewer.layers.selection.active = active
        self._layer = layer
        return layer

    @property
    def _owner(self) -> str:
        return f'{PREFIX}map of windows'

    def _take_away(self) -> None:
        layer, self._layer = self._layer, None
        self._drawn = self._asked = None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self._explorer.overlays.add_chips(self._owner, ())

    def _on_case(self, *_: object) -> None:
        """Before the layers of another case come: napari warns of layers in pixels beside layers in mm."""
        self._take_away()

    def _on_removed(self, event: Any) -> None:
        """Who deletes the map wants it no more."""
        if event.value is self._layer and self._layer is not None:
            self._layer = None
            self.show('none')
            self._lab.changed.emit()


def _coverage(layout: Layout) -> NDArray[np.float32]:
    """Windows over each voxel of the case."""
    counts, grid = coverage_map(layout.plan).astype(np.float32), layout.grid
    if grid.is_case:
        return counts
    planes = (on_plane(grid, counts, 0, index) for index in range(grid.case_shape[0]))
    return on_plane(grid, counts, 0, 0) if counts.ndim == 2 else np.stack(list(planes))
