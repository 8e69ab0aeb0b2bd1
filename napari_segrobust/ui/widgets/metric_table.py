"""Table of metrics: now, baseline, change in words, and the course over severity; families fold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QGuiApplication, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_segrobust.ui.widgets.metric_delegate import STAR, MetricDelegate, is_reason
from napari_segrobust.ui.widgets.metric_model import CHANGE, CLEAN, METRIC, NOW, TREND, MetricModel
from napari_segrobust.ui.widgets.metric_rows import Family, Line, MetricRow, as_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent

    from napari_segrobust.ui.widgets.palette import Palette

#: Between the longest name and the first number, in pixels.
NAME_GAP = 24


class MetricTable(QTableView):
    """Metrics with their baseline; a click asks for a definition, a click on the star marks a favourite.

    A click on the header of a family folds or unfolds it. Keys: Enter asks for the definition, space sets or clears the
    star; both, and the arrows to the side, fold and unfold families. Ctrl+C copies the table.

    Parameters
    ----------
    palette : Palette
    """

    #: Key of the metric whose definition is wanted.
    definition_requested = Signal(str)
    #: Key of the metric, and whether it is a favourite now.
    favourite_changed = Signal(str, bool)
    #: Name of the family that is to be folded or unfolded.
    family_toggled = Signal(str)

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
        # Numbers stand beside their names; what is left over goes to the last column, where the course grows.
        header.setSectionResizeMode(TREND, QHeaderView.ResizeMode.Stretch)
        self.apply_palette(palette)

    def set_rows(self, lines: Sequence[Line]) -> None:
        """Show rows and headers of families, in place where the keys are the same."""
        known = [line.key for line in self.model().lines]
        self._delegate.forget_widths()
        self.model().set_lines(lines)
        if [line.key for line in lines] != known:
            self._fit()
        else:
            self._widen()
        self._span()

    def set_baseline(self, title: str) -> None:
        """Name the baseline column: ``clean`` or ``pinned A``."""
        self.model().set_baseline(title)

    def rows(self) -> tuple[MetricRow, ...]:
        """Return the metrics shown, without the headers of families."""
        return self.model().rows()

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
        self.viewport().update()

    def minimumSizeHint(self) -> QSize:
        """Return room for a few rows in a narrow dock."""
        return QSize(260, 88)

    def sizeHint(self) -> QSize:
        """Return the size that shows all rows."""
        height = self.horizontalHeader().height() + sum(self.rowHeight(line) for line in range(len(self.model().lines)))
        width = sum(self.columnWidth(column) for column in (NOW, CLEAN, CHANGE, TREND)) + self.sizeHintForColumn(METRIC)
        return QSize(width + 16, height + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, ask for a definition, set the star, or fold a family."""
        line = self._line(self.currentIndex().row())
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif isinstance(line, Family):
            fold, unfold = event.key() == Qt.Key.Key_Left, event.key() == Qt.Key.Key_Right
            if enter or event.key() == Qt.Key.Key_Space or (fold and line.unfolded) or (unfold and not line.unfolded):
                self.family_toggled.emit(line.name)
            else:
                super().keyPressEvent(event)
        elif line is not None and enter:
            self.definition_requested.emit(line.key)
        elif line is not None and event.key() == Qt.Key.Key_Space:
            self._toggle_star(line)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Fold a family, set the star where it was clicked, else ask for the definition."""
        super().mouseReleaseEvent(event)
        place = event.position().toPoint()
        index = self.indexAt(place)
        line = self._line(index.row())
        if line is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if isinstance(line, Family):
            self.family_toggled.emit(line.name)
        elif index.column() == METRIC and place.x() - self.visualRect(index).left() < STAR:
            self._toggle_star(line)
        else:
            self.definition_requested.emit(line.key)

    def _line(self, number: int) -> Line | None:
        lines = self.model().lines
        return lines[number] if 0 <= number < len(lines) else None

    def _toggle_star(self, row: MetricRow) -> None:
        starred = replace(row, favourite=not row.favourite)
        self.model().set_lines([starred if line is row else line for line in self.model().lines])
        self.favourite_changed.emit(row.key, starred.favourite)

    def _fit(self) -> None:
        # the delegate needs no padding from napari's sheet
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        for column in (NOW, CLEAN, CHANGE):
            self.setColumnWidth(
                column, max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column))
            )
        self._share()
        self.updateGeometry()

    def _share(self) -> None:
        """Give the names what they need; in a narrow dock they give way to the numbers."""
        numbers = sum(self.columnWidth(column) for column in (NOW, CLEAN, CHANGE)) + self.sizeHintForColumn(TREND)
        room = self.viewport().width() - numbers
        self.setColumnWidth(METRIC, max(60, min(self.sizeHintForColumn(METRIC) + NAME_GAP, room)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._share()

    def _span(self) -> None:
        """Let a family's header run over the line, and a reason over the empty cells to its right."""
        for number, line in enumerate(self.model().lines):
            family = isinstance(line, Family)
            reason = not family and is_reason(line, NOW) and line.clean is None
            for column, span in ((METRIC, TREND + 1 if family else 1), (NOW, 3 if reason else 1)):
                if self.columnSpan(number, column) != span and not (family and column == NOW):
                    self.setSpan(number, column, 1, span)

    def _widen(self) -> None:
        """Make room for longer numbers, and never jump back while they move."""
        for column in (NOW, CLEAN, CHANGE):
            needed = self.sizeHintForColumn(column)
            if needed > self.columnWidth(column):
                self.setColumnWidth(column, needed)
        self._share()
