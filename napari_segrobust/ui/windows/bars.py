"""A histogram of shares: how often a window of a training would hold so much foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QSizePolicy, QToolTip

from napari_segrobust.digits import three_digits, trimmed
from napari_segrobust.ui.widgets.curve_data import nice_axis
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qtpy.QtGui import QMouseEvent, QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette


class Bars(Painted):
    """Bars over foreground fraction; windows without any have a bar of their own, hatched, at the left.

    Parameters
    ----------
    palette : Palette
    """

    def __init__(self, *, palette: Palette) -> None:
        super().__init__(palette)
        self._edges: NDArray[np.float64] = np.zeros(0)
        self._shares: NDArray[np.float64] = np.zeros(0)
        self._empty_share, self._words = 0.0, ''
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName('Foreground fraction of random windows')
        self.apply_palette(palette)

    def set_bars(self, edges: Sequence[float], shares: Sequence[float], empty_share: float) -> None:
        """Show shares (B,) of windows between edges (B + 1,), those without foreground left out of them."""
        self._edges, self._shares = np.asarray(edges, float), np.asarray(shares, float)
        self._empty_share, self._words = empty_share, ''
        self.setAccessibleDescription(f'{100 * empty_share:.1f} % of the windows are empty')
        self.update()

    def set_words(self, words: str) -> None:
        """Say why there are no bars."""
        self._edges, self._words = np.zeros(0), words
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(320, 118)

    minimumSizeHint = sizeHint

    def _plot(self) -> QRectF:
        line = self.fontMetrics().height()
        return QRectF(self.rect()).adjusted(44, 6, -10, -2 * line - 6)

    def _boxes(self) -> list[tuple[QRectF, float, str]]:
        """Every bar with its share and its words; the first one is that of the empty windows."""
        plot, top = self._plot(), max(float(self._shares.max(initial=0)), self._empty_share, 1e-9)
        own = 16.0
        left, width = plot.left() + own + 8, plot.width() - own - 8
        span = self._edges[-1] - self._edges[0]
        boxes = []

        def box(x: float, wide: float, share: float) -> QRectF:
            high = share / top * plot.height()
            return QRectF(x, plot.bottom() - high, wide, high)

        boxes.append((box(plot.left(), own, self._empty_share), self._empty_share, 'no foreground'))
        for lo, hi, share in zip(self._edges, self._edges[1:], self._shares, strict=False):
            x, wide = left + (lo - self._edges[0]) / span * width, (hi - lo) / span * width
            words = f'{three_digits(100 * lo)} to {three_digits(100 * hi)} % foreground'
            boxes.append((box(x, max(wide - 1, 1), share), share, words))
        return boxes

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the bar under the pointer is."""
        plot = self._plot()
        for box, share, words in self._boxes() if len(self._edges) else ():
            if box.left() <= event.position().x() <= box.right() and plot.contains(event.position()):
                text = f'{three_digits(100 * share)} % of the windows: {words}'
                QToolTip.showText(event.globalPosition().toPoint(), text, self)
                return
        QToolTip.hideText()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars and axes."""
        painter, palette = QPainter(self), self._palette
        painter.setFont(self.font())
        if not len(self._edges):
            painter.setPen(QColor(palette.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(12, 0, -12, 0), int(words), self._words)
            return
        plot, line = self._plot(), self.fontMetrics().height()
        boxes = self._boxes()
        top = max(float(self._shares.max(initial=0)), self._empty_share, 1e-9)
        painter.setPen(QColor(palette.muted))
        for share in (0.0, top):
            y = plot.bottom() - share / top * plot.height()
            box = QRectF(0, y - line / 2, plot.left() - 6, line)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, int(right), f'{trimmed(100 * share, 0)} %')
        for place, (box, _, _) in enumerate(boxes):
            if place == 0:
                painter.fillRect(box, QColor(palette.foreground))
                colour = QColor(palette.ink('#E69F00'))
                painter.fillRect(box, colour)
                painter.setPen(QColor(palette.background))
                painter.setClipRect(box)
                for shift in range(-20, int(box.height()) + 40, 6):
                    painter.drawLine(box.bottomLeft() + QPointF(0, -shift), box.bottomLeft() + QPointF(20, -shift - 20))
                painter.setClipping(False)
            else:
                painter.fillRect(box, QColor(palette.ink('#56B4E9')))
        painter.setPen(QColor(palette.muted))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        centre = int(Qt.AlignmentFlag.AlignHCenter)
        painter.drawText(QRectF(plot.left() - 22, plot.bottom() + 3, 60, line), centre, 'empty')
        first, last = boxes[1][0].left(), boxes[-1][0].right()
        axis = nice_axis([self._edges[0], self._edges[-1]], 8)
        for tick in axis.ticks:
            x = first + (tick - self._edges[0]) / (self._edges[-1] - self._edges[0]) * (last - first)
            if first - 1 <= x <= last + 1 and tick > 0:
                painter.drawText(QRectF(x - 24, plot.bottom() + 3, 48, line), centre, trimmed(100 * tick, 3))
        below = QRectF(plot.left(), plot.bottom() + 3 + line, plot.width(), line)
        painter.drawText(below, centre, 'foreground in the window (%)')
