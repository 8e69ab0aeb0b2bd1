"""Inner rims of masks, for boundary IoU."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import hypot
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.packed import eroded, eroded_squares
from napari_segrobust.compare.surfaces import Surface, bounding_box, overlap_views

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair


@dataclass(frozen=True, eq=False)
class Band:
    """Voxels of a mask near its border.

    Attributes
    ----------
    surface : Surface
        The mask.
    voxels : ndarray of bool
        On the crop of `surface`.
    """

    surface: Surface
    voxels: NDArray[np.bool_]

    @cached_property
    def size(self) -> int:
        """Number of voxels."""
        return int(np.count_nonzero(self.voxels))

    def overlap(self, other: Band) -> int:
        """Voxels in both bands."""
        first, second = overlap_views(self.surface, other.surface, self.voxels, other.voxels)
        return int(np.count_nonzero(first & second))


def mm_bands(pair: MaskPair, width: float) -> tuple[Band, Band]:
    """Bands of reference and prediction: voxels nearer than `width` to the border, in the unit of the spacing."""

    def make(surface: Surface) -> Band:
        inside = (surface.mask > surface.border).reshape(surface.flat.shape)
        core = eroded(inside, width, tuple(pair.steps[axis] for axis in surface.axes))
        return Band(surface, surface.mask > core.reshape(surface.mask.shape))

    def band(surface: Surface) -> Band:
        return surface.kept('band', lambda: make(surface), (width, pair.steps))

    return band(pair.reference), band(pair.prediction)


def coco_bands(pair: MaskPair) -> tuple[Band, Band]:
    """Bands as wide as 2 % of the diagonal of a slice, in steps to one of eight neighbours."""
    box = bounding_box(pair.valid) if pair.valid is not None else None
    extent = [s.stop - s.start for s in box] if box else pair.reference.image_shape
    width = max(1, round(0.02 * hypot(*extent[-2:])))

    def band(surface: Surface) -> Band:
        def make() -> Band:
            return Band(surface, surface.mask > eroded_squares(surface.mask, width))

        return surface.kept('coco band', make, width)

    return band(pair.reference), band(pair.prediction)
