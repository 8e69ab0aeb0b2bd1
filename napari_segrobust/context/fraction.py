"""How much of what a model sees is the thing it looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.context.plan import check_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def foreground_fraction(
    mask: NDArray[Any], box: Sequence[tuple[int, int]] | None = None, label: int | None = None
) -> float:
    """Fraction of the voxels in a context box that are foreground.

    Parameters
    ----------
    mask : ndarray of int, shape ([Z,] Y, X)
        Labels; 0 is background.
    box : sequence of (int, int), optional
        Context box, half-open per axis in voxels. None is the whole image.
    label : int, optional
        Count this label only. None counts every label but 0.

    Returns
    -------
    float
        From 0 to 1: foreground voxels over all voxels (not over the background voxels).

    Raises
    ------
    ContextError
        The box does not fit the mask.

    References
    ----------
    .. [1] A. Kamath et al., "How do 3D image segmentation networks behave across the context versus foreground
       ratio trade-off?", Med-NeurIPS 2022: the sum of the labels over the number of voxels of a window.

    Examples
    --------
    >>> foreground_fraction(np.array([[0, 1], [2, 0]]))
    0.5
    """
    part = mask[tuple(slice(lo, hi) for lo, hi in check_box(mask.shape, box))]
    count = np.count_nonzero(part if label is None else part == label)
    return float(count / part.size)
