"""Small pictures of an image plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QRectF, QSize
from qtpy.QtGui import QColor, QImage, QPainter, QPixmap
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_segrobust.ui.widgets.marks import paint_icon

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette

_SIDE = 84
_ARROW = 16


def pixmap(image: NDArray[np.float32], limits: tuple[float, float], *, channel: int = 0, rgb: bool = False) -> QPixmap:
    """Picture of a plane.

    Parameters
    ----------
    image : ndarray, shape (C, rows, columns)
    limits : (float, float)
        What is black and what is white; for grey values.
    channel : int
        The one that is shown.
    rgb : bool
        Whether the channels are red, green and blue from 0 to 255.
    """
    if rgb:
        bytes_ = np.moveaxis(image, 0, -1)
        lo, hi = 0.0, 255.0
    else:
        bytes_ = image[min(channel, len(image) - 1)]
        lo, hi = limits
    scaled = np.nan_to_num((bytes_ - lo) * (255 / (hi - lo or 1.0)), nan=0.0, posinf=255.0, neginf=0.0)
    grey = np.ascontiguousarray(scaled.clip(0, 255).astype(np.uint8))
    form = QImage.Format.Format_RGB888 if rgb else QImage.Format.Format_Grayscale8
    made = QImage(grey.data, grey.shape[1], grey.shape[0], grey.strides[0], form)
    return QPixmap.fromImage(made.copy())


def paint_picture(painter: QPainter, picture: QPixmap | None, box: QRectF, palette: Palette) -> None:
    """Fit a picture into a box, keeping its shape; an empty frame where there is none yet."""
    painter.fillRect(box, QColor('#000000' if picture is not None else palette.primary))
    if picture is None or picture.isNull():
        return
    ratio = min(box.width() / picture.width(), box.height() / picture.height())
    size = QSize(max(1, round(picture.width() * ratio)), max(1, round(picture.height() * ratio)))
    place = QRectF(0, 0, size.width(), size.height())
    place.moveCenter(box.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(place, picture, QRectF(picture.rect()))


class BeforeAfter(QWidget):
    """Two pictures with an arrow between them."""

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette
        self._pictures: tuple[QPixmap | None, QPixmap | None] = (None, None)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName('Before and after')
        self.setToolTip('The shown slice before this entry, and after it')

    def set_pictures(self, before: QPixmap | None, after: QPixmap | None) -> None:
        """Show two pictures; None leaves a frame empty."""
        self._pictures = (before, after)
        self.update()

    def pictures(self) -> tuple[QPixmap | None, QPixmap | None]:
        """What is shown."""
        return self._pictures

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for two pictures."""
        return QSize(2 * _SIDE + _ARROW, _SIDE)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures, and the arrow."""
        painter = QPainter(self)
        before, after = self._pictures
        paint_picture(painter, before, QRectF(0, 0, _SIDE, _SIDE), self._palette)
        arrow = QRectF(_SIDE, (_SIDE - _ARROW) / 2, _ARROW, _ARROW)
        paint_icon(painter, arrow, 'right', self._palette.muted)
        paint_picture(painter, after, QRectF(_SIDE + _ARROW, 0, _SIDE, _SIDE), self._palette)
