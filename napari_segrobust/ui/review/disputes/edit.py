"""Editing one dispute by hand: napari's own brush on a layer that takes paint in the region alone, unless unlocked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_segrobust.ui.canvas.colors import YELLOW, one_label_colormap
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer

EDIT = f'{PREFIX}edit of the dispute'


class RegionLabels(Labels):
    """Labels that take paint in a region alone.

    Every tool of napari writes through `data_setitem`: what is refused there is neither painted nor in its history.
    """

    #: Flat indices, ascending; None is everywhere.
    region: NDArray[np.intp] | None = None

    def data_setitem(self, indices: Any, value: Any, refresh: bool = True) -> None:
        """Set voxels, those of the region alone."""
        if self.region is not None:
            flat = np.ravel_multi_index(tuple(np.asarray(axis) for axis in indices), self.data.shape)
            allowed = np.isin(flat, self.region, kind='sort')
            indices = tuple(np.asarray(axis)[allowed] for axis in indices)
            if np.ndim(value):
                value = np.asarray(value)[allowed]
        super().data_setitem(indices, value, refresh)


class Edit:
    """One edit, from the mask so far to the mask as it shall be. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    mask : ndarray of bool, shape ([Z,] Y, X)
        What the edit begins with.
    region : ndarray of int
        Flat indices of the dispute, ascending.
    """

    def __init__(self, explorer: Explorer, mask: NDArray[np.bool_], region: NDArray[np.intp]) -> None:
        self._viewer, self._region = explorer.viewer, region
        self._active = self._viewer.layers.selection.active
        image = explorer.painter.layers.get(IMAGE, 0, IMAGE)
        self.layer = RegionLabels(mask.astype(np.uint8), name=EDIT, opacity=0.4, **Placement.of_layer(image).transforms)
        self.layer.region = region
        self.layer.selected_label = 1
        self.layer.brush_size = max(2, round(min(mask.shape[-2:]) / 64))
        self.layer.colormap = one_label_colormap(1, YELLOW)
        self._viewer.layers.append(self.layer)
        self._viewer.layers.selection.active = self.layer
        self.layer.mode = 'paint'

    @property
    def is_there(self) -> bool:
        """Whether its layer is; who deletes it gives it up."""
        return self.layer in self._viewer.layers

    def unlock(self, on: bool) -> None:
        """Take paint everywhere, or in the region alone."""
        self.layer.region = None if on else self._region

    def mask(self) -> NDArray[np.bool_]:
        """What was drawn."""
        return np.asarray(self.layer.data) == 1

    def end(self) -> None:
        """Take the layer away. Idempotent."""
        if self.is_there:
            self._viewer.layers.remove(self.layer)
        if self._active is not None and self._active in self._viewer.layers:
            self._viewer.layers.selection.active = self._active
