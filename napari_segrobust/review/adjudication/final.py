"""The final mask: the rule for the rest, and each decision painted over its region. Nothing but masks and log."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.review.consensus import ConsensusCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_segrobust.review.adjudication.decision import Decision
    from napari_segrobust.review.votes import Votes


def final_map(votes: Votes, base: NDArray[np.uint8], decisions: Iterable[Decision]) -> NDArray[np.uint8]:
    """Make the final mask.

    Parameters
    ----------
    votes : Votes
    base : ndarray of uint8, shape ([Z,] Y, X)
        `ConsensusCode` by the rule for the rest: it holds where nobody decided, and where a decision leaves it to it.
    decisions : iterable of Decision
        What stands, in the order in which it was decided: where an edit reaches into another region, the later one
        holds.

    Returns
    -------
    ndarray of uint8, shape ([Z,] Y, X)
        `ConsensusCode`: 0 out, 1 in, 2 tie, 3 nobody looked.

    Notes
    -----
    Where the rater who is followed did not look, the rule holds.
    """
    result = base.copy()
    states, flat = result.reshape(-1), base.reshape(-1)
    raters = dict(zip(votes.names, zip(votes.masks, votes.looked, strict=True), strict=True))
    for decision in decisions:
        region = decision.region.where(votes.shape)
        states[region] = flat[region]
        if decision.rater is not None:
            mask, looked = raters[decision.rater]
            seen = region if looked is None else region[looked.reshape(-1)[region]]
            states[seen] = mask.reshape(-1)[seen]
        elif decision.inside is not None:
            states[region] = ConsensusCode.OUT
            if decision.beyond is not None:
                states[decision.beyond.where(votes.shape)] = ConsensusCode.OUT
            states[decision.inside.where(votes.shape)] = ConsensusCode.IN
    return result


def digest(final: NDArray[np.uint8]) -> str:
    """SHA-256 of the final mask: written when an adjudication is closed, and held against what is rebuilt."""
    return hashlib.sha256(np.ascontiguousarray(final).tobytes()).hexdigest()
