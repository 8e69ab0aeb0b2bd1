"""Weights of a window's voxels where windows overlap."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Grid

Blending = Literal['gaussian', 'constant']
#: Standard deviation of the Gaussian as a fraction of the window, as in MONAI and nnU-Net.
SIGMA = 0.125
#: No weight is smaller, so that a voxel seen only by corners of windows still has a value.
SMALLEST_WEIGHT = 1e-3


def importance_map(size: Sequence[int], blending: Blending, grid: Grid = 'monai') -> NDArray[np.float32]:
    """Weight of every voxel of a window.

    Parameters
    ----------
    size : sequence of int
        Window size in voxels.
    blending : {'gaussian', 'constant'}
        Constant is 1 everywhere. Gaussian has ``sigma = size / 8`` per axis, its peak in the middle.
    grid : {'monai', 'nnunet'}
        Whose Gaussian it is: nnU-Net's has its peak on the voxel behind the middle of an even size, and no floor but
        that of its half precision.

    Returns
    -------
    ndarray, shape `size`, float32
        Read-only: the last few are kept. Equal to `monai.data.utils.compute_importance_map` with its default sigma and
        clamping, or, but for rounding, to `nnunetv2.inference.sliding_window_prediction.compute_gaussian`.
    """
    return _kept(tuple(size), blending, grid)


@lru_cache(maxsize=4)
def _kept(size: tuple[int, ...], blending: Blending, grid: Grid) -> NDArray[np.float32]:
    weights = _weights(size, blending, grid)
    weights.flags.writeable = False
    return weights


def _weights(size: tuple[int, ...], blending: Blending, grid: Grid) -> NDArray[np.float32]:
    weights = np.ones(size, np.float32)
    if blending == 'constant':
        return weights
    for axis, n in enumerate(size):
        x = np.arange(n, dtype=np.float32) - np.float32(n // 2 if grid == 'nnunet' else (n - 1) / 2)
        bell = np.exp(-(x**2) / np.float32(2 * (SIGMA * n) ** 2))
        weights *= bell.reshape([-1 if a == axis else 1 for a in range(len(size))])
    if grid == 'monai':
        return np.maximum(weights, np.float32(SMALLEST_WEIGHT))
    half = (10 * weights).astype(np.float16)
    return np.maximum(weights, np.float32(half[half > 0].min()) / 10)
