"""Dice of every slice, from counts that are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare import Comparison


def slice_dice(comparison: Comparison, label: int | None = None) -> NDArray[np.float64]:
    """Dice of each slice along axis 0.

    Parameters
    ----------
    comparison : Comparison
        Of two volumes.
    label : int, optional
        None takes the voxels of all labels together.

    Returns
    -------
    ndarray of float64, shape (Z,)
        NaN where both masks are empty.
    """
    counts = comparison.counts
    chosen = [i for i, one in enumerate(counts.labels) if label is None or one == label]
    both, reference, prediction = (
        sizes[:, chosen].sum(axis=1)
        for sizes in (counts.slice_overlap, counts.slice_reference, counts.slice_prediction)
    )
    sizes = reference + prediction
    result = np.full(sizes.shape, np.nan)
    np.divide(2.0 * both, sizes, out=result, where=sizes > 0)
    return result
