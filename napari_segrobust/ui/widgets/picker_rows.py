"""Rows of a picker: headings and choices, and how they are painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter
from qtpy.QtWidgets import QStyle, QStyledItemDelegate

from napari_segrobust.ui.widgets.thumbnail import paint_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtCore import QObject
    from qtpy.QtGui import QPixmap
    from qtpy.QtWidgets import QStyleOptionViewItem

    from napari_segrobust.ui.widgets.palette import Palette
    from napari_segrobust.ui.widgets.picker import Choice

#: Key of a choice; "" for a heading.
KEY = Qt.ItemDataRole.UserRole
_CHOICE = Qt.ItemDataRole.UserRole + 1
_PICTURES = Qt.ItemDataRole.UserRole + 2
_PICTURE, _ROW = 40, 46


class PickerModel(QAbstractListModel):
    """Choices that the search has left, with a heading before each group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[Choice, ...] = ()
        self._rows: list[Choice | str] = []
        self._pictures: dict[str, tuple[QPixmap, ...]] = {}

    @property
    def total(self) -> int:
        """How many choices there are without a search."""
        return len(self._choices)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Take choices, in the order they are shown in."""
        self._choices = tuple(choices)
        self.search('')

    def search(self, text: str) -> None:
        """Leave the choices that hold every word of `text`; those with the words in the title come first."""
        words = text.lower().split()
        plain = [word.replace('-', '') for word in words]
        found = [choice for choice in self._choices if all(word in _haystack(choice) for word in plain)]
        if words:
            found.sort(key=lambda choice: not all(word in choice.title.lower() for word in words))
        self.beginResetModel()
        self._rows, heading = [], ''
        for choice in found:
            above = ' \u00b7 '.join(filter(None, (choice.section, choice.group)))
            if above != heading and not words:
                self._rows.append(above)
                heading = above
            self._rows.append(choice)
        self.endResetModel()

    def keys(self) -> list[str]:
        """Keys of the choices that are left."""
        return [row.key for row in self._rows if not isinstance(row, str)]

    def choice(self, index: QModelIndex) -> Choice | None:
        """The choice of a row; None for a heading and for no row."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else ''
        return None if isinstance(row, str) else row

    def first(self) -> QModelIndex:
        """The first choice; an invalid index where there is none."""
        return self.step(QModelIndex(), 1)

    def step(self, index: QModelIndex, by: int) -> QModelIndex:
        """The choice `by` choices further, at most the last or the first."""
        places = [place for place, row in enumerate(self._rows) if not isinstance(row, str)]
        if not places:
            return QModelIndex()
        here = places.index(index.row()) if index.isValid() and index.row() in places else -1
        return self.index(places[min(max(here + by, 0), len(places) - 1)])

    def has_pictures(self, key: str) -> bool:
        """Whether pictures of a choice are known, or known not to be."""
        return key in self._pictures

    def set_pictures(self, key: str, pictures: tuple[QPixmap, ...]) -> None:
        """Take pictures of a choice."""
        self._pictures[key] = pictures
        for place, row in enumerate(self._rows):
            if not isinstance(row, str) and row.key == key:
                self.dataChanged.emit(self.index(place), self.index(place))

    def forget_pictures(self) -> None:
        """Drop all pictures."""
        self._pictures.clear()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Number of rows, headings included."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Headings are not for choosing; what cannot be chosen can be read."""
        choice = self.choice(index)
        return Qt.ItemFlag.NoItemFlags if choice is None else Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words of a row, its tooltip, and what the delegate paints."""
        choice = self.choice(index)
        if choice is None:
            row = self._rows[index.row()] if index.isValid() else ''
            return {Qt.ItemDataRole.DisplayRole: row, KEY: ''}.get(role)
        told = choice.why_not or choice.words
        return {
            Qt.ItemDataRole.DisplayRole: choice.title,
            Qt.ItemDataRole.ToolTipRole: told,
            Qt.ItemDataRole.AccessibleTextRole: f'{choice.title}. {told}',
            KEY: choice.key,
            _CHOICE: choice,
            _PICTURES: self._pictures.get(choice.key),
        }.get(role)


def _haystack(choice: Choice) -> str:
    return ' '.join((choice.title, choice.key, choice.group, choice.words, choice.more)).lower().replace('-', '')


class PickerDelegate(QStyledItemDelegate):
    """Title over one line of words, pictures at the right; what cannot be chosen is grey and says why."""

    def __init__(self, palette: Palette, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._palette = palette

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return the height of a heading or of a choice."""
        return QSize(200, _ROW if index.data(KEY) else option.fontMetrics.height() + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint a row."""
        painter.save()
        choice: Choice | None = index.data(_CHOICE)
        box = QRectF(option.rect)
        if choice is None:
            self._paint_heading(painter, box, option, str(index.data(Qt.ItemDataRole.DisplayRole)))
        else:
            self._paint_choice(painter, box, option, choice, index.data(_PICTURES))
        painter.restore()

    def _paint_heading(self, painter: QPainter, box: QRectF, option: QStyleOptionViewItem, words: str) -> None:
        painter.setFont(option.font)
        painter.setPen(QColor(self._palette.muted))
        low = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(box.adjusted(4, 0, -4, -3), int(low), words)

    def _paint_choice(
        self,
        painter: QPainter,
        box: QRectF,
        option: QStyleOptionViewItem,
        choice: Choice,
        pictures: tuple[QPixmap, ...] | None,
    ) -> None:
        palette = self._palette
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(palette.primary))
            painter.fillRect(QRectF(box.left(), box.top(), 3, box.height()), QColor(palette.accent))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, QColor(palette.background))
        right = box.right() - 4
        if pictures is None or pictures:
            for picture in reversed(pictures or (None, None)):
                frame = QRectF(right - _PICTURE, box.top() + (_ROW - _PICTURE) / 2, _PICTURE, _PICTURE)
                if not choice.why_not:
                    paint_picture(painter, picture, frame, palette)
                right -= _PICTURE + 3
        room = QRectF(box.left() + 8, box.top() + 4, right - box.left() - 14, _ROW - 8)
        title = QFont(option.font)
        title.setWeight(QFont.Weight.DemiBold)
        painter.setFont(title)
        painter.setPen(QColor(palette.muted if choice.why_not else palette.text))
        elide = Qt.TextElideMode.ElideRight
        metrics = painter.fontMetrics()
        painter.drawText(
            room, int(Qt.AlignmentFlag.AlignTop), metrics.elidedText(choice.title, elide, int(room.width()))
        )
        painter.setFont(option.font)
        painter.setPen(QColor(palette.muted))
        words = painter.fontMetrics().elidedText(choice.why_not or choice.words, elide, int(room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignBottom), words)
