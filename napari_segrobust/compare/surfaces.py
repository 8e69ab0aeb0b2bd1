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

from napari_segrobust.compare.interrupt import checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Radius of the offset search, in voxels of the same volume.
_RADIUS = 8.0
#: Look-ups done at once; bounds the temporaries.
_BATCH = 16_384
#: Cost of the k-d tree, per target and per query, in look-ups of the offset search.
_TREE_BUILD, _TREE_QUERY = 30, 200
#: Points that are looked up in a tree before it is asked whether to go on.
_TREE_POINTS = 10_000


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
        # The box comes from slices that stay in the cache; only the crop is ever held as a mask.
        face, hit = np.zeros((2, *labels.shape[-2:]), bool)
        block = labels[planes] if labels.ndim == 3 else labels[None]
        inside = None if valid is None else valid[planes] if valid.ndim == 3 else valid[None]
        for z in range(len(block)):
            np.equal(block[z], label, out=hit)
            if inside is not None:
                hit &= inside[z]
            face |= hit
        box = bounding_box(face)
        if box is None:
            return cls(np.zeros((0,) * labels.ndim, bool), (0,) * labels.ndim)
        if labels.ndim == 3:
            box = (planes, *box)
        mask = labels[box] == label
        if valid is not None:
            mask &= valid[box]
        return cls.crop(mask, tuple(s.start or 0 for s in box))

    @classmethod
    def crop(cls, mask: NDArray[np.bool_], origin: tuple[int, ...]) -> Surface:
        """Crop a mask whose first voxel lies at `origin` in the image."""
        box = bounding_box(mask)
        if box is None:
            return cls(np.zeros((0,) * mask.ndim, bool), (0,) * mask.ndim)
        return cls(mask[box], tuple(s.start + o for s, o in zip(box, origin, strict=True)))

    @property
    def empty(self) -> bool:
        """Whether the mask has no voxel."""
        return self.mask.size == 0

    @property
    def box(self) -> tuple[slice, ...]:
        """Bounding box in the image."""
        return tuple(slice(o, o + n) for o, n in zip(self.origin, self.mask.shape, strict=True))

    @cached_property
    def border(self) -> NDArray[np.bool_]:
        """Inner border, on the same crop as `mask`."""
        return border(self.mask)

    @cached_property
    def border_size(self) -> int:
        """Number of border voxels."""
        return int(np.count_nonzero(self.border))


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances from the border voxels of one mask to the border of another.

    Borders of similar masks mostly coincide: their zeros are counted, not stored.

    Attributes
    ----------
    coincident : int
        Border voxels at distance 0.
    apart : ndarray of float64, shape (N,)
        The distances of all others, in array order.
    """

    coincident: int
    apart: NDArray[np.float64]

    def __len__(self) -> int:
        return self.coincident + len(self.apart)

    def __add__(self, other: Distances) -> Distances:
        """Pool two sets."""
        return Distances(self.coincident + other.coincident, np.concatenate((self.apart, other.apart)))

    def max(self) -> float:
        """Largest distance."""
        return float(self.apart.max(initial=0.0))

    def sum(self) -> float:
        """Sum of the distances."""
        return float(self.apart.sum())

    def mean(self) -> float:
        """Mean distance."""
        return self.sum() / len(self)

    def within(self, limit: float) -> int:
        """Border voxels at most `limit` away."""
        return self.coincident + int(np.count_nonzero(self.apart <= limit))

    def percentile(self, percent: float) -> float:
        """Percentile with linear interpolation, as `numpy.percentile`."""
        position = (len(self) - 1) * percent / 100
        low = int(position)
        ranks = [rank - self.coincident for rank in (low, min(low + 1, len(self) - 1))]
        wanted = [rank for rank in ranks if rank >= 0]
        part = np.partition(self.apart, wanted) if wanted else self.apart
        below, above = (float(part[rank]) if rank >= 0 else 0.0 for rank in ranks)
        return below + (above - below) * (position - low)


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


def surface_distances(first: Surface, second: Surface, spacing: tuple[float, ...]) -> tuple[Distances, Distances]:
    """Exact distances between two borders, in both directions.

    Parameters
    ----------
    first, second : Surface
        Neither is empty.
    spacing : tuple of float
        In array order; distances come in its unit.

    Returns
    -------
    tuple of Distances
        From `first` to `second`, and back. Each equals what `scipy.ndimage.distance_transform_edt` of the other
        border's complement holds at the border voxels.
    """
    frame = _Frame.around(first.box, second.box, spacing)
    one, two = frame.embed(first.border, first.origin), frame.embed(second.border, second.origin)
    there = frame.nearest(np.flatnonzero(one > two), two)
    back = frame.nearest(np.flatnonzero(two > one), one)
    return Distances(first.border_size - len(there), there), Distances(second.border_size - len(back), back)


def voxel_distances(voxels: Surface, target: Surface, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance of every voxel of a mask to the border of another.

    Parameters
    ----------
    voxels, target : Surface
        Neither is empty.
    spacing : tuple of float

    Returns
    -------
    ndarray of float64, shape (N,)
        One distance per voxel of ``voxels.mask``, in array order.
    """
    frame = _Frame.around(voxels.box, target.box, spacing)
    where = np.flatnonzero(frame.embed(voxels.mask, voxels.origin))
    return frame.nearest(where, frame.embed(target.border, target.origin))


