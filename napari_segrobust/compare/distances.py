"""A set of distances, as a histogram: on a grid few lengths occur, each of them often."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances from the elements of one surface to another.

    Attributes
    ----------
    lengths : ndarray of float64, shape (N,)
        In ascending order.
    weights : ndarray, shape (N,)
        How often each length occurs (int64), or over how much of the surface (float64).
    """

    lengths: NDArray[np.float64]
    weights: NDArray[Any]

    @cached_property
    def _cumulated(self) -> NDArray[Any]:
        return np.cumsum(self.weights)

    @property
    def total(self) -> float:
        """Number of elements, or size of the surface."""
        return self._cumulated[-1].item() if len(self.weights) else 0

    def __add__(self, other: Distances) -> Distances:
        """Pool two sets."""
        lengths = np.concatenate((self.lengths, other.lengths))
        order = np.argsort(lengths, kind='stable')
        return Distances(lengths[order], np.concatenate((self.weights, other.weights))[order])

    def max(self) -> float:
        """Largest distance."""
        return float(self.lengths[-1])

    @cached_property
    def sum(self) -> float:
        """Sum of the distances, each times its weight."""
        return float(self.lengths @ self.weights)

    def mean(self) -> float:
        """Mean distance."""
        return self.sum / self.total

    def within(self, limit: float) -> float:
        """Number of elements, or size of the surface, at most `limit` away."""
        count = int(np.searchsorted(self.lengths, limit, side='right'))
        return self._cumulated[count - 1].item() if count else 0

    def percentile(self, percent: float) -> float:
        """Percentile with linear interpolation, as `numpy.percentile` of the single distances; for counts only."""
        position = (self.total - 1) * percent / 100
        low = int(position)
        ranks = (low, min(low + 1, int(self.total) - 1))
        below, above = self.lengths[np.searchsorted(self._cumulated, ranks, side='right')].tolist()
        return float(below + (above - below) * (position - low))

    def reached(self, percent: float) -> float:
        """Smallest distance within which at least `percent` of the surface lies."""
        index = int(np.searchsorted(self._cumulated / self.total, percent / 100))
        return float(self.lengths[min(index, len(self.lengths) - 1)])
