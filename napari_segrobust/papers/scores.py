"""The few numbers that both papers report, of one object in one image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.context import foreground_fraction

if TYPE_CHECKING:
    from numpy.typing import NDArray


def scores(prediction: NDArray[Any], reference: NDArray[Any]) -> dict[str, float]:
    """Score a mask against a reference that is not empty.

    Parameters
    ----------
    prediction, reference : ndarray of bool or 0 and 1, one shape

    Returns
    -------
    dict
        ``dice`` (2 tp / (2 tp + fp + fn)); ``disagreement``, the differing voxels over those of the reference
        ((fp + fn) / (tp + fn)), which the 2022 paper calls absolute volume difference; ``volume_difference``,
        |volume of the prediction - volume of the reference| over that of the reference; ``fraction``, the foreground
        fraction of the reference.
    """
    p, y = np.asarray(prediction, bool), np.asarray(reference, bool)
    both, mine, theirs = (int(np.count_nonzero(mask)) for mask in (p & y, p, y))
    return {
        'dice': 2 * both / (mine + theirs),
        'disagreement': (mine + theirs - 2 * both) / theirs,
        'volume_difference': abs(mine - theirs) / theirs,
        'fraction': foreground_fraction(y),
    }
