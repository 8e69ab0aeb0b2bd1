"""Values between voxels: weighted sums whose bits do not depend on the block that is asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Order = Literal[0, 1, 3]

#: Pole of the filter that turns samples into coefficients of a cubic B-spline.
_POLE = np.sqrt(3.0) - 2.0
#: Voxels on either side that a cubic spline takes into account; what lies beyond weighs less than 1e-8.
_REACH = 14
#: Voxels on either side of a place that an order needs.
REACH: dict[Order, int] = {0: 1, 1: 1, 3: _REACH}


def interpolate(
    array: NDArray[np.float32],
    starts: Sequence[int],
    sizes: Sequence[int],
    places: Sequence[NDArray[np.float64] | None],
    order: Order | Sequence[Order],
    shrinking: Sequence[int],
) -> NDArray[np.float32]:
    """Values of an array at the places of a grid, one axis after the other.

    Parameters
    ----------
    array : ndarray, shape (C, *part), float32
        Part of a larger array.
    starts : sequence of int
        Where the part begins in the larger array.
    sizes : sequence of int
        Spatial shape of the larger array: beyond its border lies its border again.
    places : sequence of ndarray or None
        Places on every axis, in voxels of the larger array; None leaves an axis as it is.
    order : {0, 1, 3}, or one for each axis
        Nearest (halves go to the even voxel, as in PyTorch), linear, or interpolating cubic B-spline. A spline's
        coefficients are taken from `_REACH` voxels on either side, of the border repeated (M. Unser, "Splines: a
        perfect fit for signal and image processing", IEEE Signal Processing Magazine 16, 1999); SciPy's
        ``map_coordinates(mode="nearest")`` filters the whole axis and agrees to 1e-6 of the range.

    shrinking : sequence of int
        The axes, those first that become shortest: what they leave out need not be carried along the others. It must
        depend on the grids alone, so that every block is computed in the same order.

    Returns
    -------
    ndarray, shape (C, *(len(places))), float32
        Places and weights are computed in float64, sums in float32. Every value is one sum in one order, whatever
        lies around it in the block.
    """
    out = array
    orders = [order] * len(sizes) if isinstance(order, int) else order
    for axis in shrinking:
        at = places[axis]
        if at is not None:
            out = _along(out, axis + 1, *_taps(at, sizes[axis], orders[axis]), starts[axis])
    return np.ascontiguousarray(out, np.float32)


def reach(places: NDArray[np.float64], size: int, order: Order) -> tuple[int, int]:
    """Voxels of an axis, half-open, that places on it need."""
    index, _ = _taps(places[[0, -1]], size, order)
    return int(index.min()), int(index.max()) + 1


def _along(
    array: NDArray[np.float32], axis: int, index: NDArray[np.intp], weights: NDArray[np.float64], start: int
) -> NDArray[np.float32]:
    from scipy.sparse import csr_matrix

    count, taps = index.shape
    before, length, after = math.prod(array.shape[:axis]), array.shape[axis], math.prod(array.shape[axis + 1 :])
    lines = np.ascontiguousarray(array).reshape(before, length, after)
    pointers = np.arange(0, count * taps + 1, taps)
    # Row after row, tap after tap: SciPy adds scaled rows, and no row looks at another.
    # A place on a voxel gives its neighbour no weight, and the part need not hold that.
    columns = np.clip(index - start, 0, length - 1)
    matrix = csr_matrix((weights.ravel().astype(np.float32), columns.ravel(), pointers), shape=(count, length))
    if after == 1:
        mixed = np.ascontiguousarray((matrix @ np.ascontiguousarray(lines[:, :, 0].T)).T)
    else:
        mixed = np.stack([matrix @ line for line in lines])
    out: NDArray[np.float32] = mixed.reshape(*array.shape[:axis], count, *array.shape[axis + 1 :])
    return out


def _taps(places: NDArray[np.float64], size: int, order: Order) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Voxels (places, taps) and their weights."""
    if order == 0:
        return np.clip(np.rint(places), 0, size - 1).astype(np.intp)[:, None], np.ones((len(places), 1))
    floor = np.floor(places)
    part = places - floor
    if order == 1:
        index, weights = floor[:, None] + [0, 1], np.stack([1 - part, part], axis=1)
    else:
        steps = np.arange(1 - _REACH, 1 + _REACH)
        index, weights = floor[:, None] + steps, _cardinal(part, steps)
    return np.clip(index, 0, size - 1).astype(np.intp), weights


def _cardinal(part: NDArray[np.float64], steps: NDArray[Any]) -> NDArray[np.float64]:
    """Weights (places, steps) of the samples around places that lie `part` after the voxel of step 0.

    A cubic spline through samples is the sum of B-splines with coefficients ``sqrt(3) * sum(pole**|k| * sample)``.
    """
    t = part[:, None]
    basis = ((1 - t) ** 3 / 6, 2 / 3 - t**2 * (2 - t) / 2, 2 / 3 - (1 - t) ** 2 * (1 + t) / 2, t**3 / 6)
    weights = sum(b * (np.sqrt(3.0) * _POLE ** abs(steps - k)) for k, b in zip((-1, 0, 1, 2), basis, strict=True))
    return np.asarray(weights / np.sum(weights, axis=1, keepdims=True))
