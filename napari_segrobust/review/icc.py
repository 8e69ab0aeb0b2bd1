"""Intraclass correlation of the raters' volumes over cases: ICC(A,1), absolute agreement of single raters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: Mean squares below this share of the squared mean are rounding.
_ROUNDING = 1e-24


@dataclass(frozen=True, slots=True)
class IntraclassCorrelation:
    """ICC(A,1) with its interval.

    Attributes
    ----------
    value, low, high : float or None
    confidence : float
    cases, raters : int
        That took part: cases that every rater measured.
    reason : str or None
        Why there is no value.
    """

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    cases: int
    raters: int
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            'form': 'ICC(A,1)',
            'value': self.value,
            'low': self.low,
            'high': self.high,
            'confidence': self.confidence,
            'cases': self.cases,
            'raters': self.raters,
            'status': 'ok' if self.value is not None else 'not_applicable',
            'reason': self.reason,
        }


def icc_a1(measured: NDArray[np.float64], confidence: float = 0.95) -> IntraclassCorrelation:
    """ICC(A,1): two-way, absolute agreement, one rater's single measurement; ICC(2,1) of Shrout and Fleiss.

    Parameters
    ----------
    measured : ndarray of float, shape (cases, raters)
        NaN where a rater has none; such cases are left out.
    confidence : float

    Returns
    -------
    IntraclassCorrelation
        Without a value for a single case, a single rater, or measurements that are all alike; without an interval
        where its approximation fails, which happens below 0.

    Notes
    -----
    McGraw & Wong 1996, doi:10.1037/1082-989X.1.1.30, tables 4 and 7; Shrout & Fleiss 1979,
    doi:10.1037/0033-2909.86.2.420.
    """
    table = np.asarray(measured, float)
    table = table[~np.isnan(table).any(axis=1)]
    n, k = table.shape

    def without(reason: str) -> IntraclassCorrelation:
        return IntraclassCorrelation(None, None, None, confidence, n, k, reason)

    if n < 2 or k < 2:
        return without(f'it needs two or more cases and raters, here {n} and {k}')
    grand = table.mean()
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    msr = k * float(((rows - grand) ** 2).sum()) / (n - 1)
    msc = n * float(((columns - grand) ** 2).sum()) / (k - 1)
    rest = table - rows[:, None] - columns + grand
    mse = float((rest**2).sum()) / ((n - 1) * (k - 1))
    # Equal numbers have means that differ in the last bit: what is left of that is no variance.
    msr, msc, mse = (square if square > _ROUNDING * grand**2 else 0.0 for square in (msr, msc, mse))
    spread = msr + (k - 1) * mse + k * (msc - mse) / n
    if not spread > 1e-12 * max(grand**2, 1e-300):
        return without('all measurements are the same')
    value = (msr - mse) / spread
    low, high = _interval(value, (msr, msc, mse), (n, k), confidence)
    return IntraclassCorrelation(value, low, high, confidence, n, k)


def _interval(
    value: float, squares: tuple[float, float, float], size: tuple[int, int], confidence: float
) -> tuple[float | None, float | None]:
    from scipy.stats import f as fisher

    (msr, msc, mse), (n, k) = squares, size
    if value >= 1 or (mse <= 0 and msc <= 0):
        return value, value
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    denominator = (a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1))
    if denominator <= 0:
        return None, None
    v = (a * msc + b * mse) ** 2 / denominator
    tail = 1 - (1 - confidence) / 2
    lower, upper = float(fisher.ppf(tail, n - 1, v)), float(fisher.ppf(tail, v, n - 1))
    other = k * msc + (k * n - k - n) * mse
    low = n * (msr - lower * mse) / (lower * other + n * msr)
    high = n * (upper * msr - mse) / (other + n * upper * msr)
    # Below 0 the approximation can miss the value itself: no interval is better than that one.
    return (low, high) if low <= value <= high else (None, None)
