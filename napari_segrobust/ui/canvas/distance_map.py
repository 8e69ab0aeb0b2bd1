"""How far the border of the prediction is from that of the reference, and to which side, as a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Image, Points
from napari.utils.colormaps import Colormap

from napari_segrobust.compare.surfaces import surface_distance_map
from napari_segrobust.digits import MINUS, three_digits
from napari_segrobust.ui.canvas.colors import BLUE, ORANGE, WHITE, Chip
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.canvas.settled import Masks, Settled

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

NAME = f'{PREFIX}surface distance'
#: The colours of missed and of extra voxels: where the prediction is too small voxels are missed.
COLORMAP = Colormap([BLUE, WHITE, ORANGE], name='segrobust distance', display_name='too small to too large')
#: Share of the border within the limits of the colours.
_WITHIN = 95


@dataclass(frozen=True, eq=False)
class Distances:
    """A surface-distance map, and what its colours need.

    Attributes
    ----------
    map : ndarray of float32
        Of the volume, or of the slice `plane`; NaN but on the border of the prediction.
    plane : (int, int) or None
    limit : float
        Distance of the last colour on either side.
    unit : str
    """

    map: NDArray[np.float32]
    plane: tuple[int, int] | None
    limit: float
    unit: str


class DistanceLayer(Settled):
    """Draws the surface-distance map while it is chosen: as voxels on slices, as points in 3D. GUI thread."""

    name: ClassVar[str] = NAME

    def wanted(self) -> Hashable:
        """Return the map's name while it is chosen."""
        return self._painter.map if self._painter.map == 'distance' else None

    def job(self, masks: Masks, _wanted: object) -> Distances:
        """Measure the distances."""
        one, other = masks.reference == masks.label, masks.prediction == masks.label
        found = surface_distance_map(one, other, masks.spacing, masks.valid)
        known = np.abs(found[np.isfinite(found)])
        twice = 2 * masks.settings.tolerance_mm
        limit = max(twice, float(np.percentile(known, _WITHIN)) if known.size else 0.0) or 1.0
        return Distances(found, masks.plane, limit, masks.length_unit)

    def show(self, made: Distances) -> None:
        """Draw it."""
        limits = (-made.limit, made.limit)
        if self._viewer.dims.ndisplay == 3:
            self._show_points(made, limits)
        else:
            self._show_voxels(made, limits)
        self._layer.visible = True
        words = f'{three_digits(made.limit)} {made.unit}'
        small, large = (
            Chip(BLUE, f'too small, {MINUS}{words}', '\u25c0'),
            Chip(ORANGE, f'too large, +{words}', '\u25b6'),
        )
        agrees = () if self._viewer.dims.ndisplay == 3 else (Chip(WHITE, 'border agrees', '\u25a0'),)
        self._overlays.add_chips(self.name, (small, *agrees, large))

    def _show_voxels(self, made: Distances, limits: tuple[float, float]) -> None:
        shape, layer = self._session.case.shape, self._layer
        if not isinstance(layer, Image) or layer.data.shape != shape or self.layer is None:
            data = np.full(shape, np.nan, np.float32)
            layer = Image(data, colormap=COLORMAP, contrast_limits=limits, **self.options)
            self.put(layer)
        where: tuple[Any, ...] = (...,)
        if made.plane is not None:
            layer.data[...] = np.nan
            where = tuple(made.plane[1] if axis == made.plane[0] else slice(None) for axis in range(len(shape)))
        layer.data[where] = made.map
        layer.contrast_limits = limits
        layer.refresh()

    def _show_points(self, made: Distances, limits: tuple[float, float]) -> None:
        """A point per border voxel that is not on the other border: those that are would hide it."""
        places = np.argwhere(np.nan_to_num(made.map))
        values = made.map[tuple(places.T)]
        layer = Points(
            places,
            ndim=made.map.ndim,
            features={'distance': values},
            face_color='distance',
            face_colormap=COLORMAP,
            face_contrast_limits=limits,
            border_width=0,
            size=1.8,
            **self.options,
        )
        self.put(layer)
