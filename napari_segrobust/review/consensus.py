"""One mask from several raters, by rule; a tie is a state of its own and never quietly in or out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.simple import simple
from napari_segrobust.review.staple import staple

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_segrobust.review.votes import Patterns, Votes

#: Shares closer than this to a half are a tie: sums of weights round.
_ROUNDING = 1e-9


class ConsensusCode(IntEnum):
    """State of a voxel in a consensus."""

    OUT = 0
    IN = 1
    TIE = 2
    UNSEEN = 3


@dataclass(frozen=True, eq=False)
class Consensus:
    """A consensus of several raters.

    Attributes
    ----------
    rule : str
        A key of `RULES`.
    patterns : Patterns
    states : ndarray of uint8, shape (P,)
        `ConsensusCode` of each pattern.
    """

    rule: str
    patterns: Patterns
    states: NDArray[np.uint8]

    @property
    def voxels(self) -> int:
        """Voxels that are in."""
        return self.patterns.voxels(self.states == ConsensusCode.IN)

    @property
    def tie_voxels(self) -> int:
        """Voxels that are neither in nor out."""
        return self.patterns.voxels(self.states == ConsensusCode.TIE)

    def map(self, votes: Votes) -> NDArray[np.uint8]:
        """`ConsensusCode` per voxel, shape ([Z,] Y, X)."""
        return votes.paint(self.patterns, self.states, np.uint8)

    def mask(self, votes: Votes) -> NDArray[np.bool_]:
        """Voxels that are in; ties are not."""
        mask: NDArray[np.bool_] = votes.paint(self.patterns, self.states == ConsensusCode.IN, np.bool_)
        return mask


def consensus(patterns: Patterns, rule: str = 'majority') -> Consensus:
    """Make one mask by a rule.

    Parameters
    ----------
    patterns : Patterns
        Of the region, or of the full array. The voting rules give the same on both, STAPLE does not.
    rule : str
        ``majority``: more than half of those who looked, a tie where it is half; ``at_least_half``; ``union``;
        ``intersection``; ``staple``: probability above 0.5; ``simple``: weighted vote of the raters that SIMPLE keeps;
        ``weighted``: vote of all, each weighing as much as its Dice with the majority of the others.

    Returns
    -------
    Consensus

    Raises
    ------
    ReviewError
        An unknown rule.
    """
    if rule not in RULES:
        raise ReviewError('Unknown consensus', rule, f'Choose from {", ".join(RULES)}.')
    states = np.where(patterns.looked > 0, RULES[rule](patterns), ConsensusCode.UNSEEN)
    return Consensus(rule, patterns, states.astype(np.uint8))


def _by_share(share: NDArray[Any]) -> NDArray[Any]:
    """State by the share that is in: a tie at a half."""
    share = np.nan_to_num(share, nan=0.0)
    tied = np.abs(share - 0.5) <= _ROUNDING
    return np.where(tied, ConsensusCode.TIE, np.where(share > 0.5, ConsensusCode.IN, ConsensusCode.OUT))


def _weighted_share(patterns: Patterns, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    looked = (patterns.votes >= 0) @ weights
    share: NDArray[np.float64] = np.divide(
        (patterns.votes == 1) @ weights, looked, out=np.zeros(len(looked)), where=looked > 0
    )
    return share


def _staple_states(patterns: Patterns) -> NDArray[Any]:
    return _by_share(staple(patterns).probability)


def _simple_states(patterns: Patterns) -> NDArray[Any]:
    return _by_share(_weighted_share(patterns, simple(patterns).weights))


def _weighted_states(patterns: Patterns) -> NDArray[Any]:
    return _by_share(_weighted_share(patterns, weights_of(patterns)))


def weights_of(patterns: Patterns) -> NDArray[np.float64]:
    """Dice of each rater with the strict majority of the others, shape (R,); all equal where all are 0."""
    weights = np.zeros(patterns.raters)
    for r in range(patterns.raters):
        own = patterns.votes[:, r]
        inside, looked = patterns.inside - (own == 1), patterns.looked - (own >= 0)
        judged = (own >= 0) & (looked > 0)
        others = judged & (2 * inside > looked)
        sizes = patterns.voxels(others) + patterns.voxels(judged & (own == 1))
        weights[r] = 2 * patterns.voxels(others & (own == 1)) / sizes if sizes else 1.0
    return weights if weights.any() else np.ones(patterns.raters)


#: State of each pattern, by rule; patterns that nobody looked at are seen to by `consensus`.
RULES: dict[str, Callable[[Patterns], NDArray[Any]]] = {
    'majority': lambda patterns: _by_share(patterns.fraction),
    'at_least_half': lambda patterns: 2 * patterns.inside >= patterns.looked,
    'union': lambda patterns: patterns.inside > 0,
    'intersection': lambda patterns: patterns.inside == patterns.looked,
    'staple': _staple_states,
    'simple': _simple_states,
    'weighted': _weighted_states,
}
