"""Lines of the metric table for Qt: rows of metrics, and headers of families that fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from napari_segrobust.digits import on_screen
from napari_segrobust.ui.widgets.metric_rows import (
    Family,
    Line,
    MetricRow,
    change_text,
    clean_text,
    now_text,
    spoken,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QWidget

METRIC, NOW, CLEAN, CHANGE, TREND = range(5)
TEXTS = (lambda row: row.title, now_text, clean_text, change_text, lambda _row: '')


class MetricModel(QAbstractTableModel):
    """Lines of the table; equal keys are updated in place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()
        self.baseline = 'clean'
        self._texts: list[tuple[str, ...]] = []

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show `lines`; only what differs is announced."""
        lines = tuple(lines)
        if [line.key for line in lines] != [line.key for line in self.lines]:
            self.beginResetModel()
            self.lines = lines
            self._texts = [_texts(line) for line in lines]
            self.endResetModel()
            return
        before, self.lines = self.lines, lines
        for number, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self._texts[number] = _texts(new)
                self.dataChanged.emit(self.index(number, METRIC), self.index(number, TREND))

    def rows(self) -> tuple[MetricRow, ...]:
        """Return the metrics, without the headers of families."""
        return tuple(line for line in self.lines if isinstance(line, MetricRow))

    def set_baseline(self, title: str) -> None:
        """Name the baseline column: ``clean`` or ``pinned A``."""
        if title != self.baseline:
            self.baseline = title
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, CLEAN, CLEAN)

    def text(self, line: int, column: int) -> str:
        """Return what the cell says, without unit."""
        return self._texts[line][column]

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of lines."""
        return len(self.lines) if parent is None or not parent.isValid() else 0

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return five: metric, now, baseline, change, course over severity."""
        return len(TEXTS) if parent is None or not parent.isValid() else 0

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return titles of the columns."""
        if orientation == Qt.Orientation.Vertical or role != Qt.ItemDataRole.DisplayRole:
            return None
        return ('metric', 'now', self.baseline, 'change', 'trend')[section]

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words of a cell, its tooltip, or what a screen reader says."""
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(line)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(line)
        return None


def _texts(line: Line) -> tuple[str, ...]:
    if isinstance(line, Family):
        return (line.name, *[''] * TREND)
    return tuple(text(line) for text in TEXTS)


def _tooltip(line: Line) -> str:
    if isinstance(line, Family):
        verb = 'Fold' if line.unfolded else 'Unfold'
        return f'{line.words}\n{verb} with a click, space, or the arrow keys; what is folded is not computed'
    notes = {
        on_screen(line.remedies): True,
        on_screen(line.chip): True,
        line.reason: line.status != 'ok',
        'pending: not every voxel is final': line.pending,
        'provisional: statistics of the last complete image': line.provisional,
    }
    words = on_screen(line.definition) or line.title
    return '\n'.join([words, *(note for note, holds in notes.items() if holds and note)])
