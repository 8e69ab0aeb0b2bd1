"""How many voxels of a mask lie in each of many boxes: summed-area tables, exact in whole numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


def box_sums(mask: NDArray[np.bool_], ranges: Sequence[tuple[ArrayLike, ArrayLike]]) -> NDArray[np.int64]:
    """Count the voxels of a mask in every box of a product of ranges.

    Only the voxels at which a range begins or ends matter: what lies between two of them is added up once, then a
    summed-area table of these few cells answers every box with ``2 ** D`` numbers [1]_.

    Parameters
    ----------
    mask : ndarray of bool, shape (*spatial)
    ranges : sequence of (starts, stops)
        One pair per axis, half-open, inside the mask.

    Returns
    -------
    ndarray, shape (R0, R1, ...), int64
        Entry ``[i, j, ...]`` is the count in range i of axis 0, range j of axis 1, ...

    References
    ----------
    .. [1] F. Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984, doi:10.1145/800031.808600.

    Examples
    --------
    >>> box_sums(np.eye(3, dtype=bool), [([0, 1], [2, 3]), ([0], [2])]).tolist()
    [[2], [1]]
    """
    found: NDArray[Any] = mask.view(np.uint8)
    for axis, (starts, stops) in enumerate(ranges):
        edges = np.unique(np.concatenate([np.asarray(starts, np.intp), np.asarray(stops, np.intp)]))
        table = _running(found, edges, axis)
        high, low = (np.searchsorted(edges, np.asarray(ends, np.intp)) for ends in (stops, starts))
        found = table.take(high, axis=axis) - table.take(low, axis=axis)
    return found.astype(np.int64, copy=False)


def _running(counts: NDArray[Any], edges: NDArray[np.intp], axis: int) -> NDArray[np.int64]:
    """Sum from the first edge to each edge along an axis; the first entry is 0."""
    out = np.zeros((*counts.shape[:axis], len(edges), *counts.shape[axis + 1 :]), np.int64)
    source, target = np.moveaxis(counts, axis, 0), np.moveaxis(out, axis, 0)
    for place, (lo, hi) in enumerate(pairwise(edges.tolist()), start=1):
        target[place] = target[place - 1] + source[lo:hi].sum(axis=0, dtype=np.int64)
    return out
