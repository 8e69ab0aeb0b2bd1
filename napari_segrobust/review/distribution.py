"""Model and raters as two sets of masks, and how far one set is from the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.drawn import pair_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.review.drawn import Drawn

#: Masks are repeated to a common number before they are matched; this many are matched in seconds.
_MOST_MATCHED = 2000


@dataclass(frozen=True)
class Distribution:
    """Distances between two sets of masks, on d = 1 - IoU (0 for two empty masks).

    Attributes
    ----------
    ged_v, ged_u : float or None
        Squared generalised energy distance 2 E d(S, Y) - E d(S, S') - E d(Y, Y'). V takes the means over all pairs, a
        mask with itself among them: 0 for equal sets, never negative, too large for few masks. U leaves those out:
        unbiased, and may be negative. U is None with a single rater.
    matched_iou : float
        Mean IoU of the best one-to-one matching, after both sets were repeated to the same number.
    cross, within_samples, within_raters : ndarray of float
        Matrices of d: samples by raters, samples by samples, raters by raters.
    """

    ged_v: float
    ged_u: float | None
    matched_iou: float
    cross: NDArray[np.float64]
    within_samples: NDArray[np.float64]
    within_raters: NDArray[np.float64]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {'v': self.ged_v, 'u': self.ged_u, 'matched_iou': self.matched_iou, 'samples': len(self.within_samples)}


def distribution(samples: Sequence[Drawn], raters: Sequence[Drawn]) -> Distribution:
    """Hold the masks of a model against those of raters.

    Parameters
    ----------
    samples : sequence of Drawn
        One or more masks of the model. A model with one mask has no spread: that term is 0 in both estimators.
    raters : sequence of Drawn

    Returns
    -------
    Distribution

    Raises
    ------
    ReviewError
        An empty set, or so many masks that they cannot be matched.

    Notes
    -----
    Szekely 2013, doi:10.1016/j.jspi.2013.03.018; on 1 - IoU Kohl 2018, arXiv:1806.05034. Matched IoU: Kohl 2019,
    arXiv:1905.13077.
    """
    common = common_size(len(samples), len(raters))
    cross, own, theirs = _distances(samples, raters), _distances(samples, samples), _distances(raters, raters)
    return Distribution(
        ged_v=float(2 * cross.mean() - own.mean() - theirs.mean()),
        ged_u=_unbiased(cross, own, theirs),
        matched_iou=_matched(1 - cross, common),
        cross=cross,
        within_samples=own,
        within_raters=theirs,
    )


def common_size(samples: int, raters: int) -> int:
    """How many masks both sets have when each is repeated to the same number.

    Raises
    ------
    ReviewError
        None on one side, or too many to match.
    """
    if not samples or not raters:
        raise ReviewError('No distance of sets', 'one of them is empty', 'Give one or more masks on each side.')
    common = lcm(samples, raters)
    if common > _MOST_MATCHED:
        why = f'{samples} and {raters} have the common multiple {common:,}'
        raise ReviewError('Masks cannot be matched', why, 'Give as many samples as raters, or a multiple of them.')
    return common


def _unbiased(cross: NDArray[np.float64], own: NDArray[np.float64], theirs: NDArray[np.float64]) -> float | None:
    if len(theirs) < 2:
        return None
    within = [part.sum() / (len(part) * (len(part) - 1)) if len(part) > 1 else 0.0 for part in (own, theirs)]
    return float(2 * cross.mean() - sum(within))


def _distances(first: Sequence[Drawn], second: Sequence[Drawn]) -> NDArray[np.float64]:
    result = np.zeros((len(first), len(second)))
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            if first is second and j <= i:
                result[i, j] = result[j, i]
            else:
                result[i, j] = 1 - _iou(one, other)
    return result


def _iou(one: Drawn, other: Drawn) -> float:
    pair = pair_of(one, other, None)
    union = pair.tp + pair.fp + pair.fn
    return pair.tp / union if union else 1.0


def _matched(iou: NDArray[np.float64], common: int) -> float:
    from scipy.optimize import linear_sum_assignment

    repeated = np.repeat(np.repeat(iou, common // len(iou), axis=0), common // iou.shape[1], axis=1)
    rows, columns = linear_sum_assignment(repeated, maximize=True)
    return float(repeated[rows, columns].mean())
