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

from napari_segrobust.digits import MINUS
from napari_segrobust.ui.widgets.controls import FloatBox, IconButton, buddy, named
from napari_segrobust.ui.widgets.marks import Pattern, paint_chip

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
#: Room for chip, title and gaps, for which depth gives way.
_TITLE = 150
#: How what became of an error is written in a narrow column.
_SHORT = {'grown by ': '+', 'smaller by ': MINUS}
#: What the line of changes counts.
_CHANGES = """
new: nothing of it was an error before
grown, smaller: by its volume
split off: part of one that was larger
moved: as large, elsewhere
below the floor: not smaller than that before; listed last
gone: nothing is left of it beyond the tolerance; listed last"""
#: What the arrow keys and the wheel make of a floor, in ml.
FLOORS = (0.0, *(round(digit * 10.0**power, 3) for power in range(-3, 2) for digit in (1, 2, 5)), 100.0)


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
        What became of it since the baseline ("new", "grown by 0.4 ml"), or "".
    former : bool
        It matters in the baseline alone.
    """

    kind: str
    title: str
    size: str
    depth: str
    place: str = ''
    mark: str = ''
    former: bool = False

    @property
    def short_mark(self) -> str:
        """The mark as the list writes it: "+0.4 ml"."""
        words = next((words for words in _SHORT if self.mark.startswith(words)), '')
        return self.mark.replace(words, _SHORT[words], 1) if words else self.mark

    @property
    def worse(self) -> bool:
        """Whether it is larger than in the baseline."""
        return self.mark == 'new' or self.mark.startswith('grown')

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
    """Paints chip, title and place at the left; size, what became of it and depth in columns at the right."""

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = palette
        self.pending = False
        self._widths: tuple[int, ...] | None = None

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
        grey = self.pending or row.former
        painter.setOpacity(0.5 if grey else 1.0)
        paint_chip(painter, chip, colour, pattern, surface)
        painter.setOpacity(1.0)

        painter.setFont(option.font)
        metrics = painter.fontMetrics()
        middle = Qt.AlignmentFlag.AlignVCenter
        ink = QColor(self.theme.muted if grey and surface != self.theme.primary else self.theme.text)
        quiet = ink if surface == self.theme.primary else QColor(self.theme.muted)
        loud = QColor(self.theme.ink(self.theme.warning)) if row.worse and quiet != ink and not grey else ink
        right = box.right() - 6
        to_the_right = middle | Qt.AlignmentFlag.AlignRight
        columns = ((row.depth, quiet, middle), (row.short_mark, loud, to_the_right), (row.size, ink, to_the_right))
        widths = self._columns(index, metrics)
        if box.width() - sum(widths) < _TITLE:
            widths = (0, *widths[1:])
        for width, (words, pen, side) in zip(widths, columns, strict=True):
            painter.setPen(pen)
            painter.drawText(QRect(right - width, box.top(), width, box.height()), side, words)
            right -= width + _GAP if width else 0

        left = round(chip.right()) + 6
        for words, pen in ((f'{row.kind} {row.title}', ink), (row.place, quiet)):
            room = right - left
            if words and room > 12:
                text = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
                painter.setPen(pen)
                painter.drawText(QRect(left, box.top(), room, box.height()), middle, text)
                left += metrics.horizontalAdvance(text) + _GAP
        painter.restore()

    def _columns(self, index: QModelIndex, metrics: Any) -> tuple[int, ...]:
        """Widths of depth, mark and size."""
        if self._widths is None:
            rows = index.model().rows
            columns = zip(*((row.depth, row.short_mark, row.size) for row in rows), strict=True)
            self._widths = tuple(max(map(metrics.horizontalAdvance, set(column))) for column in columns)
        return self._widths


class FloorBox(FloatBox):
    """The smallest error that is listed, in ml; arrow keys and wheel go through 1, 2, 5, 10 ..."""

    def __init__(self) -> None:
        super().__init__(FLOORS[0], FLOORS[-1], unit='ml', width=60)
        self.setDecimals(3)

    def stepBy(self, steps: int) -> None:
        """Go to the next value of `FLOORS`."""
        for _ in range(abs(steps)):
            now = self.value()
            further = [floor for floor in FLOORS if (floor > now if steps > 0 else floor < now)]
            self.setValue((further[0] if steps > 0 else further[-1]) if further else now)


class ErrorList(QWidget):
    """Header that counts, the size from which errors are listed, buttons that step, and the list.

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
        self.floor = named(FloorBox(), 'Smallest listed error in ml', 'Smaller errors are counted, not listed')
        self.floor_words = buddy('', self.floor, role='')
        self.changes = QElidingLabel()
        self.changes.setProperty('role', 'muted')
        self.changes.setContentsMargins(6, 0, 2, 0)
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
        top.addWidget(self.floor_words)
        top.addWidget(self.floor)
        top.addStretch()
        top.addWidget(self.back)
        top.addWidget(self.forth)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.changes)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.empty, 1)

        self.back.clicked.connect(self.previous)
        self.forth.clicked.connect(self.next)
        self.view.selectionModel().currentRowChanged.connect(self._chosen)
        self.apply_palette(palette)
        self.set_errors((), 'Errors')

    def set_errors(
        self,
        rows: Sequence[ErrorRow],
        words: str,
        *,
        floor_words: str = '',
        changes: str = '',
        empty: str = 'No errors to show.',
    ) -> None:
        """Show `rows` without emitting; the selection stays at its index where it can.

        Parameters
        ----------
        rows : sequence of ErrorRow
            Those that matter, worst first; then those that did before.
        words : str
            How many matter, of how many.
        floor_words : str
            What stands between these and the floor; "" where no floor applies.
        changes : str
            What changed since the baseline, in one line; "" where nothing can have.
        empty : str
            What to say where there are no rows.
        """
        index = self.current()
        self._delegate.forget_widths()
        self._silently(lambda: self.view.model().set_rows(rows))
        self.select(min(index, len(rows) - 1))
        for label, text in ((self.header, words), (self.floor_words, floor_words), (self.changes, changes)):
            label.setText(text)
            label.setToolTip(text + _CHANGES if label is self.changes else text)
        # What stands behind the header goes on with its sentence.
        self.header.setMaximumWidth(self.header.fontMetrics().horizontalAdvance(words) + _GAP)
        for widget in (self.floor_words, self.floor):
            widget.setVisible(bool(floor_words))
        self.changes.setVisible(bool(changes))
        self.empty.setText(empty)
        self.empty.setVisible(not rows)
        self.view.setVisible(bool(rows))
        self.view.setAccessibleDescription('. '.join(filter(None, (words, changes))))
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

    def _step(self, by: int) -> None:
        index = max(0, self.current() + by)
        if index < self._matter():
            self.view.setCurrentIndex(self.view.model().index(index))

    def _matter(self) -> int:
        """How many rows one steps through: the former ones come last, and are only clicked on."""
        return sum(not row.former for row in self.view.model().rows)

    def _chosen(self, index: QModelIndex) -> None:
        self._enable()
        if index.isValid() and not self._silent:
            self.selection_changed.emit(index.row())

    def _enable(self) -> None:
        index, count = self.current(), self._matter()
        self.back.setEnabled(0 < index <= count)
        self.forth.setEnabled(index < count - 1)

    def _silently(self, change: Any) -> None:
        self._silent = True
        change()
        self._silent = False
