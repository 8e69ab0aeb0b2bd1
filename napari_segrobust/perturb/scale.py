"""The intensity scale u = (x - lo) / (hi - lo) on which perturbations act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def intensity_range(image: NDArray[Any]) -> tuple[float, float]:
    """Find (lo, hi) of a clean image: p1 and p99 of its finite values; minimum and maximum for 8 bit.

    An image with p1 = p99 takes minimum and maximum, a constant one (value, value + 1).

    Parameters
    ----------
    image : ndarray
        Any shape; all channels share one scale.
    """
    values = image if image.dtype.kind in 'biu' else image[np.isfinite(image)]
    if values.size == 0:
        return 0.0, 1.0
    if image.dtype != np.uint8:
        lo, hi = (float(value) for value in np.percentile(values, (1, 99)))
        if hi > lo:
            return lo, hi
    lo, hi = float(values.min()), float(values.max())
    return (lo, hi) if hi > lo else (lo, lo + 1.0)
