"""Paints the cells of the metric table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QStyle, QStyledItemDelegate

from napari_segrobust.digits import on_screen
from napari_segrobust.ui.widgets.marks import paint_icon
from napari_segrobust.ui.widgets.metric_model import CHANGE, METRIC, NOW, TEXTS, TREND
from napari_segrobust.ui.widgets.metric_rows import Family, MetricRow, change_text, course, verdict

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex
    from qtpy.QtGui import QFontMetrics
    from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

    from napari_segrobust.ui.widgets.palette import Palette

#: Width of the star, and of the chevron of a family, in pixels.
STAR = 20
_PAD = 6
#: Narrowest and widest course.
_TREND, _WIDEST_TREND = 54, 110
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class MetricDelegate(QStyledItemDelegate):
    """Paints cells: star, chip, numbers aligned on the decimal point, change with its word, course over severity.

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
            parts = [_parts(row, column) for row in index.model().rows() if _is_number(row, column)]
            whole = max((metrics.horizontalAdvance(whole) for whole, *_ in parts), default=0)
            rest = max((metrics.horizontalAdvance(''.join(tail)) for _, *tail in parts), default=0)
            self._room[column] = whole, rest
        return self._room[column]

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return the size that shows everything; a chip gives way."""
        metrics = option.fontMetrics
        line, column = index.model().lines[index.row()], index.column()
        if isinstance(line, Family):
            return QSize(0, metrics.height() + 6)
        width = 0
        if column == TREND:
            width = _TREND + _PAD
        elif _is_number(line, column):
            width = sum(self.room(index, metrics)) + 2 * _PAD
        elif not is_reason(line, column):
            width = metrics.horizontalAdvance(index.model().text(index.row(), column)) + 2 * _PAD
        if column == METRIC:
            width += STAR + (metrics.horizontalAdvance(on_screen(line.chip)) + 3 * _PAD if line.chip else 0)
        return QSize(width, metrics.height() + 6)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one cell."""
        painter.save()
        line = index.model().lines[index.row()]
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(self.theme.foreground))
        painter.setFont(option.font)
        if isinstance(line, Family):
            self._paint_family(painter, option, line)
        else:
            self._paint_row(painter, option, index, line)
        if index.column() == METRIC and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(self.theme.accent), 2))
            painter.drawLine(option.rect.topLeft(), option.rect.bottomLeft())
        painter.restore()

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex, row: MetricRow) -> None:
        column = index.column()
        painter.setPen(QColor(self.theme.muted if row.pending or row.provisional else self.theme.text))
        if column == METRIC:
            self._paint_title(painter, option, row)
        elif column == TREND:
            self._paint_trend(painter, option.rect, row)
        elif _is_number(row, column):
            self._paint_number(painter, option.rect, index, row)
        else:
            self._paint_words(painter, option, index, row)

    def _paint_family(self, painter: QPainter, option: QStyleOptionViewItem, family: Family) -> None:
        """Chevron and name; while folded, what is inside."""
        box = QRect(option.rect)
        icon = QRectF(box.left() + 2, box.top() + (box.height() - 16) / 2, 16, 16)
        paint_icon(painter, icon, 'down' if family.unfolded else 'right', self.theme.muted)
        box.setLeft(box.left() + STAR)
        painter.setPen(QColor(self.theme.text))
        painter.drawText(box, _MIDDLE, family.name)
        if not family.unfolded:
            box.setLeft(box.left() + painter.fontMetrics().horizontalAdvance(family.name) + 2 * _PAD)
            painter.setPen(QColor(self.theme.muted))
            words = painter.fontMetrics().elidedText(family.words, Qt.TextElideMode.ElideRight, box.width() - _PAD)
            painter.drawText(box, _MIDDLE, words)

    def _paint_title(self, painter: QPainter, option: QStyleOptionViewItem, row: MetricRow) -> None:
        box, metrics = QRect(option.rect), painter.fontMetrics()
        pen = painter.pen()
        over = option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus)
        if row.favourite or over:
            painter.setPen(QColor(self.theme.muted))
            star = '\u2605' if row.favourite else '\u2606'
            painter.drawText(
                QRect(box.left(), box.top(), STAR, box.height()), _MIDDLE | Qt.AlignmentFlag.AlignHCenter, star
            )
        painter.setPen(pen)
        box.setLeft(box.left() + STAR)
        painter.drawText(box, _MIDDLE, metrics.elidedText(row.title, Qt.TextElideMode.ElideRight, box.width()))
        box.setLeft(box.left() + metrics.horizontalAdvance(row.title) + _PAD)
        if row.chip:
            self._paint_chip(painter, box.adjusted(0, 2, -_PAD, -2), on_screen(row.chip))

    def _paint_chip(self, painter: QPainter, room: QRect, words: str) -> None:
        """Paint the words, or their beginning where there is no room for all; a part of a word says nothing."""
        metrics = painter.fontMetrics()
        widths = {text: metrics.horizontalAdvance(text) + 2 * _PAD for text in (words, words.partition(',')[0])}
        words = next((text for text, width in widths.items() if width <= room.width()), '')
        if not words:
            return
        room.setWidth(widths[words])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(self.theme.secondary))
        painter.drawRoundedRect(QRectF(room).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(QColor(self.theme.muted))
        painter.drawText(room, _MIDDLE | Qt.AlignmentFlag.AlignHCenter, words)

    def _paint_words(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex, row: MetricRow) -> None:
        text = index.model().text(index.row(), index.column())
        if is_reason(row, index.column()):
            font = QFont(option.font)
            font.setItalic(True)
            painter.setFont(font)
            painter.setPen(QColor(self.theme.muted))
        elif text == 'same':
            painter.setPen(QColor(self.theme.muted))
        box = option.rect.adjusted(_PAD, 0, 0, 0)
        words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, _MIDDLE, words)

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

    def _paint_trend(self, painter: QPainter, box: QRect, row: MetricRow) -> None:
        """Course over severity: every visited one, the present one as a dot."""
        place = QRectF(box).adjusted(_PAD, 4, -4, -4)
        place.setWidth(min(place.width(), _WIDEST_TREND))
        if len(row.trend) < 2:
            return
        points = [
            QPointF(place.left() + x * place.width(), place.bottom() - y * place.height()) for x, y in course(row.trend)
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.theme.muted), 1.2))
        painter.drawPolyline(QPolygonF(points))
        here = next((point for (x, _), point in zip(row.trend, points, strict=True) if x == row.severity), None)
        if here is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.text))
            painter.drawEllipse(here, 2.5, 2.5)


def _is_number(row: MetricRow, column: int) -> bool:
    if column == CHANGE:
        return row.change is not None and change_text(row) != 'same'
    return column not in (METRIC, TREND) and (row.number if column == NOW else row.clean) is not None


def is_reason(row: MetricRow, column: int) -> bool:
    """Whether the cell says why there is no number."""
    return column == NOW and row.number is None and not row.text


def _parts(row: MetricRow, column: int) -> tuple[str, str, str, str]:
    """Split a number into what stands before and from its decimal point, unit, and verdict."""
    text = TEXTS[column](row)
    word = f' {verdict(row)}' if column == CHANGE and verdict(row) else ''
    whole, point, fraction = text.removesuffix(word).partition('.')
    return whole, point + fraction, f' {on_screen(row.unit)}' if row.unit else '', word
