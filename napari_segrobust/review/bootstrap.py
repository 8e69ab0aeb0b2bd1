"""Intervals over cases. Voxels of one case are no independent draws: they are never resampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

REPEATS = 2000
#: Fewer cases than this say next to nothing about other cases.
FEWEST_CASES = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A number over cases, with how far it would move with other cases of the same kind.

    Attributes
    ----------
    value : float or None
        None where it is undefined.
    low, high : float or None
        None with fewer than two cases, or where the number is undefined for one in ten draws.
    confidence : float
    cases : int
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    cases: int

    @property
    def few(self) -> bool:
        """Whether there are too few cases for the interval to be taken at its word."""
        return self.cases < FEWEST_CASES

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            'value': self.value,
            'low': self.low,
            'high': self.high,
            'confidence': self.confidence,
            'cases': self.cases,
            'few_cases': self.few,
        }


def bootstrap(
    statistic: Callable[[NDArray[np.float64]], float | None],
    cases: NDArray[np.float64],
    *,
    confidence: float = 0.95,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a number over cases.

    Parameters
    ----------
    statistic : callable
        Takes rows of `cases` and gives a number, or None or NaN where it is undefined.
    cases : ndarray of float, shape (N, ...)
        What is known of each case.
    confidence : float
    repeats : int
    seed : int
        The same cases and seed give the same interval.

    Returns
    -------
    Interval

    Notes
    -----
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    cases = np.asarray(cases, float)
    value = _defined(statistic(cases)) if len(cases) else None
    if value is None or len(cases) < 2:
        return Interval(value, None, None, confidence, len(cases))
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(cases), (repeats, len(cases)))
    found = [number for rows in drawn if (number := _defined(statistic(cases[rows]))) is not None]
    if len(found) < 0.9 * repeats:
        return Interval(value, None, None, confidence, len(cases))
    tail = 50 * (1 - confidence)
    low, high = (float(bound) for bound in np.percentile(found, (tail, 100 - tail)))
    return Interval(value, low, high, confidence, len(cases))


def _defined(number: float | None) -> float | None:
    return None if number is None or not np.isfinite(number) else float(number)
