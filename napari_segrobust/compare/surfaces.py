"""Exact distances between the borders of two masks.

The border of a mask is its inner border: mask voxels with a face neighbour (4 in 2D, 6 in 3D) outside the mask;
outside the image is background. Distances run from voxel centre to voxel centre in physical space.

The search visits neighbour offsets in order of physical distance and stops at the first hit: masks that resemble each
other resolve within a few offsets. What lies further than `_reach` goes to a k-d tree. Both are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Radius of the offset search, in voxels of the same volume.
_RADIUS = 8.0
#: Look-ups done at once; bounds the temporaries.
_BATCH = 32_768


@dataclass(frozen=True, eq=False)
class Surface:
    """One label's mask, cropped to its bounding box, with its border.

    Attributes
    ----------
    mask : ndarray of bool
        The crop; no voxel of the mask lies outside it. Size 0 for an empty mask.
    origin : tuple of int
        Index of the crop's first voxel in the image.
    """

    mask: NDArray[np.bool_]
    origin: tuple[int, ...]

    @classmethod
    def of(
        cls, labels: NDArray[Any], label: int, planes: slice = slice(None), valid: NDArray[np.bool_] | None = None
    ) -> Surface:
        """Cut `label` out of a label mask.

        Parameters
        ----------
        labels : ndarray of int, shape ([Z,] Y, X)
        label : int
        planes : slice
            Where along axis 0 to look, when the label is known to be absent elsewhere.
        valid : ndarray of bool, same shape, optional
            Voxels that take part.
        """
        mask = labels[planes] == label
        if valid is not None:
            mask &= valid[planes]
        box = bounding_box(mask)
        if box is None:
            return cls(np.zeros((0,) * mask.ndim, bool), (0,) * mask.ndim)
        starts = [s.start for s in box]
        starts[0] += planes.start or 0
        return cls(mask[box], tuple(starts))

    @property
    def empty(self) -> bool:
        """Whether the mask has no voxel."""
        return self.mask.size == 0

    @property
    def box(self) -> tuple[slice, ...]:
        """Bounding box in the image."""
        return tuple(slice(o, o + n) for o, n in zip(self.origin, self.mask.shape, strict=True))

    @cached_property
    def points(self) -> NDArray[np.intp]:
        """Image indices of the border voxels, shape (N, ndim)."""
        flat = np.flatnonzero(border(self.mask))
        return np.stack(np.unravel_index(flat, self.mask.shape), axis=1) + np.array(self.origin, np.intp)


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, ...] | None:
    """Smallest box that holds the mask, None for an empty one."""
    face: NDArray[np.bool_] = np.any(mask, axis=0) if mask.ndim == 3 else mask
    planes = [np.any(mask, axis=(1, 2))] if mask.ndim == 3 else []
    ranges = [np.flatnonzero(profile) for profile in (*planes, np.any(face, axis=1), np.any(face, axis=0))]
    if not len(ranges[0]):
        return None
    return tuple(slice(int(r[0]), int(r[-1]) + 1) for r in ranges)


def border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mask voxels with a face neighbour outside the mask; axes of length one do not count as neighbourhoods.

    Parameters
    ----------
    mask : ndarray of bool
        Outside the array is background.

    Returns
    -------
    ndarray of bool, same shape
    """
    flat = mask.reshape([n for n in mask.shape if n > 1] or [1])
    result = flat.copy()
    if min(flat.shape) < 3:
        return result.reshape(mask.shape)
    core = (slice(1, -1),) * flat.ndim
    inner = flat[core].copy()
    for axis in range(flat.ndim):
        for shift in (slice(None, -2), slice(2, None)):
            inner &= flat[(*core[:axis], shift, *core[axis + 1 :])]
    result[core] ^= inner
    return result.reshape(mask.shape)


def nearest(points: NDArray[np.intp], targets: NDArray[np.intp], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance from each point to the nearest target.

    Parameters
    ----------
    points, targets : ndarray of int, shape (N, ndim) and (M, ndim)
        Voxel indices; at least one target.
    spacing : tuple of float
        In array order; distances come in its unit.

    Returns
    -------
    ndarray of float64, shape (N,)
        Equal to what `scipy.ndimage.distance_transform_edt` gives at the points.
    """
    result = np.full(len(points), np.inf)
    if not len(points):
        return result
    offsets, distances = _offsets(spacing)
    reach = np.abs(offsets).max(axis=0)
    low = np.minimum(points.min(axis=0), targets.min(axis=0)) - reach
    shape = np.maximum(points.max(axis=0), targets.max(axis=0)) + reach - low + 1
    strides = np.array([prod(shape[i + 1 :].tolist()) for i in range(len(shape))], np.intp)
    occupied = np.zeros(prod(shape.tolist()), bool)
    occupied[(targets - low) @ strides] = True
    steps = offsets @ strides

    where = (points - low) @ strides
    waiting = np.arange(len(points))
    start = 0
    while start < len(steps) and len(waiting):
        stop = start + max(1, _BATCH // len(waiting)) if start else 1
        hits = occupied[where[:, None] + steps[start:stop]]
        first = hits.argmax(axis=1)
        found = hits[np.arange(len(waiting)), first]
        result[waiting[found]] = distances[start + first[found]]
        where, waiting = where[~found], waiting[~found]
        start = stop
    if len(waiting):
        result[waiting] = _by_tree(points[waiting], targets, np.array(spacing))
    return result


def _by_tree(points: NDArray[np.intp], targets: NDArray[np.intp], spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial import cKDTree

    tree = cKDTree(targets * spacing, balanced_tree=False, compact_nodes=False)
    _, index = tree.query(points * spacing)
    steps: NDArray[np.float64] = (points - targets[index]) * spacing
    return np.asarray(np.sqrt((steps**2).sum(axis=1)))


@lru_cache(maxsize=16)
def _offsets(spacing: tuple[float, ...]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """All neighbour offsets within reach in order of distance, shape (M, ndim), and their distances."""
    steps = np.array(spacing)
    radius = _RADIUS * prod(spacing) ** (1 / len(spacing))
    extent = np.floor(radius / steps).astype(int)
    grid = np.stack(np.meshgrid(*[np.arange(-e, e + 1) for e in extent], indexing='ij'), axis=-1).reshape(
        -1, len(steps)
    )
    distances = np.sqrt(((grid * steps) ** 2).sum(axis=1))
    order = np.argsort(distances, kind='stable')
    order = order[distances[order] <= radius]
    return grid[order].astype(np.intp), distances[order]
