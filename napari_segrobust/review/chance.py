"""Agreement beyond chance, from units rated by several raters in nominal categories.

A unit is a voxel, or a kind of voxel with its weight. All of these numbers depend on how much background takes part:
never give one without its region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.value import MetricValue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.review.votes import Patterns

_ONE_CLASS = 'all raters chose one and the same category everywhere'


def ratings(patterns: Patterns) -> NDArray[np.int64]:
    """Count ratings by category: shape (P, 2), how many raters are out and how many are in."""
    return np.stack((patterns.looked - patterns.inside, patterns.inside), axis=1)


def fleiss_kappa(counts: NDArray[Any], weights: NDArray[Any] | None = None) -> MetricValue:
    """Fleiss' kappa: (P - Pe) / (1 - Pe), Pe from the categories' shares among all ratings.

    Parameters
    ----------
    counts : ndarray of int, shape (U, K)
        How many raters put each unit into each category.
    weights : ndarray of int, shape (U,), optional
        How often each unit occurs; once when None.

    Returns
    -------
    MetricValue
        Of the units that all raters rated; the reason says how many others were left out.

    Notes
    -----
    Fleiss 1971, Psychological Bulletin 76:378, doi:10.1037/h0031619.
    """
    return _multirater(counts, weights, free=False)


def randolph_kappa(counts: NDArray[Any], weights: NDArray[Any] | None = None) -> MetricValue:
    """Randolph's free-marginal kappa: as `fleiss_kappa`, with Pe = 1 / K whatever was chosen.

    Parameters
    ----------
    counts : ndarray of int, shape (U, K)
    weights : ndarray of int, shape (U,), optional

    Returns
    -------
    MetricValue

    Notes
    -----
    Randolph 2005, ERIC ED490661.
    """
    return _multirater(counts, weights, free=True)


def _multirater(counts: NDArray[Any], weights: NDArray[Any] | None, *, free: bool) -> MetricValue:
    counts = np.asarray(counts)
    weights = np.ones(len(counts), np.int64) if weights is None else np.asarray(weights)
    rated = counts.sum(axis=1)
    raters = int(rated.max(initial=0))
    kept = (rated == raters) & (weights > 0)
    units = float(weights[kept].sum())
    if raters < 2 or not units:
        return MetricValue(None, None, 'not_applicable', 'no voxel was looked at by two raters')
    left_out = int(weights[~kept].sum())
    reason = f'{left_out:,} voxels that not all raters looked at are left out' if left_out else None
    table, times = counts[kept].astype(float), weights[kept].astype(float)
    agreeing = float(times @ (table * (table - 1)).sum(axis=1)) / (units * raters * (raters - 1))
    shares = times @ table / (units * raters)
    chance = 1 / counts.shape[1] if free else float(shares @ shares)
    if not free and np.count_nonzero(shares) < 2:
        return MetricValue(None, None, 'zero_denominator', _ONE_CLASS)
    return MetricValue((agreeing - chance) / (1 - chance), None, 'ok', reason)


def krippendorff_alpha(counts: NDArray[Any], weights: NDArray[Any] | None = None) -> MetricValue:
    """Krippendorff's alpha for nominal categories: 1 - observed / expected disagreement; ratings may be missing.

    Parameters
    ----------
    counts : ndarray of int, shape (U, K)
        How many raters put each unit into each category; a unit with fewer than two ratings says nothing.
    weights : ndarray of int, shape (U,), optional
        How often each unit occurs.

    Returns
    -------
    MetricValue

    Notes
    -----
    Krippendorff 2011, Computing Krippendorff's alpha-reliability, repository.upenn.edu/asc_papers/43. With n_uc ratings
    c of unit u, n_u in all, n_c of category c and n altogether: alpha = 1 - (n - 1) sum_u (n_u^2 - sum_c n_uc^2) /
    (n_u - 1) / (n^2 - sum_c n_c^2).
    """
    counts = np.asarray(counts)
    weights = np.ones(len(counts), np.int64) if weights is None else np.asarray(weights)
    rated = counts.sum(axis=1)
    paired = (rated >= 2) & (weights > 0)
    if not paired.any():
        return MetricValue(None, None, 'not_applicable', 'no voxel was looked at by two raters')
    table, times, n_u = (array[paired].astype(float) for array in (counts, weights, rated))
    totals = times @ table
    n = float(totals.sum())
    expected = n * n - float(totals @ totals)
    if np.count_nonzero(totals) < 2:
        return MetricValue(None, None, 'zero_denominator', _ONE_CLASS)
    observed = float(times @ ((n_u**2 - (table**2).sum(axis=1)) / (n_u - 1)))
    return MetricValue(1 - (n - 1) * observed / expected)
