"""Things and their numbers as a table: a click on a heading sorts, a click on a row goes there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from napari_segrobust.digits import three_digits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from qtpy.QtGui import QKeyEvent

_ROW_PIXELS = 20
#: Room beside the words of a column, and how many of its rows decide how wide it is.
_PADDING, _MEASURED = 16, 200


@dataclass(frozen=True, eq=False)
class Column:
    """A column.

    Attributes
    ----------
    title, tooltip : str
    values : ndarray (N,)
        Numbers, which sort; NaN is written as `absent`, and comes last.
    scale : float
        By which they are shown: 100 for percent.
    words : sequence of str, optional
        Shown in place of the numbers.
    absent : str or sequence of str
    tips : sequence of str, optional
        Tooltip of each cell.
    is_text : bool
        Words that are read, not compared: on the left, and as wide as there is room.
    """

    title: str
    tooltip: str
    values: NDArray[np.float64]
    scale: float = 1.0
    words: Sequence[str] | None = None
    absent: Sequence[str] | str = '\u2013'
    tips: Sequence[str] | None = None
    is_text: bool = False

    def text(self, row: int) -> str:
        """What a cell says."""
        if self.words is not None:
            return self.words[row]
        value = float(self.values[row])
        if np.isnan(value):
            return self.absent if isinstance(self.absent, str) else self.absent[row]
        return str(int(value)) if np.issubdtype(self.values.dtype, np.integer) else three_digits(value * self.scale)


class _Model(QAbstractTableModel):
    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.columns: tuple[Column, ...] = ()
        self.order = np.zeros(0, np.intp)
        self._by = (0, False)

    def set_columns(self, columns: Sequence[Column]) -> None:
        self.beginResetModel()
        self.columns = tuple(columns)
        self._arrange()
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.order)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column, row = self.columns[index.column()], int(self.order[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.ToolTipRole and column.tips is not None:
            return column.tips[row]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and section < len(self.columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.columns[section].title
            if role == Qt.ItemDataRole.ToolTipRole:
                return self.columns[section].tooltip
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _side(self.columns[section])
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        self._by = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        """Undefined numbers come last, whichever way it is sorted; equal ones stay as they are."""
        column, falling = self._by
        if not self.columns:
            self.order = np.zeros(0, np.intp)
            return
        values = self.columns[min(column, len(self.columns) - 1)].values.astype(np.float64)
        keys = np.where(np.isnan(values), np.inf, -values if falling else values)
        self.order = np.argsort(keys, kind='stable')


def _side(column: Column) -> int:
    side = Qt.AlignmentFlag.AlignLeft if column.is_text else Qt.AlignmentFlag.AlignRight
    return int(side | Qt.AlignmentFlag.AlignVCenter)


class NumberTable(QTableView):
    """Things, a row each.

    Parameters
    ----------
    name : str
        What a screen reader says.
    sorts : bool
        Whether a click on a heading sorts.
    """

    #: Index of the thing that a hand chose.
    chosen = Signal(int)
    #: Index of the thing that was double-clicked, or on which Enter was pressed.
    opened = Signal(int)

    def __init__(self, name: str, *, sorts: bool = True) -> None:
        super().__init__()
        self.setModel(_Model(self))
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(sorts)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW_PIXELS)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._marked: int | None = None
        self.selectionModel().currentRowChanged.connect(self._on_current)
        # The row that is current already can be clicked too.
        self.clicked.connect(lambda index: self._on_current(index, index))
        self.doubleClicked.connect(self._on_opened)
        self.model().layoutChanged.connect(lambda *_: self.set_current(self._marked))

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show columns, sorted as before."""
        with QSignalBlocker(self.selectionModel()):
            self.model().set_columns(columns)
        has_text, header = any(column.is_text for column in columns), self.horizontalHeader()
        for number, column in enumerate(columns):
            narrow = has_text and not column.is_text
            modes = QHeaderView.ResizeMode
            header.setSectionResizeMode(number, modes.Interactive if narrow else modes.Stretch)
            if narrow:
                # As wide as its words: Qt keeps room for an arrow in every heading, and names then have none.
                words = [column.title, *map(column.text, range(min(len(column.values), _MEASURED)))]
                width = max(map(self.fontMetrics().horizontalAdvance, words))
                header.resizeSection(number, width + _PADDING)

    def set_current(self, index: int | None) -> None:
        """Mark the row of a thing, and scroll there; None marks none."""
        self._marked = index
        rows = [] if index is None else np.flatnonzero(self.model().order == index)
        with QSignalBlocker(self.selectionModel()):
            if len(rows):
                self.selectRow(int(rows[0]))
                self.scrollTo(self.model().index(int(rows[0]), 0))
            else:
                self.clearSelection()
        self.viewport().update()

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(int(self.model().order[current.row()]))

    def _on_opened(self, index: QModelIndex) -> None:
        self.opened.emit(int(self.model().order[index.row()]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the current row on Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._on_opened(self.currentIndex())
        else:
            super().keyPressEvent(event)
