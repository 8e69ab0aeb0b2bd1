"""The line above a curve: what it shows, and which colour is which lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPen

from napari_segrobust.ui.widgets.curve_data import Series, fair_widths
from napari_segrobust.ui.widgets.marks import lane_colour, marker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.widgets.palette import Palette

_RADIUS = 3.5


def paint_legend(
    painter: QPainter,
    line: QRectF,
    series: Sequence[Series],
    headings: tuple[str, str],
    has_raters: bool,
    palette: Palette,
) -> None:
    """Paint the name of the y axis at the left and the series at the right of one line.

    Parameters
    ----------
    painter : QPainter
        With the font of the curve.
    line : QRectF
    series : sequence of Series
    headings : (str, str)
        The long name, and the one where there is no room for it.
    has_raters : bool
        Whether there is a band of raters to explain.
    palette : Palette
    """
    plain, metrics = QFont(painter.font()), painter.fontMetrics()
    title = QFont(plain)
    title.setWeight(QFont.Weight.DemiBold)
    painter.setFont(title)
    painter.setPen(QColor(palette.text))
    bold = painter.fontMetrics()
    names = [metrics.horizontalAdvance(one.name) + 1 for one in series]
    extra = ['clean'] * any(one.clean is not None for one in series) + ['raters'] * has_raters
    extra += list({one.band_title: None for one in series if one.band})[:1]

    def room(heading: str) -> float:
        keys = sum(metrics.horizontalAdvance(word) + 32 for word in extra) + 24 * len(names)
        return line.width() - bold.horizontalAdvance(heading) - 16 - keys

    # the names of the series matter most, then what the dashes are, then the name of the other axis
    heading = headings[0] if room(headings[0]) >= sum(names) else headings[1]
    while extra and room(heading) < sum(names):
        extra.pop()
    widths = fair_widths(names, room(heading))
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft, heading)
    painter.setFont(plain)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    x, middle = line.right(), line.center().y()
    for word in reversed(extra):
        x -= metrics.horizontalAdvance(word)
        painter.drawText(QPointF(x, line.top() + metrics.ascent()), word)
        _paint_key(painter, word, QRectF(x - 20, middle - 4, 16, 8), palette)
        x -= 32
    for one, width in reversed(list(zip(series, widths, strict=True))):
        words = metrics.elidedText(one.name, Qt.TextElideMode.ElideMiddle, int(width))
        x -= metrics.horizontalAdvance(words)
        painter.setPen(QColor(palette.text))
        painter.drawText(QPointF(x, line.top() + metrics.ascent()), words)
        colour = QColor(lane_colour(one.lane, palette))
        painter.setPen(colour)
        painter.setBrush(QColor(palette.background) if one.hollow else colour)
        painter.drawPath(marker(one.lane, _RADIUS).translated(x - 8, middle))
        x -= 24
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_key(painter: QPainter, word: str, box: QRectF, palette: Palette) -> None:
    if word == 'raters':
        painter.fillRect(box, QColor(palette.primary))
        return
    if word != 'clean':
        centre = box.center().x()
        painter.setPen(QPen(QColor(palette.muted), 1.2))
        painter.drawLine(QPointF(centre, box.top()), QPointF(centre, box.bottom()))
        for y in (box.top(), box.bottom()):
            painter.drawLine(QPointF(centre - 3, y), QPointF(centre + 3, y))
    else:
        painter.setPen(QPen(QColor(palette.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()))
    painter.setPen(QColor(palette.text))
