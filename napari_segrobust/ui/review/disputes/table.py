"""The worklist as a table: what, how much, how deep, who is in and who is out, where, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QRectF, QSignalBlocker, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QStyledItemDelegate, QTableView

from napari_segrobust.digits import on_screen, three_digits
from napari_segrobust.ui.widgets.palette import contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QStyleOptionViewItem

    from napari_segrobust.review.disputes import Dispute
    from napari_segrobust.ui.review.disputes.cast import Cast
    from napari_segrobust.ui.widgets.palette import Palette

_ROW_PIXELS, _BADGE, _GAP = 22, 15, 3
_WHO, _STATE = 4, 6
KINDS = {'object': 'object', 'deep': 'deep piece', 'rim': 'rim'}


@dataclass(frozen=True)
class DisputeRow:
    """One line of the list.

    Attributes
    ----------
    dispute : Dispute
    state : str
        How it stands, in words.
    settled : bool
        Whether nothing is left to do here.
    """

    dispute: Dispute
    state: str = ''
    settled: bool = False


class _Model(QAbstractTableModel):
    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.rows: tuple[DisputeRow, ...] = ()
        self.cast: Cast | None = None
        self.headings: tuple[tuple[str, str], ...] = ()

    def set_rows(self, rows: Sequence[DisputeRow], cast: Cast, units: tuple[str, str, str]) -> None:
        volume, length, along = (on_screen(unit) for unit in units)
        same = len(rows) == len(self.rows) and cast == self.cast
        if not same:
            self.beginResetModel()
        self.rows, self.cast = tuple(rows), cast
        self.headings = (
            ('', 'Place in the list: objects first, then by volume times entropy of the votes'),
            ('what', 'object: some rater does not touch it at all; deep piece: beyond the tolerance; rim: within it'),
            (volume, f'Volume in {volume}'),
            (f'{length} deep', f'Largest distance in {length} to the border of the majority'),
            ('in and out', 'Filled: in. Outlined: out. At the deepest voxel; of an object, who touches it'),
            (along, f'First and last of the {along}'),
            ('state', 'What was decided'),
        )
        if same:
            self.dataChanged.emit(self.index(0, 0), self.index(max(len(rows) - 1, 0), self.columnCount() - 1))
        else:
            self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.headings)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(index.row(), column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) and column == _WHO:
            return self.who(row.dispute)
        if role == Qt.ItemDataRole.ToolTipRole and column == _STATE:
            return row.state
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in (0, 2, 3, 5) else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def who(self, dispute: Dispute) -> str:
        """Who is in and who is out, in words."""
        groups = (('in', dispute.inside), ('out', dispute.outside))
        return ', '.join(f'{word}: {" ".join(sorted(map(self.cast.title, names)))}' for word, names in groups if names)

    def _words(self, number: int, column: int) -> str:
        row = self.rows[number]
        dispute = row.dispute
        if column == 0:
            return str(number + 1)
        if column == 1:
            return KINDS[dispute.kind]
        if column == 2:
            return three_digits(dispute.volume)
        if column == 3:
            return '\u2013' if dispute.depth is None else three_digits(dispute.depth)
        if column == 5:
            first, last = dispute.slices[0], dispute.slices[1] - 1
            return str(first) if first == last else f'{first}\u2013{last}'
        return row.state if column == _STATE else ''

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and section < len(self.headings):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.headings[section][0]
            if role == Qt.ItemDataRole.ToolTipRole:
                return self.headings[section][1]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if section in (0, 2, 3, 5) else Qt.AlignmentFlag.AlignLeft
                return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class _Delegate(QStyledItemDelegate):
    """Paints a row: settled ones quietly, and who is in and out as letters, filled or outlined."""

    def __init__(self, palette: Palette, parent: Any = None) -> None:
        super().__init__(parent)
        self.theme = palette

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one cell."""
        painter.save()
        model, theme = index.model(), self.theme
        row: DisputeRow = model.rows[index.row()]
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(theme.primary if theme.is_dark else theme.foreground))
            if index.column() == 0:
                painter.fillRect(option.rect.adjusted(0, 0, 3 - option.rect.width(), 0), QColor(theme.accent))
        if index.column() == _WHO:
            self._paint_who(painter, QRectF(option.rect), row, model.cast)
        else:
            selected = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.setPen(QColor(theme.muted if row.settled and not selected else theme.text))
            painter.setFont(option.font)
            side = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole))
            box = option.rect.adjusted(5, 0, -5, 0)
            words = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, side, words)
        painter.restore()

    def _paint_who(self, painter: QPainter, box: QRectF, row: DisputeRow, cast: Cast) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPointSize(max(6, self.theme.font_size - 1))
        font.setBold(True)
        painter.setFont(font)
        room = min(_BADGE + _GAP, (box.width() - 8) / max(1, len(cast.order)))
        badge = QRectF(box.left() + 5, box.center().y() - _BADGE / 2, room - _GAP, _BADGE)
        for name in cast.order:
            if name in row.dispute.inside or name in row.dispute.outside:
                paint_badge(painter, badge, cast.letter(name), cast.color(name), name in row.dispute.inside, self.theme)
            badge.translate(room, 0)


def paint_badge(painter: QPainter, box: QRectF, letter: str, colour: str, filled: bool, palette: Palette) -> None:
    """Paint the letter of a rater: on its colour where the rater is in, in an outline where out."""
    ink = palette.ink(colour)
    if filled:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(box, 3, 3)
        black, white = '#000000', '#ffffff'
        painter.setPen(QColor(max(black, white, key=lambda one: contrast(one, colour))))
    else:
        painter.setPen(QPen(QColor(ink), 1, Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(QColor(palette.muted))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)


class DisputeTable(QTableView):
    """Disputes, a row each; arrow keys go through them.

    Parameters
    ----------
    palette : Palette
    """

    #: Row that a hand chose; never emitted by `set_rows` and `set_current`.
    chosen = Signal(int)

    def __init__(self, *, palette: Palette) -> None:
        super().__init__()
        self.setModel(_Model(self))
        self._delegate = _Delegate(palette, self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName('Disputes')
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW_PIXELS)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(24)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        # The row that is current already can be clicked too: the view may have been moved since.
        self.clicked.connect(lambda index: self._on_current(index, index))
        self.apply_palette(palette)

    def set_rows(self, rows: Sequence[DisputeRow], cast: Cast, units: tuple[str, str, str]) -> None:
        """Show rows; `units` are those of volume and depth, and what the first axis counts."""
        current = self.currentIndex().row()
        with QSignalBlocker(self.selectionModel()):
            self.model().set_rows(rows, cast, units)
        self.set_current(current if current < len(rows) else -1)
        letters = max(4, len(cast.order)) * (_BADGE + _GAP) + 12
        for column, width in enumerate((30, 84, 62, 72, min(letters, 240), 72)):
            self.setColumnWidth(column, width)
        if rows:
            self.horizontalHeader().setSectionResizeMode(6, QHeaderView.ResizeMode.Stretch)

    def set_current(self, row: int) -> None:
        """Mark a row, and scroll there; -1 marks none."""
        with QSignalBlocker(self.selectionModel()):
            self.setCurrentIndex(self.model().index(row, 0))
            if row >= 0:
                self.scrollTo(self.model().index(row, 0))
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Return room for a few rows: it scrolls, and the window does not grow for it."""
        return QSize(480, 5 * _ROW_PIXELS)

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._delegate.theme = palette

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.row())
