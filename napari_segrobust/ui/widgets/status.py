"""One line that always says what the program is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_segrobust.ui.widgets.controls import IconButton

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette

State = Literal['idle', 'waiting', 'running', 'stale', 'failed']


class StateDot(QWidget):
    """Sign of the state: ring idle, half-filled waiting, disc running, diamond stale, cross failed."""

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state: State = 'idle'
        self._palette = palette
        self.setFixedSize(14, 14)

    def show_state(self, state: State) -> None:
        """Show the sign of `state`."""
        self.state = state
        self.update()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.update()

    def _colour(self) -> str:
        palette = self._palette
        named = {'running': palette.accent, 'stale': palette.ink(palette.warning), 'failed': palette.ink(palette.error)}
        return named.get(self.state, palette.muted)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = QColor(self._colour())
        painter.setPen(QPen(ink, 1.6))
        box = QRectF(3, 3, 8, 8)
        if self.state == 'failed':
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.topRight(), box.bottomLeft())
        elif self.state == 'stale':
            centre = box.center()
            painter.drawPolygon(QPolygonF([centre + QPointF(*p) for p in ((0, -5), (5, 0), (0, 5), (-5, 0))]))
        else:
            if self.state == 'running':
                painter.setBrush(ink)
            painter.drawEllipse(box)
            if self.state == 'waiting':
                painter.setBrush(ink)
                painter.drawPie(box, 90 * 16, 180 * 16)


class ThinBar(QWidget):
    """Progress as a line two pixels high; it keeps its place when there is none."""

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.done, self.total = 0, 0
        self._palette = palette
        self.setFixedHeight(2)

    def show_progress(self, done: int, total: int) -> None:
        """Show `done` of `total`; nothing where `total` is 0."""
        if (done, total) != (self.done, self.total):
            self.done, self.total = done, total
            self.update()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        if self.total <= 0:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._palette.primary))
        done = min(1.0, self.done / self.total)
        painter.fillRect(QRectF(0, 0, self.width() * done, self.height()), QColor(self._palette.accent))


class StatusLine(QWidget):
    """Sign, words, progress, and a cancel button that is always in its place.

    Parameters
    ----------
    palette : Palette
    """

    #: The user wants the running work to stop.
    cancelled = Signal()

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dot = StateDot(palette)
        self.text = QElidingLabel()
        self.text.setMinimumWidth(80)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.cancel = IconButton(
            'close', 'Cancel', 'Stop the running work; the last good result stays', palette=palette
        )
        self.bar = ThinBar(palette)
        policy = self.cancel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.cancel.setSizePolicy(policy)

        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(self.dot)
        line.addWidget(self.text, 1)
        line.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 4, 2)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.bar)

        self.cancel.clicked.connect(self.cancelled)
        self.apply_palette(palette)
        self.set_status('idle')

    def set_status(self, state: State, text: str = '') -> None:
        """Show `state`, and `text` for its details ("42 ms, 3 of 9 windows, cpu")."""
        mark = ' ' if state == 'running' else ': '
        words = f'{state}{mark}{text}' if text else state
        self.dot.show_state(state)
        if words != self.text.text():
            self.text.setText(words)
            for part in (self, self.text):
                part.setToolTip(words)
            self.setAccessibleName(f'Status: {words}')
        self.cancel.setVisible(state in ('waiting', 'running'))
        if state not in ('waiting', 'running'):
            self.bar.show_progress(0, 0)

    def set_progress(self, done: int, total: int) -> None:
        """Show that `done` of `total` windows are computed; `total` 0 shows no bar."""
        self.bar.show_progress(done, total)
        self.bar.setAccessibleName(f'{done} of {total} windows' if total else 'no progress to show')

    def sizeHint(self) -> QSize:
        """Return one line."""
        return QSize(300, super().sizeHint().height())

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        for part in (self.dot, self.cancel, self.bar):
            part.apply_palette(palette)
