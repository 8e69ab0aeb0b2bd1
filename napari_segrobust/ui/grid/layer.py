"""Where the models disagree, as a layer on the canvas: entropy of their votes, in bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from napari_segrobust.grid.agreement import agreement_of
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from napari_segrobust.explore.updates import PlaneUpdate
    from napari_segrobust.ui.app import Explorer

NAME = f'{PREFIX}disagreement of models (bits)'


class AgreementLayer:
    """Drawn for the shown plane while it is switched on; it adds light where models disagree and hides nothing.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        self._viewer, self._session, self._painter = explorer.viewer, explorer.session, explorer.painter
        self.layer: Image | None = None
        self._on = False
        self._filled: tuple[int, int] | None = None
        self._links = Connections()
        self._links.add(self._session.plane_ready, self._paint)
        self._links.add(self._session.case_changed, lambda _case: self._remove())
        self._links.add(self._viewer.layers.events.removed, self._on_removed)

    @property
    def is_on(self) -> bool:
        """Whether it is drawn."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Draw it, or take it away."""
        self._on = on
        if not on:
            self._remove()
        elif self._session.plane is not None and self._session.is_current(self._session.plane.request):
            self._paint(self._session.plane)

    def close(self) -> None:
        """Cut the connections; the layer stays with the user. Idempotent."""
        self._links.close()

    def _remove(self) -> None:
        layer, self.layer = self.layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _on_removed(self, event: Any) -> None:
        """Who deletes the layer wants it no more."""
        if event.value is self.layer and self.layer is not None:
            self.layer, self._on = None, False

    def _paint(self, update: PlaneUpdate) -> None:
        plane, case = update.request.plane, update.request.case
        if not self._on or plane is None or update.provisional or len(update.lanes) < 2:
            return
        bits = agreement_of([v.labels for v in update.lanes], update.request.label, update.lanes[0].valid).entropy_bits
        layer = self.layer if self.layer is not None and self.layer.data.shape == case.shape else self._make(case)
        if case.ndim == 3:
            if self._filled not in (None, (plane.axis, plane.index)):
                layer.data[...] = 0  # other slices were of other severities
            self._filled = (plane.axis, plane.index)
            layer.data[tuple(plane.index if axis == plane.axis else slice(None) for axis in range(3))] = bits
        else:
            layer.data[...] = bits
        layer.contrast_limits = (0.0, max(1.0, math.log2(min(len(update.lanes), 1 + len(case.labels) or 2))))
        layer.refresh(extent=False, highlight=False)

    def _make(self, case: Any) -> Image:
        """A layer directly above the image, below all masks and maps."""
        self._remove()
        self._filled = None
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        look = {'colormap': 'inferno', 'blending': 'additive', 'opacity': 0.9, 'contrast_limits': (0.0, 1.0)}
        layer = Image(np.zeros(case.shape, np.float32), name=NAME, **look, **Placement.of_layer(image).transforms)
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(self._viewer.layers.index(image) + 1, layer)
        self._viewer.layers.selection.active = active
        self.layer = layer
        return layer
