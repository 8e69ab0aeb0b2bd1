"""What the votes look like on the image: how many are in, what share, how undecided, and who stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.review.votes import Votes


def vote_map(votes: Votes) -> NDArray[np.uint8]:
    """Count the raters that are in, for each voxel; shape ([Z,] Y, X)."""
    patterns = votes.patterns()
    return votes.paint(patterns, patterns.inside, np.uint8)


def looked_map(votes: Votes) -> NDArray[np.uint8]:
    """Count the raters that looked, for each voxel; shape ([Z,] Y, X)."""
    if votes.complete:
        return np.full(votes.shape, len(votes.masks), np.uint8)
    patterns = votes.patterns()
    return votes.paint(patterns, patterns.looked, np.uint8)


def fraction_map(votes: Votes) -> NDArray[np.float32]:
    """Share of those who looked that is in, for each voxel: the mean of the masks, a soft label.

    Returns
    -------
    ndarray of float32, shape ([Z,] Y, X)
        From 0 to 1; NaN where nobody looked.
    """
    patterns = votes.patterns()
    return votes.paint(patterns, patterns.fraction, np.float32)


def entropy_bits(fraction: NDArray[Any]) -> NDArray[np.float64]:
    """Shannon entropy of a share v that is in and 1 - v that is out: -v log2 v - (1 - v) log2 (1 - v).

    Parameters
    ----------
    fraction : ndarray of float
        From 0 to 1.

    Returns
    -------
    ndarray of float64
        0 where all agree, 1 where half are in. It says that raters disagree, not that anybody was unsure.
    """
    share = np.asarray(fraction, float)
    result = np.zeros(share.shape)
    for part in (share, 1 - share):
        result -= np.where(part > 0, part * np.log2(np.where(part > 0, part, 1)), 0)
    return np.abs(np.where(np.isnan(share), np.nan, result))


def entropy_map(votes: Votes) -> NDArray[np.float32]:
    """Entropy of the votes in bits, for each voxel; NaN where nobody looked."""
    patterns = votes.patterns()
    return votes.paint(patterns, entropy_bits(patterns.fraction), np.float32)


def alone(votes: Votes) -> dict[str, tuple[int, ...]]:
    """Count the voxels at which each rater stands alone.

    Returns
    -------
    dict
        ``only_in``: nobody else of those who looked is in; ``only_out``: everybody else is. Where two or more looked.
    """
    patterns = votes.patterns()
    several = patterns.looked >= 2
    only_in = several & (patterns.inside == 1)
    only_out = several & (patterns.inside == patterns.looked - 1)
    raters = range(len(votes.masks))
    return {
        'only_in': tuple(patterns.voxels(only_in & (patterns.votes[:, r] == 1)) for r in raters),
        'only_out': tuple(patterns.voxels(only_out & (patterns.votes[:, r] == 0)) for r in raters),
    }


def alone_map(votes: Votes, rater: int) -> NDArray[np.uint8]:
    """Where one rater stands alone; shape ([Z,] Y, X).

    Returns
    -------
    ndarray of uint8
        1 where only this rater is in, 2 where only this rater is out, of two or more who looked.
    """
    patterns = votes.patterns()
    own, several = patterns.votes[:, rater], patterns.looked >= 2
    only_in = several & (own == 1) & (patterns.inside == 1)
    only_out = several & (own == 0) & (patterns.inside == patterns.looked - 1)
    return votes.paint(patterns, np.where(only_in, 1, np.where(only_out, 2, 0)), np.uint8)