@dataclass(frozen=True)
class _Frame:
    """A box that holds two masks, padded so widely that an offset within reach never leaves it."""

    origin: tuple[int, ...]
    shape: tuple[int, ...]
    spacing: tuple[float, ...]

    @classmethod
    def around(cls, one: tuple[slice, ...], two: tuple[slice, ...], spacing: tuple[float, ...]) -> _Frame:
        reach = _offsets(spacing)[0].max(axis=0).tolist()
        starts = tuple(min(a.start, b.start) - r for a, b, r in zip(one, two, reach, strict=True))
        stops = [max(a.stop, b.stop) + r for a, b, r in zip(one, two, reach, strict=True)]
        return cls(starts, tuple(stop - start for start, stop in zip(starts, stops, strict=True)), spacing)

    def embed(self, crop: NDArray[np.bool_], origin: tuple[int, ...]) -> NDArray[np.bool_]:
        """`crop` in this box, flat."""
        whole = np.zeros(self.shape, bool)
        whole[tuple(slice(o - s, o - s + n) for o, s, n in zip(origin, self.origin, crop.shape, strict=True))] = crop
        return whole.ravel()

    def nearest(self, where: NDArray[np.intp], targets: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Distance from the voxels at the flat indices `where` to the nearest of the flat mask `targets`."""
        offsets, distances = _offsets(self.spacing)
        steps = offsets @ np.array([prod(self.shape[i + 1 :]) for i in range(len(self.shape))], np.intp)
        result = np.empty(len(where))
        waiting, here = np.arange(len(where)), where
        # Look-ups that cost as much as the tree would: past them the tree takes over, so at most twice is paid.
        budget = _TREE_BUILD * np.count_nonzero(targets)
        start = 0
        while start < len(steps) and len(waiting) and budget + _TREE_QUERY * len(waiting) > 0:
            checkpoint()
            # Few voxels try many offsets at once, many voxels one offset at a time.
            batch = steps[start : start + max(1, _BATCH // len(waiting))]
            if len(batch) == 1:
                found = targets.take(here + batch[0])
                result[waiting[found]] = distances[start]
            else:
                hits = targets.take(here[:, None] + batch)
                first = hits.argmax(axis=1)
                found = hits[np.arange(len(here)), first]
                result[waiting[found]] = distances[start + first[found]]
            budget -= len(batch) * len(waiting)
            start += len(batch)
            missed = ~found
            waiting, here = waiting[missed], here[missed]
        if len(waiting):
            result[waiting] = self._by_tree(here, targets)
        return result

    def _by_tree(self, where: NDArray[np.intp], targets: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Do the same with a k-d tree, for voxels out of reach."""
        from scipy.spatial import cKDTree

        spacing = np.array(self.spacing)
        points, goals = (
            np.stack(np.unravel_index(flat, self.shape), axis=1) for flat in (where, np.flatnonzero(targets))
        )
        checkpoint()
        tree = cKDTree(goals * spacing, balanced_tree=False, compact_nodes=False)
        index = np.empty(len(points), np.intp)
        for start in range(0, len(points), _TREE_POINTS):
            checkpoint()
            part = slice(start, start + _TREE_POINTS)
            _, index[part] = tree.query(points[part] * spacing)
        steps: NDArray[np.float64] = (points - goals[index]) * spacing
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
