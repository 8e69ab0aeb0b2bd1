"""A small table of words: the first column names, the others are numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

if TYPE_CHECKING:
    from collections.abc import Sequence


#: Of the first column, where there is room for no more; in pixels.
_WIDEST_NAME = 150


class PlainTable(QTableWidget):
    """Rows that can be chosen, where somebody listens to `itemSelectionChanged`.

    Parameters
    ----------
    name : str
        What a screen reader says.
    chooses : bool
        Whether a row can be chosen.
    """

    def __init__(self, name: str, *, chooses: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if chooses else modes.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if chooses else Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(30)
        self.setMinimumHeight(60)

    def set_rows(self, header: Sequence[str], rows: Sequence[Sequence[str]], tooltips: Sequence[str] = ()) -> None:
        """Show rows of words, with a tooltip for each; what is chosen stays chosen."""
        with QSignalBlocker(self):
            self.setColumnCount(len(header))
            self.setRowCount(len(rows))
            for column, word in enumerate(header):
                item = QTableWidgetItem(word)
                item.setTextAlignment(_side(column))
                self.setHorizontalHeaderItem(column, item)
            for number, row in enumerate(rows):
                for column, word in enumerate(row):
                    item = QTableWidgetItem(word)
                    item.setTextAlignment(_side(column))
                    item.setToolTip(tooltips[number] if tooltips else word)
                    self.setItem(number, column, item)
        self._fit()

    def choose(self, number: int) -> None:
        """Mark a row, silently; -1 marks none."""
        with QSignalBlocker(self):
            if number < 0:
                self.clearSelection()
            else:
                self.selectRow(number)

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 3)
        header = self.horizontalHeader()
        for column in range(self.columnCount()):
            # Numbers are never cut: very long names give way, and are whole in their tooltips.
            mode = QHeaderView.ResizeMode.Stretch if column == 0 else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)
        sizes = [max(self.sizeHintForColumn(i), header.sectionSizeHint(i)) for i in range(self.columnCount())]
        if sizes:
            bar = self.verticalScrollBar().sizeHint().width()
            self.setMinimumWidth(min(sizes[0], _WIDEST_NAME) + sum(sizes[1:]) + bar + 4)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
