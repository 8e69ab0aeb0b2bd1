"""How codes become something to look at: a second cue beside colour, for people who see colours differently.

False positives are hatched, false negatives outlined, true positives drawn as a thin rim so that the image
stays visible. Pictures are for the canvas alone; numbers and exports use the codes themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare import ChangeCode, DriftCode, ErrorCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Added to a code where its paler second shade is drawn.
PALE = 10
#: Added to a code where the picture is provisional.
PROVISIONAL = 20


def error_picture(codes: NDArray[np.uint8], provisional: bool = False) -> NDArray[np.uint8]:
    """Error codes with hatching, outlines and a thin rim for true positives.

    Parameters
    ----------
    codes : ndarray uint8, shape (..., rows, columns)
        See `ErrorCode`.
    provisional : bool
        Draw everything on every third diagonal only.

    Returns
    -------
    ndarray uint8
        ``code`` or ``code + PALE``; 0 where nothing is drawn.
    """
    picture = codes.copy()
    inner = _inner(codes)
    picture[(codes == ErrorCode.TRUE_POSITIVE) & inner] = 0
    picture[(codes == ErrorCode.FALSE_NEGATIVE) & inner] += PALE
    diagonal = _diagonal(codes.shape[-2:], 2)
    picture[((codes == ErrorCode.FALSE_POSITIVE) | (codes == ErrorCode.WRONG_CLASS)) & diagonal] += PALE
    return _provisional(picture) if provisional else picture


def change_picture(codes: NDArray[np.uint8], with_reference: bool, provisional: bool = False) -> NDArray[np.uint8]:
    """Change codes with hatching for what got worse (or was lost) and outlines for what got better (or was gained)."""
    picture = codes.copy()
    outlined, hatched = (
        (ChangeCode.NEWLY_RIGHT, ChangeCode.NEWLY_WRONG) if with_reference else (DriftCode.GAINED, DriftCode.LOST)
    )
    picture[(codes == outlined) & _inner(codes)] += PALE
    picture[(codes == hatched) & _diagonal(codes.shape[-2:], 2)] += PALE
    return _provisional(picture) if provisional else picture


def _inner(codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels whose four in-plane neighbours have the same code."""
    inner = np.zeros(codes.shape, bool)
    centre = codes[..., 1:-1, 1:-1]
    inside = centre == codes[..., :-2, 1:-1]
    inside &= centre == codes[..., 2:, 1:-1]
    inside &= centre == codes[..., 1:-1, :-2]
    inside &= centre == codes[..., 1:-1, 2:]
    inner[..., 1:-1, 1:-1] = inside
    return inner


def _diagonal(shape: tuple[int, ...], period: int) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    stripes: NDArray[np.bool_] = (rows + columns) // period % 2 == 0
    return stripes


def _provisional(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = np.ogrid[: picture.shape[-2], : picture.shape[-1]]
    return np.where((rows - columns) % 3 == 0, picture, np.uint8(0))
