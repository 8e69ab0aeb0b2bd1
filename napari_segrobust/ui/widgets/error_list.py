"""The errors one after another, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_segrobust.ui.widgets.controls import IconButton
from napari_segrobust.ui.widgets.marks import Pattern, paint_chip
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QStyleOptionViewItem

    from napari_segrobust.ui.widgets.palette import Palette

#: Colour and pattern of each kind, as on the canvas.
CHIPS: dict[str, tuple[str, Pattern]] = {
    'FN': ('#0072B2', 'outline'),
    'FP': ('#E69F00', 'hatch'),
    'WC': ('#CC79A7', 'cross'),
}
_CHIP = 12
_GAP = 8


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error in words.

    Attributes
    ----------
    kind : str
        ``FN``, ``FP`` or ``WC`` (wrong class).
    title, size, depth, place : str
        "missed object", "2.3 ml", "6 mm deep", "white matter".
    mark : str
        What became of it since the baseline ("new", "grew"), or "".
    """

    kind: str
    title: str
    size: str
    depth: str
    place: str = ''
    mark: str = ''

    def spoken(self) -> str:
        """Return the row as one sentence."""
        return ', '.join(filter(None, (f'{self.kind} {self.title}', self.size, self.depth, self.place, self.mark)))


class ErrorModel(QAbstractListModel):
    """Rows of the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ErrorRow, ...] = ()

    def set_rows(self, rows: Sequence[ErrorRow]) -> None:
        """Show `rows`; equally many are replaced in place."""
        rows = tuple(rows)
        if len(rows) == len(self.rows):
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of errors."""
        return len(self.rows) if parent is None or not parent.isValid() else 0

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the error in words."""
        spoken = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
        return self.rows[index.row()].spoken() if role in spoken else None


class ErrorDelegate(QStyledItemDelegate):
    """Paints chip, title and place at the left, size and depth in columns at the right."""

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = palette
        self.pending = False
        self._widths: tuple[int, int] | None = None

    def forget_widths(self) -> None:
        """Measure the columns anew at the next paint."""
        self._widths = None

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return one line; words give way in width."""
        return QSize(200, option.fontMetrics.height() + 7)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one error."""
        painter.save()
        row: ErrorRow = index.model().rows[index.row()]
        box = QRect(option.rect)
        surface = self.theme.background
        if option.state & QStyle.StateFlag.State_Selected:
            surface = self.theme.primary if self.theme.is_dark else self.theme.foreground
            painter.fillRect(box, QColor(surface))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.drawLine(box.topLeft(), box.bottomLeft())
        colour, pattern = CHIPS[row.kind]
        chip = QRectF(box.left() + 6, box.center().y() - _CHIP / 2 + 0.5, _CHIP, _CHIP)
        painter.setOpacity(0.5 if self.pending else 1.0)
        paint_chip(painter, chip, colour, pattern, surface)
        painter.setOpacity(1.0)

        painter.setFont(option.font)
        metrics = painter.fontMetrics()
        middle = Qt.AlignmentFlag.AlignVCenter
        ink = QColor(self.theme.muted if self.pending else self.theme.text)
        quiet = ink if surface == self.theme.primary else QColor(self.theme.muted)
        size, depth = self._columns(index, metrics)
        right = box.right() - 6
        painter.setPen(quiet)
        painter.drawText(QRect(right - depth, box.top(), depth, box.height()), middle, row.depth)
        painter.setPen(ink)
        right -= depth + _GAP
        painter.drawText(
            QRect(right - size, box.top(), size, box.height()), middle | Qt.AlignmentFlag.AlignRight, row.size
        )
        right -= size + _GAP

        left = round(chip.right()) + 6
        for words, pen in ((f'{row.kind} {row.title}', ink), (row.mark, ink), (row.place, quiet)):
            room = right - left
            if words and room > 12:
                text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
                painter.setPen(pen)
                painter.drawText(QRect(left, box.top(), room, box.height()), middle, text)
                left += metrics.horizontalAdvance(text) + _GAP
        painter.restore()

    def _columns(self, index: QModelIndex, metrics: Any) -> tuple[int, int]:
        if self._widths is None:
            # the worst come first and are the largest, so they decide the columns
            rows = index.model().rows[:200]
            self._widths = (
                max(metrics.horizontalAdvance(row.size) for row in rows),
                max(metrics.horizontalAdvance(row.depth) for row in rows),
            )
        return self._widths


class ErrorList(QWidget):
    """Header that counts, buttons that step, and the list.

    Parameters
    ----------
    palette : Palette
    """

    #: Index of the chosen error, by hand or by `next` and `previous`; never emitted by `set_errors` or `select`.
    selection_changed = Signal(int)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._silent = False
        self.header = QElidingLabel()
        self.back = IconButton('left', 'Previous error', 'Previous error (Shift+N)', palette=palette)
        self.forth = IconButton('right', 'Next error', 'Next error (N)', palette=palette)
        self.empty = QLabel()
        self.empty.setProperty('role', 'muted')
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.empty.setContentsMargins(6, 6, 6, 6)
        self.view = QListView()
        self.view.setModel(ErrorModel(self))
        self.view.setAccessibleName('Errors')
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._delegate = ErrorDelegate(palette, self)
        self.view.setItemDelegate(self._delegate)

        top = QHBoxLayout()
        top.setContentsMargins(6, 0, 2, 0)
        top.setSpacing(2)
        top.addWidget(self.header, 1)
        top.addWidget(self.back)
        top.addWidget(self.forth)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.empty, 1)

        self.back.clicked.connect(self.previous)
        self.forth.clicked.connect(self.next)
        self.view.selectionModel().currentRowChanged.connect(self._chosen)
        self.apply_palette(palette)
        self.set_errors((), None)

    def set_errors(
        self, rows: Sequence[ErrorRow], total: int | None, empty: str = 'No errors to show.', rest: str = 'rim'
    ) -> None:
        """Show `rows` without emitting; the selection stays at its index where it can.

        Parameters
        ----------
        rows : sequence of ErrorRow
            Those that matter, worst first.
        total : int or None
            How many there are with those that do not matter; None where nothing was compared.
        rest : str
            What those are.
        empty : str
            What to say where there are none.
        """
        index = self.current()
        self._delegate.forget_widths()
        self._silently(lambda: self.view.model().set_rows(rows))
        self.select(min(index, len(rows) - 1))
        count = len(rows)
        if total is None:
            words = 'Errors'
        elif count < total:
            words = f'{count:,} of {total:,} matter, the rest is {rest}'
        else:
            words = f'{count:,} error' + ('s' if count != 1 else '')
        self.header.setText(words)
        self.header.setToolTip(words)
        self.empty.setText(empty)
        self.empty.setVisible(not rows)
        self.view.setVisible(bool(rows))
        self.view.setAccessibleDescription(words)
        self._enable()

    def set_pending(self, pending: bool) -> None:
        """Draw the rows grey while they are older than what is asked for."""
        if pending != self._delegate.pending:
            self._delegate.pending = pending
            self.view.viewport().update()

    def current(self) -> int:
        """Return the index of the chosen error, -1 where none is."""
        return self.view.currentIndex().row()

    def select(self, index: int) -> None:
        """Choose the error `index`, -1 for none, without emitting."""
        self._silently(lambda: self.view.setCurrentIndex(self.view.model().index(index)))
        self._enable()

    def next(self) -> None:
        """Choose the next error."""
        self._step(1)

    def previous(self) -> None:
        """Choose the previous error."""
        self._step(-1)

    def minimumSizeHint(self) -> QSize:
        """Return room for the header and three rows."""
        return QSize(220, 96)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._delegate.theme = palette
        self._delegate.forget_widths()
        self.back.apply_palette(palette)
        self.forth.apply_palette(palette)
        self.setStyleSheet(style_sheet(palette))

    def _step(self, by: int) -> None:
        index = max(0, self.current() + by)
        if index < self.view.model().rowCount():
            self.view.setCurrentIndex(self.view.model().index(index))

    def _chosen(self, index: QModelIndex) -> None:
        self._enable()
        if index.isValid() and not self._silent:
            self.selection_changed.emit(index.row())

    def _enable(self) -> None:
        index, count = self.current(), self.view.model().rowCount()
        self.back.setEnabled(index > 0)
        self.forth.setEnabled(index < count - 1)

    def _silently(self, change: Any) -> None:
        self._silent = True
        change()
        self._silent = False
