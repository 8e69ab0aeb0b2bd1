"""A small reliability diagram: what a model says against the share of raters who agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy

from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.review.soft import Reliability
    from napari_segrobust.ui.widgets.palette import Palette

_DOT = '#E69F00'
#: Radii of the dots, in pixels: of a bin with hardly a voxel, and of the largest.
_SMALL, _LARGE = 2.0, 5.0
_TOOLTIP = (
    'Voxels sorted by the probability that the model says; up: mean share of raters in each bin. On the dashed line '
    'they are equal. Larger dots are more voxels, on a logarithmic scale.'
)


class ReliabilityPlot(Painted):
    """Dots for the bins that hold a voxel, and the line on which model and raters are equal.

    Parameters
    ----------
    palette : Palette
    """

    smaller = 1

    def __init__(self, *, palette: Palette) -> None:
        super().__init__(palette)
        self._found: Reliability | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName('Reliability of the model against the raters')
        self.setToolTip(_TOOLTIP)
        self.apply_palette(palette)

    def set_found(self, found: Reliability | None) -> None:
        """Show bins; None shows nothing."""
        self._found = found
        points = '; '.join(f'{said:.2f} said, {agreed:.2f} agreed' for said, agreed, _ in self.points())
        self.setAccessibleDescription(points)
        self.update()

    def points(self) -> list[tuple[float, float, int]]:
        """Mean probability, mean share and voxels of each bin that holds any."""
        found = self._found
        if found is None:
            return []
        bins = zip(found.counts.tolist(), found.said.tolist(), found.agreed.tolist(), strict=True)
        return [(said / count, agreed / count, count) for count, said, agreed in bins if count]

    def sizeHint(self) -> QSize:
        """Return a square with room for its words."""
        return QSize(112, 120)

    def minimumSizeHint(self) -> QSize:
        """Return a size that can still be read."""
        return QSize(112, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint axes, diagonal and dots."""
        painter, palette, line = QPainter(self), self._palette, self.fontMetrics().height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        side = min(self.width() - line - 18, self.height() - line - 8)
        plot = QRectF(line + 8, 4, side, side)
        painter.setPen(QColor(palette.muted))
        painter.drawRect(plot)
        below = QRectF(plot.left() - 3, plot.bottom() + 2, plot.width() + 6, line)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), 'model says')
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), '0')
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), '1')
        painter.save()
        painter.translate(plot.left() - line - 3, plot.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, plot.height(), line), int(Qt.AlignmentFlag.AlignCenter), 'raters in')
        painter.restore()
        painter.setPen(QPen(QColor(palette.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(plot.bottomLeft(), plot.topRight())
        points = self.points()
        if not points:
            return
        most = np.log1p(max(count for *_, count in points))
        ink = QColor(palette.ink(_DOT))
        painter.setPen(QPen(ink, 1.2))
        places = [QPointF(plot.left() + x * side, plot.bottom() - y * side) for x, y, _ in points]
        painter.drawPolyline(places)
        painter.setBrush(ink)
        for place, (*_, count) in zip(places, points, strict=True):
            radius = _SMALL + (_LARGE - _SMALL) * float(np.log1p(count) / most)
            painter.drawEllipse(place, radius, radius)
