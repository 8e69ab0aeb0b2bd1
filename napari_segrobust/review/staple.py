"""STAPLE for one label: the mask that explains all raters best, with how well each sees it.

Expectation maximisation over the counts of the vote patterns: a step costs as much for a volume as for a stamp. The
background takes part through the prior and the specificities, so the result depends on how much of it there is: never
give one without a second margin beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.review.votes import Patterns

#: Sensitivity and specificity may change by this much in the last step, as in ITK.
TOLERANCE = 1e-7
MOST_ITERATIONS = 10_000


@dataclass(frozen=True, eq=False)
class Staple:
    """What STAPLE found.

    Attributes
    ----------
    probability : ndarray of float64, shape (P,)
        That a voxel with each pattern belongs to the label; the prior where nobody looked.
    sensitivity, specificity : ndarray of float64, shape (R,)
        Of each rater against the estimated truth; NaN where that is empty, or is everything the rater looked at.
    prior : float
        Share of the label among all votes.
    iterations : int
    converged : bool
    """

    probability: NDArray[np.float64]
    sensitivity: NDArray[np.float64]
    specificity: NDArray[np.float64]
    prior: float
    iterations: int
    converged: bool

    def voxels(self, patterns: Patterns) -> int:
        """Count the voxels of the estimated mask: probability above 0.5, as far as anybody looked."""
        return patterns.voxels((self.probability > 0.5) & (patterns.looked > 0))


def staple(patterns: Patterns, most_iterations: int = MOST_ITERATIONS) -> Staple:
    """Estimate the mask and the raters' performance.

    Parameters
    ----------
    patterns : Patterns
        Of the region; a vote that is missing says nothing.
    most_iterations : int

    Returns
    -------
    Staple

    Notes
    -----
    Warfield 2004, doi:10.1109/TMI.2004.828354, started and stopped as ITK 5.4 does: the first estimate is the mean of
    the masks, the prior the share of the label among all votes, and the end a change of every sensitivity and
    specificity of at most 1e-7. (ITK counts one iteration fewer: not the one that finds no change.)
    """
    counts = patterns.counts.astype(float)
    isin, isout = patterns.votes == 1, patterns.votes == 0
    votes = float(counts @ patterns.looked)
    prior = float(counts @ patterns.inside) / votes if votes else 0.0
    truth = np.where(patterns.looked > 0, patterns.inside / np.maximum(patterns.looked, 1), prior)
    last = np.full((2, patterns.raters), -10.0)
    steps, converged = 0, False
    while not converged and steps < most_iterations:
        steps += 1
        rates = _performance(isin, isout, counts, truth)
        truth = _expectation(isin, isout, prior, rates)
        converged = bool(np.all(np.abs(np.nan_to_num(rates, nan=-1.0) - last) <= TOLERANCE))
        last = np.nan_to_num(rates, nan=-1.0)
    sensitivity, specificity = _performance(isin, isout, counts, truth) if not steps else rates
    return Staple(truth, sensitivity, specificity, prior, steps, converged)


def _performance(
    isin: NDArray[np.bool_], isout: NDArray[np.bool_], counts: NDArray[np.float64], truth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sensitivity and specificity of each rater, shape (2, R), given the probability of the truth."""
    inside, outside = counts * truth, counts * (1 - truth)
    hit, missed = inside @ isin, inside @ isout
    right, wrong = outside @ isout, outside @ isin
    both = np.stack((hit, right)), np.stack((hit + missed, right + wrong))
    return np.asarray(np.divide(*both, out=np.full(both[0].shape, np.nan), where=both[1] > 0))


def _expectation(
    isin: NDArray[np.bool_], isout: NDArray[np.bool_], prior: float, rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability of the truth for each pattern, given the raters' performance."""
    sensitivity, specificity = np.nan_to_num(rates, nan=0.5)
    alpha = prior * np.where(isin, sensitivity, np.where(isout, 1 - sensitivity, 1)).prod(axis=1)
    beta = (1 - prior) * np.where(isin, 1 - specificity, np.where(isout, specificity, 1)).prod(axis=1)
    total = alpha + beta
    result: NDArray[np.float64] = np.divide(alpha, total, out=np.zeros_like(alpha), where=total > 0)
    return result
