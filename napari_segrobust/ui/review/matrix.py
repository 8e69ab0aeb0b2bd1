"""The matrix of raters: a cell for each pair, to point at, to click, and to walk through with the arrow keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip

from napari_segrobust.ui.review.ramps import ink_on
from napari_segrobust.ui.widgets.painted import Painted
from napari_segrobust.ui.widgets.palette import mix

if TYPE_CHECKING:
    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from napari_segrobust.ui.review.matrix_data import Cell, Matrix
    from napari_segrobust.ui.widgets.palette import Palette

#: Between cells, before further readings, and around everything, in pixels.
_GAP, _BREAK, _PAD = 2, 6, 2
_TALLEST, _WIDEST = 30, 84
#: A cell narrower than this cannot hold a number.
_NARROWEST = 40
#: Share of its size to which a number shrinks in a narrow cell.
_SMALLEST = 0.7
#: Of the bar of colours with its words, where the cells are few.
_WIDEST_RAMP = 260
_TITLE_SHARE = 0.45
_STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class MatrixView(Painted):
    """Paints a `Matrix`.

    Keys: the arrows move from cell to cell, Enter and Space open one.

    Parameters
    ----------
    palette : Palette
    """

    #: A pair was asked for, or the open one once more: names of the masks, the reference first.
    opened = Signal(str, str)

    def __init__(self, *, palette: Palette) -> None:
        super().__init__(palette)
        self._matrix: Matrix | None = None
        self._words = ''
        self._place: tuple[int, int] | None = None
        self._open: tuple[str, str] | None = None
        self._pending = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName('Agreement of each pair of raters')
        self.apply_palette(palette)

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_matrix(self, matrix: Matrix | None, words: str = '') -> None:
        """Show numbers; without any, what to say instead."""
        self._matrix, self._words = matrix, words
        if matrix is None or self._cell(self._place) is None:
            self._place = None
        self.setAccessibleDescription(words if matrix is None else matrix.words)
        self.updateGeometry()
        self.update()

    def set_pending(self, pending: bool) -> None:
        """Say that the numbers are older than what is asked for."""
        if pending != self._pending:
            self._pending = pending
            self.update()

    def set_open(self, pair: tuple[str, str] | None) -> None:
        """Frame the pair that is on the canvas."""
        if pair != self._open:
            self._open = pair
            self.update()

    def sizeHint(self) -> QSize:
        """Return room for five raters."""
        return QSize(430, 150)

    def minimumSizeHint(self) -> QSize:
        """Return the least at which every cell holds its number."""
        if self._matrix is None:
            return QSize(200, 60)
        line, matrix = self.fontMetrics().height(), self._matrix
        return QSize(130 + _NARROWEST * len(matrix.columns), 2 * line + len(matrix.rows) * (line + _GAP) + _BREAK)

    # -- where things are -----------------------------------------------------------------------------------------

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell lies, in pixels."""
        matrix, line = self._matrix, self.fontMetrics().height()
        left, top = self._titles(), line + _PAD
        room = self.width() - left - _PAD
        widest = max(_WIDEST, *(self.fontMetrics().horizontalAdvance(name) + 8 for name in matrix.columns))
        width = min(widest, room / len(matrix.columns))
        first = next((i for i, one in enumerate(matrix.rows) if one.is_again), len(matrix.rows))
        broken = _BREAK if first < len(matrix.rows) else 0
        height = min(_TALLEST, (self.height() - top - line - 3 * _PAD - broken) / len(matrix.rows))
        y = top + row * height + (broken if row >= first else 0)
        return QRectF(left + column * width, y, width - _GAP, height - _GAP)

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Row and column of the cell at a place of the widget that holds a pair."""
        if self._matrix is not None:
            for i, row in enumerate(self._matrix.rows):
                for j, cell in enumerate(row.cells):
                    if cell is not None and self.cell_rect(i, j).contains(place):
                        return i, j
        return None

    def _titles(self) -> float:
        """Width of the column of names."""
        metrics, matrix = self.fontMetrics(), self._matrix
        names = max(metrics.horizontalAdvance(row.title) for row in matrix.rows)
        beside = max(metrics.horizontalAdvance(row.beside) for row in matrix.rows)
        common = metrics.horizontalAdvance(f'{matrix.common} \u2026') if matrix.common else 0
        title = metrics.horizontalAdvance(matrix.title)
        return min(max(names + beside + 18, common + 8, title + 8), _TITLE_SHARE * self.width())

    def _cell(self, place: tuple[int, int] | None) -> Cell | None:
        rows = () if self._matrix is None else self._matrix.rows
        if place is None or not (0 <= place[0] < len(rows) and 0 <= place[1] < len(rows[0].cells)):
            return None
        return rows[place[0]].cells[place[1]]

    # -- hands ----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the pair under the pointer."""
        place = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._place = place
            self._open_current()
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the cell, or the row, under the pointer is."""
        cell = self._cell(self.cell_at(event.position()))
        self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
        words = cell.tip if cell is not None else self._title_tip(event.position())
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def leaveEvent(self, event: QEvent) -> None:
        """Say nothing any more."""
        QToolTip.hideText()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the first pair."""
        if self._place is None:
            self._place = self._next(0, -1, (0, 1))
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to the next pair in a direction, or open one."""
        if event.key() in _STEPS and self._matrix is not None:
            start = (0, -1) if self._place is None else self._place
            step = _STEPS[event.key()] if self._place is not None else (0, 1)
            found = self._next(*start, step)
            if found is not None:
                self._place = found
                where = self.mapToGlobal(self.cell_rect(*found).bottomRight().toPoint())
                QToolTip.showText(where, self._cell(found).tip, self)
                self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._open_current()
        else:
            super().keyPressEvent(event)

    def _next(self, row: int, column: int, step: tuple[int, int]) -> tuple[int, int] | None:
        """The next place in a direction that holds a pair; None where there is none."""
        count = 0 if self._matrix is None else len(self._matrix.rows)
        while 0 <= (row := row + step[0]) < count and 0 <= (column := column + step[1]) < len(self._matrix.columns):
            if self._cell((row, column)) is not None:
                return row, column
        return None

    def _open_current(self) -> None:
        cell = self._cell(self._place)
        if cell is not None:
            self.opened.emit(*cell.pair)

    def _title_tip(self, place: QPointF) -> str:
        if self._matrix is None:
            return ''
        for i, row in enumerate(self._matrix.rows):
            rect = self.cell_rect(i, 0)
            if place.x() < rect.left() and rect.top() <= place.y() <= rect.bottom():
                return row.tip
        return ''

    # -- paint ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names, cells and what the colours mean."""
        painter = QPainter(self)
        painter.setFont(self.font())
        if self._matrix is None:
            painter.setPen(QColor(self._palette.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(12, 0, -12, 0), int(words), self._words)
            return
        painter.setOpacity(0.45 if self._pending else 1.0)
        self._paint_names(painter, self._matrix)
        for i, row in enumerate(self._matrix.rows):
            for j, cell in enumerate(row.cells):
                if cell is not None:
                    self._paint_cell(painter, self.cell_rect(i, j), cell, row.is_again)
                elif not row.is_again:
                    painter.fillRect(self.cell_rect(i, j), QColor(self._palette.foreground))
        self._paint_ramp(painter, self._matrix)
        if self.hasFocus() and self._cell(self._place) is not None:
            rect = self.cell_rect(*self._place)
            for colour, inset in ((self._palette.background, 1), (self._palette.text, 0)):
                painter.setPen(QPen(QColor(colour), 2 - inset))
                painter.drawRect(rect.adjusted(inset, inset, -inset, -inset))

    def _paint_names(self, painter: QPainter, matrix: Matrix) -> None:
        metrics, palette = self.fontMetrics(), self._palette
        left, line = self._titles(), self.fontMetrics().height()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(palette.muted))
        if matrix.common:
            words = metrics.elidedText(f'{matrix.common} \u2026', Qt.TextElideMode.ElideRight, int(left - 6))
            painter.drawText(QRectF(_PAD, 0, left - 6, line), int(middle | Qt.AlignmentFlag.AlignLeft), words)
        room = self.cell_rect(0, 0).width()
        fit = all(metrics.horizontalAdvance(name) <= room for name in matrix.columns)
        for j, name in enumerate(matrix.columns if fit else matrix.heads):
            rect = self.cell_rect(0, j)
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(rect.width()))
            painter.setPen(QColor(palette.text))
            painter.drawText(
                QRectF(rect.left(), 0, rect.width(), line), int(middle | Qt.AlignmentFlag.AlignHCenter), words
            )
        for i, row in enumerate(matrix.rows):
            rect = self.cell_rect(i, 0)
            beside = metrics.horizontalAdvance(row.beside)
            room = QRectF(_PAD, rect.top(), left - beside - 14, rect.height())
            painter.setPen(QColor(palette.text))
            words = metrics.elidedText(row.title, Qt.TextElideMode.ElideMiddle, int(room.width()))
            painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignLeft), words)
            painter.setPen(QColor(palette.muted))
            room = QRectF(left - beside - 8, rect.top(), beside + 2, rect.height())
            painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignRight), row.beside)

    def _paint_cell(self, painter: QPainter, rect: QRectF, cell: Cell, is_again: bool) -> None:
        palette = self._palette
        if cell.colour is None:
            painter.fillRect(rect, QColor(palette.foreground))
            hatch = QColor(mix(palette.muted, palette.foreground, 0.5))
            painter.fillRect(rect, QBrush(hatch, Qt.BrushStyle.BDiagPattern))
            painter.setPen(QColor(palette.text))
        else:
            painter.fillRect(rect, QColor(cell.colour))
            painter.setPen(QColor(ink_on(cell.colour)))
        wide = self.fontMetrics().horizontalAdvance(cell.text)
        if wide > rect.width() - 2:
            # Three digits are never cut: in a narrow cell they are smaller.
            font = self.font()
            font.setPointSizeF(font.pointSizeF() * max(_SMALLEST, (rect.width() - 2) / wide))
            painter.setFont(font)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), cell.text)
        painter.setFont(self.font())
        if is_again:
            painter.setPen(QPen(QColor(palette.text), 1, Qt.PenStyle.DotLine))
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
        if cell.pair == self._open:
            painter.setPen(QPen(QColor(palette.text), 3))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def _paint_ramp(self, painter: QPainter, matrix: Matrix) -> None:
        """A bar below the cells with the words and numbers of its ends."""
        metrics, line = self.fontMetrics(), self.fontMetrics().height()
        first, last = matrix.ramp.ends
        left, right = self.cell_rect(0, 0).left(), self.cell_rect(0, len(matrix.columns) - 1).right()
        right = min(max(right, left + _WIDEST_RAMP), self.width() - _PAD)
        y = self.cell_rect(len(matrix.rows) - 1, 0).bottom() + 2 * _PAD
        painter.setPen(QColor(self._palette.muted))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(_PAD, y, left - 2 * _PAD, line), middle, matrix.title)
        widths = [metrics.horizontalAdvance(words) + 6 for words in (first, last)]
        bar = QRectF(left + widths[0], y + line / 4, max(20.0, right - left - sum(widths)), line / 2)
        shades = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(9):
            shades.setColorAt(step / 8, QColor(matrix.ramp.at(step / 8)))
        painter.fillRect(bar, QBrush(shades))
        painter.drawText(QRectF(bar.left() - widths[0], y, widths[0], line), middle, first)
        painter.drawText(QRectF(bar.right() + 6, y, widths[1], line), middle, last)
