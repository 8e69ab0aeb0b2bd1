"""Mean structural similarity as scikit-image defines it by default, fast enough for every tick of a slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Side of the window, in voxels.
WINDOW = 7
_K1, _K2 = 0.01, 0.03
#: Voxels of a slab: so many windows are held at once.
_SLAB = 1 << 20


def mean_ssim(one: NDArray[np.float32], other: NDArray[np.float32], span: float) -> float | None:
    """Mean SSIM of two images over all windows that lie inside, and over the channels.

    Parameters
    ----------
    one, other : ndarray, shape (C, *spatial)
        Axes of length one are left out. Voxels that are not finite in one of the two count as 0 in both.
    span : float
        Range of the data, hi - lo.

    Returns
    -------
    float or None
        None where an axis is shorter than a window.

    Notes
    -----
    Wang et al., IEEE TIP 13:600 (2004), with the uniform window of 7, sample covariance, K1 = 0.01 and K2 = 0.03, as
    ``skimage.metrics.structural_similarity(one, other, data_range=span, channel_axis=0)``.
    """
    shape = tuple(n for n in one.shape[1:] if n > 1)
    if not shape or min(shape) < WINDOW:
        return None
    one, other = one.reshape(len(one), *shape), other.reshape(len(one), *shape)
    rows = max(1, _SLAB // int(np.prod(shape[1:])))
    total, count = 0.0, 0
    for a, b in zip(one, other, strict=True):
        for first in range(0, shape[0] - WINDOW + 1, rows):
            stop = min(first + rows + WINDOW - 1, shape[0])
            values = _ssim(a[first:stop], b[first:stop], span)
            total, count = total + float(values.sum(dtype=np.float64)), count + values.size
    return total / count


def _ssim(a: NDArray[np.float32], b: NDArray[np.float32], span: float) -> NDArray[np.float32]:
    """SSIM of every window that lies inside."""
    with np.errstate(invalid='ignore'):
        broken = not np.isfinite(a.sum() + b.sum())  # the sum is one quick pass
    if broken:
        finite = np.isfinite(a) & np.isfinite(b)
        a, b = np.where(finite, a, np.float32(0)), np.where(finite, b, np.float32(0))
    # Variances do not depend on an offset; without it float32 keeps their digits. The range becomes 1.
    centre = np.float32(a.mean(dtype=np.float64))
    a, b = (a - centre) / np.float32(span), (b - centre) / np.float32(span)
    count = WINDOW**a.ndim
    sample = np.float32(count / (count - 1))
    mean_a, mean_b = _means(a), _means(b)
    both = _means(a * b)
    squares = _means(a * a + b * b)
    product, sums = mean_a * mean_b, mean_a * mean_a + mean_b * mean_b
    covariance, variances = (both - product) * sample, (squares - sums) * sample
    offset = np.float32(centre / span)
    lift = (mean_a + mean_b) * offset + offset * offset  # (m + o)(n + o) = m n + o (m + n) + o^2
    product += lift
    sums += 2 * lift
    c1, c2 = np.float32(_K1**2), np.float32(_K2**2)
    values: NDArray[np.float32] = (2 * product + c1) * (2 * covariance + c2)
    values /= (sums + c1) * (variances + c2)
    return values


def _means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of every window that lies inside, one axis after the other: sums of 2 make those of 4, both make 7."""
    for axis in range(values.ndim):
        size = values.shape[axis] - WINDOW + 1
        twos = _part(values, axis, 0, size + 4) + _part(values, axis, 1, size + 4)
        sevens = _part(twos, axis, 0, size) + _part(twos, axis, 2, size)
        sevens += _part(twos, axis, 4, size)
        sevens += _part(values, axis, 6, size)
        values = sevens
    return values * np.float32(1 / WINDOW**values.ndim)


def _part(values: NDArray[np.float32], axis: int, start: int, size: int) -> NDArray[np.float32]:
    return values[(slice(None),) * axis + (slice(start, start + size),)]
