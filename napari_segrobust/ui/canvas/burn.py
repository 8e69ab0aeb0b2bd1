"""Words burnt into a picture: whatever leaves the program says what was simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QImage, QPainter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGIN = 6.0
#: Letters in pixels: about a thirtieth of the picture's height, and never too small to read.
_SMALLEST, _LARGEST = 11, 32


def burn(picture: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """Write `text` whole into a strip above a picture, which is not covered.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns), (rows, columns, 3) or (rows, columns, 4), uint8
        Never changed.
    text : str
        Lines are broken where the picture is too narrow. Without text the picture comes back as it is.

    Returns
    -------
    ndarray, shape (rows + strip, columns, 4), uint8
        RGBA; the last `rows` rows are the picture.

    Raises
    ------
    RuntimeError
        There is no Qt application, without which Qt has no fonts.
    """
    body = rgba(picture)
    if not text:
        return body
    if QGuiApplication.instance() is None:
        raise RuntimeError('burning text needs a Qt application')
    rows, columns = body.shape[:2]
    font = QFont()
    font.setPixelSize(int(np.clip(rows / 30, _SMALLEST, _LARGEST)))
    flags = int(Qt.TextFlag.TextWrapAnywhere if _narrow(font, text, columns) else Qt.TextFlag.TextWordWrap)
    room = QRectF(_MARGIN, _MARGIN, max(columns - 2 * _MARGIN, 1.0), 1e6)
    needed = QFontMetricsF(font).boundingRect(room, flags, text)
    strip = QImage(columns, int(np.ceil(needed.height() + 2 * _MARGIN)), QImage.Format.Format_RGBA8888)
    strip.fill(QColor('black'))
    painter = QPainter(strip)
    painter.setFont(font)
    painter.setPen(QColor('white'))
    painter.drawText(room, flags, text)
    painter.end()
    return np.concatenate([pixels(strip), body])


def _narrow(font: QFont, text: str, columns: int) -> bool:
    """Whether a single word is wider than the picture: then lines break inside words."""
    width = QFontMetricsF(font).horizontalAdvance
    return max(width(word) for word in text.split()) > columns - 2 * _MARGIN


def rgba(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a grey, RGB or RGBA picture as RGBA; one that is RGBA already comes back itself."""
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    if picture.shape[2] == 4:
        return picture
    return np.concatenate([picture, np.full((*picture.shape[:2], 1), 255, np.uint8)], axis=2)


def pixels(image: QImage) -> NDArray[np.uint8]:
    """Copy of a RGBA8888 image's pixels, without the padding of its lines."""
    raw = image.constBits()
    if hasattr(raw, 'setsize'):  # PyQt gives an unsized pointer, PySide a memoryview
        raw.setsize(image.sizeInBytes())
    lines = np.frombuffer(raw, np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()
