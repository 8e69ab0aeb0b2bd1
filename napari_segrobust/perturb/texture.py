"""Kamath's texture difference: how unlike the textures inside and outside a mask are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Points on the circle, its radius in pixels, and the side that image and mask are resized to.
POINTS, RADIUS, SIDE = 24, 3, 256
#: Rows that are coded at once: what they need stays in the processor's cache.
_ROWS = 64


def texture_difference(image: NDArray[Any], mask: NDArray[Any]) -> float | None:
    """Kullback-Leibler divergence of the local binary patterns inside a mask from those outside.

    Parameters
    ----------
    image : ndarray, shape (Y, X)
        Any real type. Values that are not finite count as the least finite one.
    mask : ndarray, shape (Y, X)
        Foreground where it is not 0.

    Returns
    -------
    float or None
        In bits. LARGER means that the textures differ more, so that the object is EASIER to tell from its surroundings.
        None where all or none of the resized mask is foreground.

    Notes
    -----
    As published, with its peculiarities, because its numbers are to be compared with published ones:

    - Image and mask are resized to 256 x 256. The mask is interpolated, and every pixel above 0 counts as foreground,
      so a rim of up to one pixel of the background counts as foreground.
    - Codes that are absent on either side are left out of the sum. So it is no true divergence: it can be slightly
      negative, and textures that share no code at all give 0.
    - In flat parts the code hangs on the last bit of interpolated values.
    - What is black stays black under multiplicative noise: on a CT with a black background speckle hardly moves the
      number. Read it; never assume its direction.

    References
    ----------
    Kamath et al., MICCAI 2023, pp. 302-311; Comput. Biol. Med. 184:109364 (2025). Ojala et al., IEEE TPAMI 24:971
    (2002): uniform patterns of 24 points on a circle of radius 3.
    """
    from skimage.transform import resize

    if image.dtype.kind == 'f' and not np.isfinite(image).all():
        finite = np.isfinite(image)
        image = np.where(finite, image, image[finite].min() if finite.any() else 0)
    inside = resize(np.not_equal(mask, 0).astype(np.float64), (SIDE, SIDE), anti_aliasing=False) > 0
    if inside.all() or not inside.any():
        return None
    codes = uniform_patterns(resize(image, (SIDE, SIDE), anti_aliasing=True))
    p, q = (np.bincount(codes[part], minlength=POINTS + 2) / np.count_nonzero(part) for part in (inside, ~inside))
    both = (p > 0) & (q > 0)
    return float(np.sum(p[both] * np.log2(p[both] / q[both])))


def uniform_patterns(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Uniform local binary pattern of every pixel, with 24 points on a circle of radius 3.

    A point of the circle is 1 where the image, interpolated there, is at least as bright as in the middle; outside the
    image lies 0. The code is the number of ones if going round from the first to the last point meets at most two
    changes between 0 and 1, else 25.

    Parameters
    ----------
    image : ndarray, shape (Y, X)

    Returns
    -------
    ndarray, shape (Y, X), uint8
        The codes of ``skimage.feature.local_binary_pattern(image, 24, 3, 'uniform')``, to the last bit of its
        arithmetic and about twice as fast.
    """
    rows, columns = image.shape
    margin = RADIUS + 1
    padded = np.pad(np.asarray(image, np.float64), margin)
    codes = np.empty(image.shape, np.uint8)
    for top in range(0, rows, _ROWS):
        part = slice(top, min(top + _ROWS, rows))
        codes[part] = _codes(padded[part.start : part.stop + 2 * margin], part, columns)
    return codes


def _codes(padded: NDArray[np.float64], part: slice[int, int, None], columns: int) -> NDArray[np.uint8]:
    """Codes of a band of rows; `padded` has a margin of the radius and one more around it."""
    margin = RADIUS + 1
    rows = part.stop - part.start
    middle = padded[margin : margin + rows, margin : margin + columns]
    ones, changes = (np.zeros(middle.shape, np.uint8) for _ in range(2))
    bright, before = (np.empty(middle.shape, bool) for _ in range(2))
    along, more = (np.empty((rows + 1, columns)) for _ in range(2))
    for point, (down, right) in enumerate(_circle()):
        down_whole, down_part = _parts(np.arange(part.start, part.stop), down)
        right_whole, right_part = _parts(np.arange(columns), right)
        at = padded[margin + down_whole :, margin + right_whole :][: rows + 1]
        np.multiply(at[:, :columns], 1 - right_part, out=along)
        along += np.multiply(at[:, 1 : columns + 1], right_part, out=more)
        value = np.multiply(along[:-1], (1 - down_part)[:, None], out=more[:-1])
        value += np.multiply(along[1:], down_part[:, None], out=along[1:])
        np.greater_equal(value, middle, out=bright)
        ones += bright
        if point:
            changes += np.not_equal(bright, before, out=before)
        bright, before = before, bright
    ones[changes > 2] = POINTS + 1
    return ones


def _parts(places: NDArray[np.int64], step: float) -> tuple[int, NDArray[Any]]:
    """Whole pixels of a step, and for each place what is left of it.

    It is taken from the place itself: where the image is flat, the rounding of that sum decides the code.
    """
    whole = int(np.floor(step))
    return whole, (places + step) - (places + whole)


@cache
def _circle() -> Sequence[tuple[float, float]]:
    """Steps down and right to the points, rounded to five decimals as scikit-image does."""
    angle = 2 * np.pi * np.arange(POINTS, dtype=np.float64) / POINTS
    down, right = np.round(-RADIUS * np.sin(angle), 5), np.round(RADIUS * np.cos(angle), 5)
    return list(zip(down.tolist(), right.tolist(), strict=True))
