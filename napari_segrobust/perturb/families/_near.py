"""What lies near a region, and how large it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Spacing


def around(region: NDArray[np.bool_], reach: float, spacing: Spacing) -> NDArray[np.bool_]:
    """Voxels within `reach` mm of a region along every axis, one at least, itself included: quick on any volume."""
    from scipy.ndimage import maximum_filter1d

    near = region.astype(np.uint8)
    for axis, step in enumerate(spacing):
        size = 2 * min(max(int(reach / step), 1), region.shape[axis]) + 1
        near = maximum_filter1d(near, size, axis, mode='constant')
    return near.astype(bool)


def radius(region: NDArray[np.bool_], spacing: Spacing) -> float:
    """Radius in mm of the ball, or disc, that is as large as a region."""
    size = np.count_nonzero(region) * math.prod(spacing)
    return float((size * 3 / (4 * math.pi)) ** (1 / 3) if region.ndim == 3 else (size / math.pi) ** (1 / 2))
