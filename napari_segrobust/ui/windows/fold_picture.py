"""Errors by their place in the window, as pictures side by side on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QSizePolicy

from napari_segrobust.digits import three_digits
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette

#: The most errors of the scale; nothing is the background.
_MOST = '#E69F00'
_GAP = 12


class FoldPicture(Painted):
    """Rates by place in the window; places without any voxel stay empty.

    Parameters
    ----------
    palette : Palette
    """

    def __init__(self, *, palette: Palette) -> None:
        super().__init__(palette)
        self._folds: list[tuple[str, NDArray[np.float64]]] = []
        self.most = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName('Errors by place in the window')
        self.setToolTip('Every window laid over every other: where in a window the errors lie')

    def set_folds(self, folds: Sequence[tuple[str, NDArray[np.float64]]]) -> None:
        """Show titles with rates (rows, columns) from 0 to 1, NaN where nothing was counted."""
        self._folds = list(folds)
        known = [fold[np.isfinite(fold)] for _, fold in folds]
        self.most = max((float(part.max()) for part in known if part.size), default=0.0)
        self.setVisible(bool(folds))
        self.setAccessibleDescription(self.scale_words() if folds else '')
        self.updateGeometry()
        self.update()

    def scale_words(self) -> str:
        """What the palest and the darkest place mean."""
        return f'mean over all windows, by place in the window: 0 to {three_digits(100 * self.most)} %'

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(320, 118 + 2 * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures, what each is of above it, and the scale below."""
        if not self._folds:
            return
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.setFont(self.font())
        count = len(self._folds)
        width = (self.width() - _GAP * (count - 1)) / count
        height = self.height() - 2 * metrics.height() - 6
        for place, (title, fold) in enumerate(self._folds):
            left = place * (width + _GAP)
            painter.setPen(QColor(self._palette.text))
            painter.drawText(QRectF(left, 0, width, metrics.height()), int(Qt.AlignmentFlag.AlignLeft), title)
            scale = min(width / fold.shape[1], height / fold.shape[0])
            box = QRectF(left, metrics.height() + 2, fold.shape[1] * scale, fold.shape[0] * scale)
            painter.drawImage(box, self._image(fold))
            painter.setPen(QColor(self._palette.muted))
            painter.drawRect(box)
        below = QRectF(0, self.height() - metrics.height() - 1, self.width(), metrics.height())
        painter.setPen(QColor(self._palette.muted))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), self.scale_words())

    def _image(self, fold: NDArray[np.float64]) -> QImage:
        share = np.nan_to_num(fold / self.most if self.most > 0 else 0 * fold)[..., None]
        none, most = (np.array(QColor(name).getRgb()[:3], np.float64) for name in (self._palette.foreground, _MOST))
        pixels = np.full((*fold.shape, 4), 255, np.uint8)
        pixels[..., :3] = np.rint(none + share * (most - none))
        pixels[np.isnan(fold), 3] = 0
        rows, columns = fold.shape
        return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888).copy()
