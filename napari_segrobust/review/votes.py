"""The masks of several raters as votes: how often each pattern of who is in and who is out occurs, and where.

R raters leave at most 2^R patterns (3^R where some did not look everywhere). Everything that treats voxels alike,
from kappa to STAPLE, is computed on the patterns and their counts, and painted back once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_segrobust.compare.surfaces import bounding_box
from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike, NDArray

    Box = tuple[slice, ...]

S = TypeVar('S', bound=np.generic)

#: Two bits a rater where some did not look everywhere, in 64.
MOST_RATERS = 32
#: Patterns are counted by their number up to this many, and by sorting above.
_COUNTED = 1 << 20


@dataclass(frozen=True, eq=False)
class Patterns:
    """Which raters are in, and at how many voxels.

    Attributes
    ----------
    votes : ndarray of int8, shape (P, R)
        1 where a rater is in, 0 out, -1 where the rater did not look.
    counts : ndarray of int64, shape (P,)
        Voxels with each pattern.
    codes : ndarray of uint64, shape (P,)
        Numbers of the patterns, ascending.
    """

    votes: NDArray[np.int8]
    counts: NDArray[np.int64]
    codes: NDArray[np.uint64]

    @property
    def raters(self) -> int:
        """How many raters there are."""
        return int(self.votes.shape[1])

    @cached_property
    def inside(self) -> NDArray[np.int64]:
        """Raters that are in, for each pattern."""
        return np.asarray(np.count_nonzero(self.votes == 1, axis=1))

    @cached_property
    def looked(self) -> NDArray[np.int64]:
        """Raters that looked, for each pattern."""
        return np.asarray(np.count_nonzero(self.votes >= 0, axis=1))

    @property
    def fraction(self) -> NDArray[np.float64]:
        """Share of those who looked that is in, for each pattern; NaN where nobody looked."""
        unknown = np.full(len(self.counts), np.nan)
        return np.asarray(np.divide(self.inside, self.looked, out=unknown, where=self.looked > 0))

    def voxels(self, chosen: NDArray[np.bool_]) -> int:
        """Count the voxels whose pattern is chosen."""
        return int(np.dot(self.counts, chosen))

    def without(self, rater: int) -> Patterns:
        """Return the same patterns as the other raters see them: two may become alike."""
        return Patterns(np.delete(self.votes, rater, axis=1), self.counts, self.codes)

    def table(self, one: int, other: int) -> tuple[int, int, int, int]:
        """(tp, fp, fn, tn) of two raters where both looked; the first counts as the reference."""
        first, second = self.votes[:, one], self.votes[:, other]
        tp, fp, fn, tn = (self.voxels((first == a) & (second == b)) for a, b in ((1, 1), (0, 1), (1, 0), (0, 0)))
        return tp, fp, fn, tn


@dataclass(frozen=True, eq=False)
class Votes:
    """Masks of several raters on one grid.

    Attributes
    ----------
    names : tuple of str
    masks : tuple of ndarray of bool, shape ([Z,] Y, X)
        False where a rater did not look.
    looked : tuple of (ndarray of bool, same shape, or None)
        Where each rater looked; None is everywhere.
    spacing : tuple of float or None
        In mm in array order.
    """

    names: tuple[str, ...]
    masks: tuple[NDArray[np.bool_], ...]
    looked: tuple[NDArray[np.bool_] | None, ...]
    spacing: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.masks) > MOST_RATERS:
            raise ReviewError('Too many raters', f'{len(self.masks)}', f'Give at most {MOST_RATERS} at a time.')

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the grid."""
        return self.masks[0].shape

    @property
    def size(self) -> int:
        """Voxels of the grid."""
        return self.masks[0].size

    @property
    def complete(self) -> bool:
        """Whether every rater looked everywhere."""
        return all(looked is None for looked in self.looked)

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel in `volume_unit`."""
        if self.spacing is None:
            return 1.0
        return prod(self.spacing) / (1000.0 if len(self.shape) == 3 else 1.0)

    @property
    def volume_unit(self) -> str:
        """Unit of volumes; of areas for a 2D image."""
        if len(self.shape) == 2:
            return 'px^2' if self.spacing is None else 'mm^2'
        return 'voxels' if self.spacing is None else 'ml'

    @property
    def length_unit(self) -> str:
        """Unit of distances."""
        if self.spacing is not None:
            return 'mm'
        return 'voxels' if len(self.shape) == 3 else 'px'

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Voxels of each mask."""
        return tuple(int(np.count_nonzero(mask)) for mask in self.masks)

    @property
    def volumes(self) -> tuple[float, ...]:
        """Volume of each mask in `volume_unit`."""
        return tuple(size * self.voxel_volume for size in self.sizes)

    @cached_property
    def box(self) -> Box | None:
        """Smallest box that holds the masks of all raters; None where all are empty."""
        boxes = [box for box in map(bounding_box, self.masks) if box is not None]
        if not boxes:
            return None
        return tuple(
            slice(min(s.start for s in sides), max(s.stop for s in sides)) for sides in zip(*boxes, strict=True)
        )

    @cached_property
    def frame(self) -> Box:
        """Box outside of which every voxel has one pattern: all looked, and nobody is in."""
        if self.complete:
            return self.box or tuple(slice(0, 0) for _ in self.shape)
        return tuple(slice(0, n) for n in self.shape)

    @cached_property
    def codes(self) -> NDArray[Any]:
        """Pattern of each voxel of `frame`: bit r says that rater r is in, bit R + r that rater r looked."""
        raters = len(self.masks)
        bits = raters if self.complete else 2 * raters
        kind = next(np.dtype(f'u{size}') for size in (1, 2, 4, 8) if 8 * size >= bits)
        codes = np.zeros(tuple(s.stop - s.start for s in self.frame), kind)
        for r, (mask, looked) in enumerate(zip(self.masks, self.looked, strict=True)):
            codes |= _bit(mask[self.frame], kind, r)
            if not self.complete:
                codes |= _bit(np.array(True) if looked is None else looked, kind, raters + r)
        return codes

    @cached_property
    def _tight(self) -> Patterns:
        return self._patterns(self.codes)

    def patterns(self, box: Box | None = None) -> Patterns:
        """Count the patterns of a box that holds all masks, or of the whole array.

        Parameters
        ----------
        box : tuple of slice, optional
            In the array; everything when None.

        Returns
        -------
        Patterns
        """
        if not self.complete:
            return self._tight if box is None else self._patterns(self.codes[box])
        voxels = self.size if box is None else prod(s.stop - s.start for s in box)
        nobody = voxels - self.codes.size
        tight = self._tight
        if nobody == 0:
            return tight
        if len(tight.codes) and tight.codes[0] == 0:
            counts = tight.counts.copy()
            counts[0] += nobody
            return Patterns(tight.votes, counts, tight.codes)
        zero = np.zeros((1, len(self.masks)), np.int8)
        return Patterns(
            np.concatenate((zero, tight.votes)),
            np.concatenate(([nobody], tight.counts)),
            np.concatenate((np.zeros(1, np.uint64), tight.codes)),
        )

    def _patterns(self, codes: NDArray[Any]) -> Patterns:
        raters = len(self.masks)
        bits = raters if self.complete else 2 * raters
        if 1 << bits <= _COUNTED:
            tally = np.bincount(codes.ravel(), minlength=1)
            found: NDArray[Any] = np.flatnonzero(tally)
            counts = tally[found]
        else:
            found, counts = np.unique(codes, return_counts=True)
        found = found.astype(np.uint64)
        bit = (found[:, None] >> np.arange(bits, dtype=np.uint64)) & np.uint64(1)
        votes = bit[:, :raters].astype(np.int8)
        if not self.complete:
            votes[bit[:, raters:] == 0] = -1
        return Patterns(votes, counts.astype(np.int64), found)

    def paint(self, patterns: Patterns, values: Sequence[Any] | NDArray[Any], kind: DTypeLike) -> NDArray[Any]:
        """Give every voxel the value of its pattern.

        Parameters
        ----------
        patterns : Patterns
            As `patterns` gives them, of a box or of everything.
        values : array_like, shape (P,)
        kind : dtype

        Returns
        -------
        ndarray, shape ([Z,] Y, X)
            Patterns that occur outside the box alone get 0.
        """
        chosen = np.asarray(values, kind)
        nobody = chosen[0] if self.complete and len(patterns.codes) and patterns.codes[0] == 0 else 0
        result = np.full(self.shape, nobody, kind)
        if not self.codes.size:
            return result
        bits = len(self.masks) * (1 if self.complete else 2)
        if 1 << bits <= _COUNTED:
            lookup = np.zeros(1 << bits, kind)
            lookup[patterns.codes.astype(np.intp)] = chosen
            result[self.frame] = lookup[self.codes]
        else:
            where = np.searchsorted(patterns.codes, self.codes).clip(max=len(patterns.codes) - 1)
            result[self.frame] = np.where(patterns.codes[where] == self.codes, chosen[where], 0)
        return result

    def cut(self, box: Box) -> Votes:
        """Return the votes of a box."""
        looked = tuple(None if there is None else there[box] for there in self.looked)
        return Votes(self.names, tuple(mask[box] for mask in self.masks), looked, self.spacing)


def _bit(flags: NDArray[np.bool_], kind: np.dtype[Any], place: int) -> NDArray[Any]:
    """Return numbers in which one bit is the flag."""
    return np.asarray(np.left_shift(flags.astype(kind), kind.type(place)))
