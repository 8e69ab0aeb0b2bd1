"""A number per slice as a strip: where along the volume it is bad, and the way there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_segrobust.digits import three_digits
from napari_segrobust.ui.widgets.palette import mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from napari_segrobust.ui.widgets.palette import Palette

_HEIGHT = 22
#: Height of the foot that tells a slice with the value 0 from one that has none.
_FOOT = 2


class SliceRail(QWidget):
    """One bar per slice, from 0 to 1; slices without a number stay empty. A click or a drag goes to a slice.

    Keys: left and right go to the slice before and after.

    Parameters
    ----------
    palette : Palette
    """

    #: Slice that was asked for.
    chosen = Signal(int)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: tuple[float, ...] = ()
        self._clean: tuple[float, ...] = ()
        self._title = self._baseline = ''
        self._current: int | None = None
        self._pending = False
        self._palette = palette
        self._picture: QPixmap | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        keep = self.sizePolicy()
        keep.setRetainSizeWhenHidden(True)  # the button beside it stays where it is
        self.setSizePolicy(keep)
        self.setAccessibleName('Slices')

    # -- what is shown

    def set_values(
        self, values: Sequence[float], clean: Sequence[float] = (), *, title: str = '', baseline: str = ''
    ) -> None:
        """Show a value from 0 to 1 for each slice, NaN for none; and marks where the baseline's values are.

        Parameters
        ----------
        values, clean : sequence of float
        title : str
            Of the metric.
        baseline : str
            What the baseline is called.
        """
        self._values, self._clean = tuple(values), tuple(clean)
        self._title, self._baseline = title, baseline
        self._picture = None
        known = [(value, index) for index, value in enumerate(self._values) if not math.isnan(value)]
        worst = f'worst {three_digits(min(known)[0])} in slice {min(known)[1]}' if known else 'no slice has a number'
        self.setAccessibleDescription(f'{title} of {len(known)} slices, {worst}')
        self.update()

    def set_current(self, index: int | None) -> None:
        """Mark the slice on the canvas; None for none."""
        if index != self._current:
            self._current = index
            self.update()

    def set_pending(self, pending: bool) -> None:
        """Say that the numbers are older than what is asked for."""
        if pending != self._pending:
            self._pending, self._picture = pending, None
            self.update()

    def values(self) -> tuple[float, ...]:
        """Return what is shown."""
        return self._values

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette, self._picture = palette, None
        self.update()

    def sizeHint(self) -> QSize:
        """Return a low strip."""
        return QSize(300, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Return the narrowest strip in which slices can be told apart."""
        return QSize(80, _HEIGHT)

    # -- hands

    def index_at(self, x: float) -> int:
        """Return the slice at a place, in pixels from the left."""
        return max(0, min(len(self._values) - 1, int(x / max(1, self.width()) * len(self._values))))

    def left(self, index: int) -> float:
        """Return where the bar of a slice begins, in pixels."""
        return index * self.width() / max(1, len(self._values))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the slice."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self.index_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say the number under the mouse; while the button is down, go there."""
        if not self._values:
            return
        index = self.index_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(index)
        QToolTip.showText(event.globalPosition().toPoint(), self._words(index), self)

    def leaveEvent(self, event: QEvent) -> None:
        """Say nothing any more."""
        QToolTip.hideText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step through the slices."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and self._current is not None:
            self._choose(max(0, min(len(self._values) - 1, self._current + steps[event.key()])))
        else:
            super().keyPressEvent(event)

    def _choose(self, index: int) -> None:
        if self._values and index != self._current:
            self.set_current(index)
            self.chosen.emit(index)

    def _words(self, index: int) -> str:
        value = self._values[index]
        words = 'no number: empty in both' if math.isnan(value) else f'{self._title} {three_digits(value)}'
        if index < len(self._clean) and not math.isnan(self._clean[index]):
            words = f'{words}, {self._baseline} {three_digits(self._clean[index])}'
        return f'slice {index}: {words}'

    # -- paint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint the bars anew."""
        self._picture = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars, and over them the present slice."""
        if self._picture is None:
            self._picture = self._paint_bars()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        if self._current is not None and self._values:
            x, width = self.left(self._current), max(2.0, self.width() / len(self._values))
            painter.setPen(QPen(QColor(self._palette.text), 1))
            painter.drawRect(QRectF(x - 0.5, 0.5, width, self.height() - 1))
        if self.hasFocus():
            painter.setPen(QColor(self._palette.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_bars(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        palette, height = self._palette, self.height()
        picture.fill(QColor(palette.foreground))
        painter = QPainter(picture)
        share = 0.6 if self._pending else 0.15
        bar, mark = QColor(mix(palette.muted, palette.foreground, share)), QColor(palette.accent)
        for index, value in enumerate(self._values):
            x, width = self.left(index), self.width() / len(self._values)
            if not math.isnan(value):
                top = (height - _FOOT) * (1 - value)
                painter.fillRect(QRectF(x, top, max(1.0, width - (1 if width > 3 else 0)), height - top), bar)
            if index < len(self._clean) and not math.isnan(self._clean[index]):
                painter.fillRect(QRectF(x, (height - _FOOT) * (1 - self._clean[index]), max(1.0, width), 1), mark)
        painter.end()
        return picture
