"""What the colours of a map mean, each with its second cue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, QSize
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_segrobust.ui.widgets.marks import Pattern, paint_chip
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette

_CHIP = 12
_GAP = 5
_BETWEEN = 14


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One code: its word, its colour ``#rrggbb`` as on the canvas, and its pattern."""

    word: str
    colour: str
    pattern: Pattern = 'solid'


class Legend(Painted):
    """Chips and words in as many lines as the width asks for.

    Parameters
    ----------
    palette : Palette
    """

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(palette, parent)
        self._items: tuple[LegendItem, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.apply_palette(palette)
        self.set_items(())

    def set_items(self, items: Sequence[LegendItem]) -> None:
        """Show `items` in order."""
        self._items = tuple(items)
        words = ', '.join(item.word for item in self._items)
        self.setAccessibleName('Legend')
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.updateGeometry()
        self.update()

    def places(self, width: int) -> list[QPointF]:
        """Return the top left corner of every item, wrapped at `width` pixels."""
        x, y, places = 0.0, 0.0, []
        for item in self._items:
            need = _CHIP + _GAP + self.fontMetrics().horizontalAdvance(item.word)
            if x and x + need > width:
                x, y = 0.0, y + self._line()
            places.append(QPointF(x, y))
            x += need + _BETWEEN
        return places

    def heightForWidth(self, width: int) -> int:
        """Return the height of the wrapped lines."""
        places = self.places(width)
        return round(places[-1].y() + self._line()) if places else 0

    def sizeHint(self) -> QSize:
        """Return everything in one line."""
        words = sum(self.fontMetrics().horizontalAdvance(item.word) + _CHIP + _GAP + _BETWEEN for item in self._items)
        return QSize(words, self.heightForWidth(words))

    def minimumSizeHint(self) -> QSize:
        """Return one item per line."""
        widest = max((self.fontMetrics().horizontalAdvance(item.word) for item in self._items), default=0)
        return QSize(widest + _CHIP + _GAP, self._line() if self._items else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint chips and words."""
        painter = QPainter(self)
        painter.setPen(QColor(self._palette.text))
        ascent = self.fontMetrics().ascent()
        top = (self._line() - self.fontMetrics().height()) / 2
        for item, place in zip(self._items, self.places(self.width()), strict=True):
            chip = QRectF(place.x(), place.y() + (self._line() - _CHIP) / 2, _CHIP, _CHIP)
            paint_chip(painter, chip, item.colour, item.pattern, self._palette.background)
            painter.drawText(place + QPointF(_CHIP + _GAP, top + ascent), item.word)

    def _line(self) -> int:
        return max(_CHIP, self.fontMetrics().height()) + 3
