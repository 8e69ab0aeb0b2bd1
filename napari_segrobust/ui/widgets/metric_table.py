"""Table of metrics: now, baseline, and change in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QRect, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QKeySequence, QPainter, QPen
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QStyledItemDelegate, QTableView, QWidget

from napari_segrobust.ui.widgets.digits import on_screen
from napari_segrobust.ui.widgets.metric_rows import (
    MetricRow,
    as_table,
    change_text,
    clean_text,
    now_text,
    spoken,
    verdict,
)
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
    from qtpy.QtWidgets import QStyleOptionViewItem

    from napari_segrobust.ui.widgets.palette import Palette

METRIC, NOW, CLEAN, CHANGE = range(4)
_TEXTS = (lambda row: row.title, now_text, clean_text, change_text)
_STAR = 20
_PAD = 6
#: Between the longest name and the first number, in pixels.
NAME_GAP = 24


class MetricModel(QAbstractTableModel):
    """Rows of the table; equal keys are updated in place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[MetricRow, ...] = ()
        self.baseline = 'clean'
        self._texts: list[tuple[str, ...]] = []

    def set_rows(self, rows: Sequence[MetricRow]) -> None:
        """Show `rows`; only what differs is announced."""
        rows = tuple(rows)
        if [row.key for row in rows] != [row.key for row in self.rows]:
            self.beginResetModel()
            self.rows = rows
            self._texts = [_texts(row) for row in rows]
            self.endResetModel()
            return
        before, self.rows = self.rows, rows
        for line, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                self._texts[line] = _texts(new)
                self.dataChanged.emit(self.index(line, METRIC), self.index(line, CHANGE))

    def set_baseline(self, title: str) -> None:
        """Name the baseline column: ``clean`` or ``pinned A``."""
        if title != self.baseline:
            self.baseline = title
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, CLEAN, CLEAN)

    def text(self, line: int, column: int) -> str:
        """Return what the cell says, without unit."""
        return self._texts[line][column]

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of metrics."""
        return len(self.rows) if parent is None or not parent.isValid() else 0

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return four: metric, now, baseline, change."""
        return 4 if parent is None or not parent.isValid() else 0

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return titles of the columns."""
        if orientation == Qt.Orientation.Vertical or role != Qt.ItemDataRole.DisplayRole:
            return None
        return ('metric', 'now', self.baseline, 'change')[section]

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words of a cell, its tooltip, or what a screen reader says."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row)
        return None


def _texts(row: MetricRow) -> tuple[str, ...]:
    return tuple(text(row) for text in _TEXTS)


def _tooltip(row: MetricRow) -> str:
    notes = {
        row.reason: row.status != 'ok',
        'pending: not every voxel is final': row.pending,
        'provisional: statistics of the last complete image': row.provisional,
    }
    words = on_screen(row.definition) or row.title
    return '\n'.join([words, *(note for note, holds in notes.items() if holds and note)])


class MetricDelegate(QStyledItemDelegate):
    """Paints cells: star, numbers aligned on the decimal point, and change with its word.

    The place of the decimal point in a column follows from the widest number in it.
    """

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = palette
        self._room: dict[int, tuple[int, int]] = {}

    def forget_widths(self) -> None:
        """Measure the columns anew at the next paint."""
        self._room.clear()

    def room(self, index: QModelIndex, metrics: QFontMetrics) -> tuple[int, int]:
        """Return the largest width before, and from, the decimal point in the column of `index`."""
        column = index.column()
        if column not in self._room:
            rows = [row for row in index.model().rows if _is_number(row, column)]
            parts = [_parts(row, column) for row in rows]
            whole = max((metrics.horizontalAdvance(whole) for whole, *_ in parts), default=0)
            rest = max((metrics.horizontalAdvance(''.join(tail)) for _, *tail in parts), default=0)
            self._room[column] = whole, rest
        return self._room[column]

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return the size that shows everything."""
        metrics = option.fontMetrics
        row = index.model().rows[index.row()]
        text = index.model().text(index.row(), index.column())
        width = 0 if _is_reason(row, index.column()) else metrics.horizontalAdvance(text) + 2 * _PAD
        if index.column() == METRIC:
            width += _STAR
        elif _is_number(row, index.column()):
            width = sum(self.room(index, metrics)) + 2 * _PAD
        return QSize(width, metrics.height() + 6)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one cell."""
        painter.save()
        row = index.model().rows[index.row()]
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(self.theme.foreground))
        painter.setFont(option.font)
        painter.setPen(QColor(self.theme.muted if row.pending or row.provisional else self.theme.text))
        if index.column() == METRIC:
            self._paint_title(painter, option, row)
        elif _is_number(row, index.column()):
            self._paint_number(painter, option.rect, index, row)
        else:
            self._paint_words(painter, option, index, row)
        if index.column() == METRIC and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.drawLine(option.rect.topLeft(), option.rect.bottomLeft())
        painter.restore()

    def _paint_title(self, painter: QPainter, option: QStyleOptionViewItem, row: MetricRow) -> None:
        box = QRect(option.rect)
        middle = Qt.AlignmentFlag.AlignVCenter
        pen = painter.pen()
        over = option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus)
        if row.favourite or over:
            painter.setPen(QColor(self.theme.muted))
            star = '\u2605' if row.favourite else '\u2606'
            painter.drawText(
                QRect(box.left(), box.top(), _STAR, box.height()), middle | Qt.AlignmentFlag.AlignHCenter, star
            )
        painter.setPen(pen)
        box.setLeft(box.left() + _STAR)
        painter.drawText(
            box, middle, painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, box.width())
        )

    def _paint_words(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex, row: MetricRow) -> None:
        text = index.model().text(index.row(), index.column())
        if _is_reason(row, index.column()):
            font = QFont(option.font)
            font.setItalic(True)
            painter.setFont(font)
            painter.setPen(QColor(self.theme.muted))
        elif text == 'same':
            painter.setPen(QColor(self.theme.muted))
        box = option.rect.adjusted(_PAD, 0, 0, 0)
        words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_number(self, painter: QPainter, box: QRect, index: QModelIndex, row: MetricRow) -> None:
        metrics = painter.fontMetrics()
        whole, fraction, unit, word = _parts(row, index.column())
        ink = painter.pen().color()
        loud = verdict(row) == 'worse' and not (row.pending or row.provisional)
        inks = (ink, ink, QColor(self.theme.muted), QColor(self.theme.ink(self.theme.warning)) if loud else ink)
        x = box.left() + _PAD + self.room(index, metrics)[0] - metrics.horizontalAdvance(whole)
        base = box.center().y() + (metrics.ascent() - metrics.descent()) // 2 + 1
        for part, colour in zip((whole, fraction, unit, word), inks, strict=True):
            painter.setPen(colour)
            painter.drawText(x, base, part)
            x += metrics.horizontalAdvance(part)


def _is_number(row: MetricRow, column: int) -> bool:
    if column == CHANGE:
        return row.change is not None and change_text(row) != 'same'
    return column != METRIC and (row.number if column == NOW else row.clean) is not None


def _is_reason(row: MetricRow, column: int) -> bool:
    return column == NOW and row.number is None and not row.text


def _parts(row: MetricRow, column: int) -> tuple[str, str, str, str]:
    """Split a number into what stands before and from its decimal point, unit, and verdict."""
    text = _TEXTS[column](row)
    word = f' {verdict(row)}' if column == CHANGE and verdict(row) else ''
    whole, point, fraction = text.removesuffix(word).partition('.')
    return whole, point + fraction, f' {on_screen(row.unit)}' if row.unit else '', word


class MetricTable(QTableView):
    """Metrics with their baseline; a click asks for a definition, a click on the star marks a favourite.

    Keys: Enter asks for the definition, space sets or clears the star, Ctrl+C copies the table.

    Parameters
    ----------
    palette : Palette
    """

    #: Key of the metric whose definition is wanted.
    definition_requested = Signal(str)
    #: Key of the metric, and whether it is a favourite now.
    favourite_changed = Signal(str, bool)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(MetricModel(self))
        self._delegate = MetricDelegate(palette, self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName('Metrics')
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(60)
        # Numbers stand beside their names; what is left over goes to the last column, where reasons need it.
        header.setSectionResizeMode(CHANGE, QHeaderView.ResizeMode.Stretch)
        self.apply_palette(palette)

    def set_rows(self, rows: Sequence[MetricRow]) -> None:
        """Show `rows`, in place where the keys are the same."""
        known = [row.key for row in self.model().rows]
        self._delegate.forget_widths()
        self.model().set_rows(rows)
        if [row.key for row in rows] != known:
            self._fit()
        else:
            self._widen()
        self._span()

    def set_baseline(self, title: str) -> None:
        """Name the baseline column: ``clean`` or ``pinned A``."""
        self.model().set_baseline(title)

    def rows(self) -> tuple[MetricRow, ...]:
        """Return the rows shown."""
        return self.model().rows

    def as_csv(self) -> str:
        """Return the table with full precision, comma separated, with a header."""
        return as_table(self.rows(), self.model().baseline, ',')

    def copy(self) -> None:
        """Put the table on the clipboard, separated by tabulators."""
        QGuiApplication.clipboard().setText(as_table(self.rows(), self.model().baseline, '\t'))

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._delegate.theme = palette
        self._delegate.forget_widths()
        self.setStyleSheet(style_sheet(palette))
        self.viewport().update()

    def minimumSizeHint(self) -> QSize:
        """Return room for a few rows in a narrow dock."""
        return QSize(260, 96)

    def sizeHint(self) -> QSize:
        """Return the size that shows all rows."""
        height = self.horizontalHeader().height() + sum(self.rowHeight(line) for line in range(len(self.rows())))
        width = sum(self.columnWidth(column) for column in (NOW, CLEAN, CHANGE)) + self.sizeHintForColumn(METRIC)
        return QSize(width + 16, height + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, ask for a definition, or set the star."""
        line = self.currentIndex().row()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif line >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.definition_requested.emit(self.rows()[line].key)
        elif line >= 0 and event.key() == Qt.Key.Key_Space:
            self._toggle_star(line)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Set the star where it was clicked, else ask for the definition."""
        super().mouseReleaseEvent(event)
        place = event.position().toPoint()
        index = self.indexAt(place)
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        if index.column() == METRIC and place.x() - self.visualRect(index).left() < _STAR:
            self._toggle_star(index.row())
        else:
            self.definition_requested.emit(self.rows()[index.row()].key)

    def _toggle_star(self, line: int) -> None:
        rows = list(self.rows())
        rows[line] = replace(rows[line], favourite=not rows[line].favourite)
        self.model().set_rows(rows)
        self.favourite_changed.emit(rows[line].key, rows[line].favourite)

    def _fit(self) -> None:
        # the delegate needs no padding from napari's sheet
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        for column in (NOW, CLEAN):
            self.setColumnWidth(
                column, max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column))
            )
        self._share()
        self.updateGeometry()

    def _share(self) -> None:
        """Give the names what they need; in a narrow dock they give way to the numbers."""
        numbers = self.columnWidth(NOW) + self.columnWidth(CLEAN) + self.sizeHintForColumn(CHANGE)
        room = self.viewport().width() - numbers
        self.setColumnWidth(METRIC, max(60, min(self.sizeHintForColumn(METRIC) + NAME_GAP, room)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._share()

    def _span(self) -> None:
        """Let a reason run over the empty cells to its right."""
        for line, row in enumerate(self.rows()):
            span = 3 if _is_reason(row, NOW) and row.clean is None else 1
            if self.columnSpan(line, NOW) != span:
                self.setSpan(line, NOW, 1, span)

    def _widen(self) -> None:
        """Make room for longer numbers, and never jump back while they move."""
        for column in (NOW, CLEAN):
            needed = self.sizeHintForColumn(column)
            if needed > self.columnWidth(column):
                self.setColumnWidth(column, needed)
        self._share()
