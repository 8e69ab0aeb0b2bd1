"""N4: the smooth gain of an image, from the image alone (Tustison et al., IEEE TMI 29:1310, 2010).

Written anew because a slider waits for it: on the grids that it runs on here (40 voxels along the longest axis) fits
are a few small matrix products, some hundred times quicker than those of SimpleITK, which the tests hold it against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Cubic B-splines on 1, 2 and 4 intervals along each axis, and steps on each; the steps stop where the gain moves less.
INTERVALS = (1, 2, 4)
STEPS = 20
STILL = 1e-3
#: Sharpening: bins of the histogram and noise of the Wiener filter, as in the paper.
BINS, NOISE = 200, 0.01


def log_gain(image: NDArray[np.float64], mask: NDArray[np.bool_], fwhm: float) -> NDArray[np.float64]:
    """Logarithm of the smooth gain, of mean 0 inside the mask.

    Parameters
    ----------
    image : ndarray
        2D or 3D, positive inside the mask.
    mask : ndarray of bool
        Where the gain is measured; beyond it the splines go on.
    fwhm : float
        How far the gain widens the histogram of log intensities.

    Returns
    -------
    ndarray
        0 everywhere where there is nothing to measure.
    """
    gain = np.zeros(image.shape)
    if not mask.any():
        return gain
    log = np.log(np.where(mask, image, 1.0))
    if np.ptp(log[mask]) < 1e-6:
        return gain
    for intervals in INTERVALS:
        splines = [_splines(size, intervals) for size in image.shape]
        for _ in range(STEPS):
            rest = log - gain
            step = _fitted(np.where(mask, rest - _sharpened(rest, mask, fwhm), 0.0), mask, splines)
            gain += step
            change = np.exp(step[mask])
            if change.std() < STILL * change.mean():
                break
    gain -= gain[mask].mean()
    # the splines know nothing beyond the mask: there the gain stays within what was measured
    return np.clip(gain, gain[mask].min(), gain[mask].max())


def _sharpened(log: NDArray[np.float64], mask: NDArray[np.bool_], fwhm: float) -> NDArray[np.float64]:
    """Most likely log intensity without the gain, for each voxel: the histogram, deconvolved by a Gaussian."""
    values = log[mask]
    low, high = values.min(), values.max()
    width = (high - low) / (BINS - 1)
    if width <= 0:
        return log
    place = (values - low) / width
    lower = np.minimum(place.astype(int), BINS - 2)
    part = place - lower
    histogram = np.bincount(lower, 1 - part, BINS) + np.bincount(lower + 1, part, BINS)
    size = 2 ** (int(np.ceil(np.log2(BINS))) + 1)
    offset = (size - BINS) // 2
    padded = np.zeros(size)
    padded[offset : offset + BINS] = histogram
    spread = fwhm / width
    distance = np.minimum(np.arange(size), size - np.arange(size))
    blur = np.fft.fft(2 * np.sqrt(np.log(2) / np.pi) / spread * np.exp(-4 * np.log(2) * (distance / spread) ** 2))
    wiener = np.conj(blur) / (np.abs(blur) ** 2 + NOISE)
    true = np.maximum(np.fft.ifft(np.fft.fft(padded) * wiener).real, 0.0)
    centres = low + (np.arange(size) - offset) * width
    above = np.fft.ifft(np.fft.fft(true * centres) * blur).real
    below = np.fft.ifft(np.fft.fft(true) * blur).real
    expected = np.divide(above, below, out=centres.copy(), where=below > 1e-9 * below.max())
    sharpened: NDArray[np.float64] = np.interp(log, centres[offset : offset + BINS], expected[offset : offset + BINS])
    return sharpened


def _splines(size: int, intervals: int) -> NDArray[np.float64]:
    """Cubic B-splines (size, intervals + 3) on equal intervals from the first voxel to the last."""
    place = np.linspace(0, intervals, size) if size > 1 else np.full(1, intervals / 2)
    first = np.minimum(place.astype(int), intervals - 1)
    t = place - first
    pieces = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    weights = np.zeros((size, intervals + 3))
    for shift, piece in enumerate(pieces):
        weights[np.arange(size), first + shift] = piece / 6
    return weights


def _fitted(
    values: NDArray[np.float64], mask: NDArray[np.bool_], splines: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Smooth surface through scattered values: each voxel asks of its control points, which average what is asked.

    Lee et al., IEEE TVCG 3:228 (1997). Weights are products over the axes, so every sum is one product for each axis.
    """
    asked, trust = values, mask.astype(float)
    for axis, spline in enumerate(splines):
        square = spline**2
        asked = _along(asked, (spline**3 / square.sum(axis=1, keepdims=True)).T, axis)
        trust = _along(trust, square.T, axis)
    surface: NDArray[np.float64] = np.divide(asked, trust, out=np.zeros_like(asked), where=trust > 1e-12)
    for axis, spline in enumerate(splines):
        surface = _along(surface, spline, axis)
    return surface


def _along(array: NDArray[np.float64], matrix: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.moveaxis(np.tensordot(matrix, array, axes=(1, axis)), 0, axis)
