"""Exact nearest neighbours between two sets of voxels.

The search visits neighbour offsets in order of physical distance and stops at the first hit: surfaces that resemble
each other resolve within a few offsets. What lies further than `_RADIUS` goes to a k-d tree. Both are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.distances import Distances
from napari_segrobust.compare.interrupt import checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Radius of the offset search in voxels of the same volume, by the number of axes.
_RADIUS = {1: 64.0, 2: 20.0, 3: 8.0}
#: Where voxels are so thin that more offsets are within it, the nearest of them.
_MOST_OFFSETS = 4096
#: Look-ups done at once; bounds the temporaries.
_BATCH = 16_384
#: Cost of the k-d tree in look-ups of the offset search: of any, per target, and per query.
_TREE, _TREE_BUILD, _TREE_QUERY = 50_000, 30, 200
#: Points that are looked up in a tree before it is asked whether to go on.
_TREE_POINTS = 10_000
#: Index of the lowest bit of each byte.
_LOWEST_BIT = np.array([(byte & -byte).bit_length() - 1 for byte in range(256)])


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
        _, distances = _offsets(self.spacing)
        ranks = self._ranks(where, targets)
        lengths = distances.take(ranks, mode='clip')
        far = ranks == len(distances)
        if far.any():
            lengths[far] = self._by_tree(where[far], targets)
        return lengths

    def histograms(
        self,
        one: NDArray[np.bool_],
        two: NDArray[np.bool_],
        weights: tuple[NDArray[np.float64] | None, NDArray[np.float64] | None] = (None, None),
    ) -> tuple[Distances, Distances]:
        """Return the distances of the voxels of each of two flat masks to the nearest of the other.

        Parameters
        ----------
        one, two : ndarray of bool
            As `embed` returns them; neither is empty.
        weights : (ndarray of float64 or None, ndarray of float64 or None)
            Weight of each voxel of `one` and of `two`, in array order. Each counts one when None.
        """
        apart = one != two
        where = np.flatnonzero(apart)
        of_one = one.take(where)
        return (
            self._histogram(where.compress(of_one), one, two, apart, weights[0]),
            self._histogram(where.compress(~of_one), two, one, apart, weights[1]),
        )

    def _histogram(
        self,
        where: NDArray[np.intp],
        sources: NDArray[np.bool_],
        targets: NDArray[np.bool_],
        apart: NDArray[np.bool_],
        weights: NDArray[np.float64] | None,
    ) -> Distances:
        """Distances of `sources`, of which those at `where` are not targets themselves."""
        _, distances = _offsets(self.spacing)
        ranks = self._ranks(where, targets)
        if weights is None:
            sizes = np.bincount(ranks, minlength=len(distances) + 1)
            sizes[0] = np.count_nonzero(sources) - len(where)
        else:
            is_apart = apart[sources]
            coincident = weights.compress(~is_apart).sum()
            weights = weights.compress(is_apart)
            sizes = np.bincount(ranks, weights, len(distances) + 1).astype(float)
            sizes[0] = coincident
        kept = np.flatnonzero(sizes[:-1])
        lengths, sizes = distances[kept], sizes[kept]
        far = ranks == len(distances)
        if far.any():
            beyond = self._by_tree(where[far], targets)
            order = np.argsort(beyond, kind='stable')
            lengths = np.concatenate((lengths, beyond[order]))
            each = np.ones(len(order), sizes.dtype) if weights is None else weights[far][order]
            sizes = np.concatenate((sizes, each))
        return Distances(lengths, sizes)

    def _ranks(self, where: NDArray[np.intp], targets: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Place of the nearest target among the offsets, of each of the voxels at the flat indices `where`.

        The number of offsets where none of them reaches a target, and where the tree is the faster way to find one.
        """
        offsets, _ = _offsets(self.spacing)
        steps = offsets @ np.array([prod(self.shape[i + 1 :]) for i in range(len(self.shape))], np.intp)
        result = np.full(len(where), len(steps))
        waiting, here = np.arange(len(where)), where
        # Look-ups that cost as much as the tree would: past them the tree takes over, so at most twice is paid.
        budget = _TREE + _TREE_BUILD * np.count_nonzero(targets)
        start = 0
        while start < len(steps) and len(here) and budget + _TREE_QUERY * len(here) > 0:
            checkpoint()
            # Eight offsets are one byte of hits; few voxels try many bytes at once.
            batch = steps[start : start + 8 * max(1, _BATCH // (8 * len(here)))]
            byte, code = _first_hits(here, batch, targets)
            found = code > 0
            first = start + 8 * byte + _LOWEST_BIT.take(code)
            result[waiting.compress(found)] = first.compress(found)
            missed = ~found
            waiting, here = waiting.compress(missed), here.compress(missed)
            budget -= len(batch) * len(found)
            start += len(batch)
        return result

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


def _first_hits(
    here: NDArray[np.intp], steps: NDArray[np.intp], targets: NDArray[np.bool_]
) -> tuple[NDArray[np.intp] | int, NDArray[np.uint8]]:
    """Of the steps from each of the flat indices `here`, the first eight that hold a target, and which of them do.

    Returns
    -------
    byte : ndarray of int, or 0
        Number of the eight.
    code : ndarray of uint8
        A bit for each of them, the lowest for the first; 0 where no step reaches a target.
    """
    if len(steps) > 8:
        hits = np.packbits(targets.take(here[:, None] + steps), bitorder='little').reshape(len(here), -1)
        byte = (hits > 0).argmax(axis=1)
        return byte, hits[np.arange(len(hits)), byte]
    # One step of all voxels at a time: what is held stays in the cache.
    code, place, hit = np.zeros(len(here), np.uint8), np.empty_like(here), np.empty(len(here), bool)
    for step in steps[::-1]:
        np.add(here, step, out=place)
        targets.take(place, out=hit, mode='clip')
        np.add(code, code, out=code)
        np.bitwise_or(code, hit.view(np.uint8), out=code)
    return 0, code


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
    # Eight at a time are tried.
    order = order[: max(8, min(int(np.count_nonzero(distances <= radius)), _MOST_OFFSETS) // 8 * 8)]
    return grid[order].astype(np.intp), distances[order]
