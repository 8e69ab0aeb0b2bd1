"""SIMPLE: drop the raters that agree worst with the rest, weigh the others by how well they do, and repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.review.votes import Patterns

#: A rater is dropped that lies this many standard deviations of the kept raters' Dice below their mean. Among five, two
#: standard deviations are never exceeded.
SELECTION = 1.5
#: And by at least this much of Dice: among raters who agree nearly perfectly nobody is dropped for a voxel.
_LEAST_DROP = 0.05
_FEWEST, _MOST_ITERATIONS = 3, 50


@dataclass(frozen=True, eq=False)
class Simple:
    """What SIMPLE settled on.

    Attributes
    ----------
    weights : ndarray of float64, shape (R,)
        Dice of each kept rater with the consensus; 0 for those that were dropped.
    kept : ndarray of bool, shape (R,)
    iterations : int
    """

    weights: NDArray[np.float64]
    kept: NDArray[np.bool_]
    iterations: int


def simple(patterns: Patterns, selection: float = SELECTION) -> Simple:
    """Select and weigh raters.

    Parameters
    ----------
    patterns : Patterns
    selection : float
        How many standard deviations below the mean a rater is dropped; at least three are kept.

    Returns
    -------
    Simple

    Notes
    -----
    After Langerak 2010, doi:10.1109/TMI.2010.2057442: weighted vote, Dice of each rater with it, selection by mean and
    standard deviation, until nothing changes.
    """
    raters = patterns.raters
    kept, weights = np.ones(raters, bool), np.ones(raters)
    isin, looked = patterns.votes == 1, patterns.votes >= 0
    step, settled = 0, False
    while not settled and step < _MOST_ITERATIONS:
        step += 1
        fused = 2 * (isin @ weights) > looked @ weights
        dice = np.array([_dice(patterns, isin[:, r], looked[:, r], fused) for r in range(raters)])
        mean, spread = float(dice[kept].mean()), float(dice[kept].std())
        worst = kept & (dice < mean - max(selection * spread, _LEAST_DROP))
        staying = kept & ~worst
        if np.count_nonzero(staying) < _FEWEST:
            staying = kept
        new = np.where(staying, dice, 0.0)
        if not new.any():
            new = staying.astype(float)
        settled = np.array_equal(staying, kept) and np.allclose(new, weights, atol=1e-9)
        kept, weights = staying, new
    return Simple(weights, kept, step)


def _dice(patterns: Patterns, isin: NDArray[np.bool_], looked: NDArray[np.bool_], fused: NDArray[np.bool_]) -> float:
    """Dice of a rater with the vote, where the rater looked; 1 where both are empty."""
    fused = fused & looked
    sizes = patterns.voxels(isin) + patterns.voxels(fused)
    return 2 * patterns.voxels(isin & fused) / sizes if sizes else 1.0
