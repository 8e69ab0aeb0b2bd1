"""A column of rows that are put in another order with the mouse, or with the arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_segrobust.ui.widgets.controls import IconButton

if TYPE_CHECKING:
    from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette

_LINE = 3


class Grip(IconButton):
    """Handle of a row: drag it with the mouse, or move the row with the up and down keys."""

    #: -1 for one place earlier, +1 for one later.
    stepped = Signal(int)
    #: Place of the mouse on the screen while it drags.
    dragged = Signal(QPoint)
    #: The mouse let go, at a place on the screen.
    dropped = Signal(QPoint)

    def __init__(self, name: str, *, palette: Palette, parent: QWidget | None = None) -> None:
        words = 'Drag to another place, or press the up and down keys'
        super().__init__('grip', name, words, palette=palette, parent=parent)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the row by one place."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps:
            self.stepped.emit(steps[event.key()])
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._dragging = True
            self.dragged.emit(event.globalPosition().toPoint())
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._dragging:
            self._dragging = False
            self.dropped.emit(event.globalPosition().toPoint())
        super().mouseReleaseEvent(event)


class RowColumn(QWidget):
    """Rows one below the other; a line shows where a dragged one would land.

    Parameters
    ----------
    palette : Palette
    """

    #: A row was dragged from one place to another.
    moved = Signal(int, int)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette
        self._rows: list[QWidget] = []
        self._landing: int | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)

    def set_rows(self, rows: list[QWidget]) -> None:
        """Show these rows in this order; those that are not among them are taken away and deleted."""
        for row in self._rows:
            self._layout.removeWidget(row)
            if row not in rows:
                row.hide()
                row.deleteLater()
        self._rows = list(rows)
        before: QWidget | None = None
        for row in rows:
            self._layout.addWidget(row)
            row.show()
            if before is not None:
                QWidget.setTabOrder(before, row)
            before = row

    def hold(self, row: QWidget, grip: Grip) -> None:
        """Let a grip drag its row."""
        grip.dragged.connect(self._follow)
        grip.dropped.connect(lambda place: self._drop(row, place))

    def place_at(self, screen: QPoint) -> int:
        """Between which rows a place on the screen lies: 0 before the first."""
        y = self.mapFromGlobal(screen).y()
        return sum(y > row.geometry().center().y() for row in self._rows)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line where the row would land."""
        if self._landing is None or not self._rows:
            return
        last = self._landing == len(self._rows)
        row = self._rows[-1 if last else self._landing].geometry()
        y = row.bottom() if last else max(0, row.top() - _LINE)
        QPainter(self).fillRect(0, y, self.width(), _LINE, QColor(self._palette.accent))

    def _follow(self, screen: QPoint) -> None:
        self._landing = self.place_at(screen)
        self.update()

    def _drop(self, row: QWidget, screen: QPoint) -> None:
        self._landing = None
        self.update()
        start, place = self._rows.index(row), self.place_at(screen)
        end = place - (place > start)
        if end != start:
            self.moved.emit(start, end)
