"""Take a mask apart: into connected pieces, and each of these where something has its peaks."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.components import label
from napari_segrobust.compare.interrupt import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def grouped(where: NDArray[np.intp], numbers: NDArray[Any]) -> list[NDArray[np.intp]]:
    """Split indices by their numbers, which need not be consecutive; each part keeps its order."""
    if not len(where):
        return []
    order = np.argsort(numbers, kind='stable')
    ends = np.flatnonzero(np.diff(numbers[order])) + 1
    return np.split(where[order], ends)


def split_at_peaks(
    mask: NDArray[np.bool_], height: NDArray[np.float64], prominence: float
) -> Iterator[NDArray[np.intp]]:
    """Split a mask into one piece for each peak.

    Parameters
    ----------
    mask : ndarray of bool, shape ([Z,] Y, X)
    height : ndarray of float, same shape
        Above 0 inside the mask, or infinite where it is unknown: a piece of unknown height is not split.
    prominence : float
        How far a peak must stand out above the saddle to the next one.

    Yields
    ------
    ndarray of int
        Flat indices of a piece, ascending.
    """
    from scipy.ndimage import find_objects

    numbers, _ = label(mask, 'full')
    where = np.flatnonzero(mask)
    parts = grouped(where, numbers.ravel()[where])
    for number, (part, box) in enumerate(zip(parts, find_objects(numbers), strict=True), start=1):
        checkpoint()
        heights = height.ravel()[part]
        if not np.isfinite(heights).all() or heights.max() - heights.min() < prominence:
            yield part
            continue
        inside = numbers[box] == number
        regions = _watershed(np.where(inside, height[box], 0), inside, prominence)
        for piece in grouped(part, regions[inside]):
            yield np.sort(piece)


def _watershed(height: NDArray[np.float64], mask: NDArray[np.bool_], prominence: float) -> NDArray[np.int32]:
    """Number the basins of the peaks of one connected piece.

    Every local peak has a basin first; basins whose peak hardly stands out are then merged over the highest saddle, on
    the voxels of the mask alone: a thin shell in a large box is common.
    """
    from skimage.morphology import local_maxima
    from skimage.segmentation import watershed

    inside, values = np.pad(mask, 1), np.pad(height, 1).astype(np.float32)
    peaks, count = label(local_maxima(values, connectivity=mask.ndim) & inside, 'full')
    basins = np.asarray(watershed(-values, peaks, np.ones((3,) * mask.ndim), mask=inside), np.int32)
    owner = _merged(basins, values, np.flatnonzero(inside), count, prominence)
    core = tuple(slice(1, -1) for _ in mask.shape)
    return owner[basins[core]]


def _merged(
    basins: NDArray[np.int32], values: NDArray[np.float32], where: NDArray[np.intp], count: int, prominence: float
) -> NDArray[np.int32]:
    """Basin that each basin belongs to, index 0 for none."""
    numbers, heights = basins.ravel(), values.ravel()
    own, high = numbers[where], heights[where]
    tops = np.zeros(count + 1, np.float32)
    np.maximum.at(tops, own, high)
    strides = [int(np.prod(basins.shape[axis + 1 :])) for axis in range(basins.ndim)]
    steps = [sum(d * s for d, s in zip(way, strides, strict=True)) for way in product((-1, 0, 1), repeat=basins.ndim)]
    pairs, saddles = [], []
    for step in (step for step in steps if step > 0):
        other = numbers[where + step]
        across = (other > 0) & (other != own)
        first, second = own[across].astype(np.int64), other[across].astype(np.int64)
        pairs.append(np.minimum(first, second) * (count + 1) + np.maximum(first, second))
        saddles.append(np.minimum(high[across], heights[where[across] + step]))
    found, index = np.unique(np.concatenate(pairs), return_inverse=True)
    highest = np.zeros(len(found), np.float32)
    np.maximum.at(highest, index.ravel(), np.concatenate(saddles))
    owner = list(range(count + 1))

    def root(basin: int) -> int:
        while owner[basin] != basin:
            owner[basin] = owner[owner[basin]]
            basin = owner[basin]
        return basin

    for i in np.argsort(-highest, kind='stable').tolist():
        one, other_one = (root(int(basin)) for basin in divmod(int(found[i]), count + 1))
        lower, higher = sorted((one, other_one), key=lambda basin: (tops[basin], -basin))
        if lower != higher and tops[lower] - highest[i] < prominence:
            owner[lower] = higher
    return np.array([root(basin) for basin in range(count + 1)], np.int32)
