"""Exact nearest neighbours between two sets of voxels.

The search visits neighbour offsets in order of physical distance and stops at the first hit: surfaces that resemble
each other resolve within a few offsets. What lies further than `_RADIUS` goes to a k-d tree. Both are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.distances import Distances
from napari_segrobust.compare.interrupt import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

#: Radius of the offset search in voxels of the same volume, by the number of axes.
_RADIUS = {1: 64.0, 2: 20.0, 3: 8.0}
#: Look-ups done at once; bounds the temporaries.
_BATCH = 4096
#: Cost of the k-d tree, per target and per query, in look-ups of the offset search.
_TREE_BUILD, _TREE_QUERY = 30, 200
#: Points that are looked up in a tree before it is asked whether to go on.
_TREE_POINTS = 10_000


@dataclass(frozen=True)
class Frame:
    """A box that holds two sets of voxels, padded so widely that an offset within reach never leaves it.

    Attributes
    ----------
    origin : tuple of int
        Index of its first voxel in the image; may be negative.
    shape : tuple of int
    spacing : tuple of float
        In array order; distances come in its unit.
    """

    origin: tuple[int, ...]
    shape: tuple[int, ...]
    spacing: tuple[float, ...]

    @classmethod
    def around(cls, one: tuple[slice, ...], two: tuple[slice, ...], spacing: tuple[float, ...]) -> Frame:
        """Frame of two boxes in the image."""
        reach = _offsets(spacing)[0].max(axis=0).tolist()
        starts = tuple(min(a.start, b.start) - r for a, b, r in zip(one, two, reach, strict=True))
        stops = [max(a.stop, b.stop) + r for a, b, r in zip(one, two, reach, strict=True)]
        return cls(starts, tuple(stop - start for start, stop in zip(starts, stops, strict=True)), spacing)

    def embed(self, crop: NDArray[np.bool_], origin: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return a mask whose first voxel lies at `origin` in the image as a flat mask of this box."""
        whole = np.zeros(self.shape, bool)
        whole[tuple(slice(o - s, o - s + n) for o, s, n in zip(origin, self.origin, crop.shape, strict=True))] = crop
        return whole.ravel()

    def points(self, where: NDArray[np.intp]) -> NDArray[np.intp]:
        """Index in the image of the voxels at the flat indices `where`, shape (N, ndim)."""
        return np.stack(np.unravel_index(where, self.shape), axis=1) + self.origin

    def each(self, where: NDArray[np.intp], targets: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Distance of each of the voxels at the flat indices `where` to the nearest of the flat mask `targets`."""
        result = np.empty(len(where))
        waiting = np.arange(len(where))
        for found, lengths in self._search(where, targets):
            result[waiting.compress(found)] = lengths
            waiting = waiting.compress(~found)
        return result

    def histogram(
        self, sources: NDArray[np.bool_], targets: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
    ) -> Distances:
        """Return the distances of the voxels of one flat mask to the nearest of another.

        Parameters
        ----------
        sources, targets : ndarray of bool
            As `embed` returns them; `targets` is not empty.
        weights : ndarray of float64, optional
            Weight of each voxel of `sources`, in array order. Each counts one when None.
        """
        apart = sources > targets
        where = np.flatnonzero(apart)
        if weights is None:
            lengths, sizes = [np.zeros(1)], [np.array([np.count_nonzero(sources) - len(where)])]
        else:
            is_apart = apart[sources]
            lengths, sizes = [np.zeros(1)], [weights.compress(~is_apart).sum(keepdims=True)]
            weights = weights.compress(is_apart)
        for found, length in self._search(where, targets):
            if weights is not None:
                size: NDArray[Any] = weights.compress(found)
                weights = weights.compress(~found)
            else:
                size = np.ones(np.count_nonzero(found), np.int64)
            if isinstance(length, float):
                size = size.sum(keepdims=True)
                length = np.array([length])
            else:
                order = np.argsort(length, kind='stable')
                length, size = length[order], size[order]
            lengths.append(length)
            sizes.append(size)
        kept = np.concatenate(sizes)
        occurs = kept > 0
        return Distances(np.concatenate(lengths)[occurs], kept[occurs])

    def _search(
        self, here: NDArray[np.intp], targets: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.bool_], float | NDArray[np.float64]]]:
        """Yield, nearest first, which of the voxels that still wait found their target, and how far it is."""
        offsets, distances = _offsets(self.spacing)
        steps = offsets @ np.array([prod(self.shape[i + 1 :]) for i in range(len(self.shape))], np.intp)
        # Look-ups that cost as much as the tree would: past them the tree takes over, so at most twice is paid.
        budget = _TREE_BUILD * np.count_nonzero(targets)
        start = 0
        while start < len(steps) and len(here) and budget + _TREE_QUERY * len(here) > 0:
            checkpoint()
            # Few voxels try many offsets at once, many voxels one offset at a time.
            batch = steps[start : start + max(1, _BATCH // len(here))]
            if len(batch) == 1:
                found = targets.take(here + batch[0])
                yield found, float(distances[start])
            else:
                hits = targets.take(here[:, None] + batch)
                first = hits.argmax(axis=1)
                found = hits[np.arange(len(here)), first]
                yield found, distances[start + first.compress(found)]
            budget -= len(batch) * len(here)
            start += len(batch)
            here = here.compress(~found)
        if len(here):
            yield np.ones(len(here), bool), self._by_tree(here, targets)

    def _by_tree(self, where: NDArray[np.intp], targets: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Find the distances with a k-d tree, for voxels out of reach."""
        goals = np.flatnonzero(targets)
        nearest = self.nearest(where, goals)
        steps: NDArray[np.float64] = (self.points(where) - self.points(nearest)) * np.array(self.spacing)
        return np.asarray(np.sqrt((steps**2).sum(axis=1)))

    def nearest(self, where: NDArray[np.intp], goals: NDArray[np.intp]) -> NDArray[np.intp]:
        """For each of the flat indices `where`, that one of `goals` which is nearest."""
        from scipy.spatial import cKDTree

        points, targets = (self.points(flat) * np.array(self.spacing) for flat in (where, goals))
        checkpoint()
        tree = cKDTree(targets, balanced_tree=False, compact_nodes=False)
        index = np.empty(len(points), np.intp)
        for start in range(0, len(points), _TREE_POINTS):
            checkpoint()
            part = slice(start, start + _TREE_POINTS)
            _, index[part] = tree.query(points[part])
        return goals[index]


@lru_cache(maxsize=16)
def _offsets(spacing: tuple[float, ...]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """All neighbour offsets within reach in order of distance, shape (M, ndim), and their distances."""
    steps = np.array(spacing)
    radius = _RADIUS[len(spacing)] * prod(spacing) ** (1 / len(spacing))
    extent = np.floor(radius / steps).astype(int)
    grid = np.stack(np.meshgrid(*[np.arange(-e, e + 1) for e in extent], indexing='ij'), axis=-1).reshape(
        -1, len(steps)
    )
    distances = np.sqrt(((grid * steps) ** 2).sum(axis=1))
    order = np.argsort(distances, kind='stable')
    order = order[distances[order] <= radius]
    return grid[order].astype(np.intp), distances[order]
