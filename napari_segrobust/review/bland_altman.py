"""Bland and Altman's view of two raters' volumes: how far apart they are, against how large the thing is."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class BlandAltman:
    """Differences of two raters over cases.

    Attributes
    ----------
    pair : (str, str)
        The difference is the second minus the first.
    means, differences : tuple of float
        One of each per case.
    bias, sd : float or None
        Mean of the differences; their standard deviation, None for a single case.
    bias_interval, lower_interval, upper_interval : (float, float) or None
        95 % intervals of the bias and of the limits.
    """

    pair: tuple[str, str]
    means: tuple[float, ...]
    differences: tuple[float, ...]
    bias: float | None
    sd: float | None
    bias_interval: tuple[float, float] | None = None
    lower_interval: tuple[float, float] | None = None
    upper_interval: tuple[float, float] | None = None

    @property
    def limits(self) -> tuple[float, float] | None:
        """Limits of agreement: bias -+ 1.96 standard deviations; 95 of 100 differences lie between."""
        if self.bias is None or self.sd is None:
            return None
        return self.bias - 1.96 * self.sd, self.bias + 1.96 * self.sd

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        spans = {
            'limits': self.limits,
            'bias_interval': self.bias_interval,
            'lower_interval': self.lower_interval,
            'upper_interval': self.upper_interval,
        }
        return {
            'pair': list(self.pair),
            'cases': len(self.means),
            'bias': self.bias,
            'sd': self.sd,
            **{name: None if span is None else list(span) for name, span in spans.items()},
            'means': list(self.means),
            'differences': list(self.differences),
        }


def bland_altman(first: NDArray[np.float64], second: NDArray[np.float64], pair: tuple[str, str]) -> BlandAltman:
    """Compare two raters' measurements of the same cases.

    Parameters
    ----------
    first, second : ndarray of float, shape (cases,)
        NaN where one has none; such cases are left out.
    pair : (str, str)
        Names.

    Returns
    -------
    BlandAltman

    Notes
    -----
    Bland & Altman 1986, doi:10.1016/S0140-6736(86)90837-8; the intervals of the limits by their approximation, standard
    error sqrt(3 / n) sd.
    """
    one, other = np.asarray(first, float), np.asarray(second, float)
    there = ~np.isnan(one) & ~np.isnan(other)
    means, differences = (one[there] + other[there]) / 2, other[there] - one[there]
    n = len(means)
    if n < 2:
        bias = float(differences[0]) if n else None
        return BlandAltman(pair, tuple(means.tolist()), tuple(differences.tolist()), bias, None)
    from scipy.stats import t as student

    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    reach = float(student.ppf(0.975, n - 1)) * sd

    def around(centre: float, factor: float) -> tuple[float, float]:
        return centre - reach * sqrt(factor / n), centre + reach * sqrt(factor / n)

    return BlandAltman(
        pair,
        tuple(means.tolist()),
        tuple(differences.tolist()),
        bias,
        sd,
        around(bias, 1),
        around(bias - 1.96 * sd, 3),
        around(bias + 1.96 * sd, 3),
    )
