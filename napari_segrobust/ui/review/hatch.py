"""Hatching of voxels: slanted stripes in every plane of a volume, about as wide on the canvas at any zoom.

Codes say on which of `PHASES` lines a voxel lies: 3 z + y + 2 x, counted round. How many lines make a stripe is left to
the colours, so that a zoom computes nothing anew. With these steps, and stripes of three lines or more, no row, column
or diagonal of voxels in any of the three planes stays within one stripe: a tie is often a shell one voxel thick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rgba = tuple[float, float, float, float]

#: Lines before they repeat: twice the widest stripe.
PHASES = 48
#: Lines from voxel to voxel, along ([z,] y, x).
STEPS = (3, 1, 2)
#: Lines of the narrowest stripe, and how many there are to a voxel across the stripes of an axial slice.
_NARROWEST, _TO_A_VOXEL = 3, 5**0.5
#: A stripe is at least as wide, in pixels of the canvas.
_STRIPE_PIXELS = 4.0


def hatched(codes: NDArray[np.uint8], which: int, first: int) -> NDArray[np.uint8]:
    """Give the voxels of one code the codes from `first` on, by the line on which they lie.

    Parameters
    ----------
    codes : ndarray of uint8, shape ([Z,] Y, X)
    which : int
        Code that is hatched.
    first : int
        First of `PHASES` codes that nothing else has.

    Returns
    -------
    ndarray of uint8, same shape
    """
    picture = codes.copy()
    places = np.nonzero(codes == which)
    lines = sum(step * place for step, place in zip(STEPS[-codes.ndim :], places, strict=True))
    picture[places] = first + lines % PHASES
    return picture


def stripe_width(pixels: float) -> int:
    """Lines that make a stripe, where a voxel is `pixels` wide on the canvas."""
    width = _NARROWEST
    while width / _TO_A_VOXEL * pixels < _STRIPE_PIXELS and 4 * width <= PHASES:
        width *= 2
    return width


def stripes(first: int, width: int, one: Rgba, other: Rgba) -> dict[int | None, Any]:
    """Colours of the codes of `hatched`: stripes of `width` lines in turn."""
    return {first + phase: one if phase // width % 2 == 0 else other for phase in range(PHASES)}
