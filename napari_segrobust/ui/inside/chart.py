"""Relative change of activations against severity: a pane for each lane, on common axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_segrobust.ui.inside.kinds import LOOKS, short, width
from napari_segrobust.ui.widgets.marks import lane_colour, marker
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QMouseEvent, QPaintEvent

    from napari_segrobust.inside.activations import ActivationChange
    from napari_segrobust.inside.points import Point
    from napari_segrobust.ui.widgets.palette import Palette

MAXIMUM = 5.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 40.0, 20.0, 17.0
_GAP, _NEAR, _LABEL = 6.0, 12.0, 11.0
TITLE = 'relative change of activations, ‖a - clean‖ / ‖clean‖, against severity'


@dataclass(frozen=True, eq=False)
class Pane:
    """One lane of the chart.

    Attributes
    ----------
    lane : int
    title : str
    change : ActivationChange or None
        As far as it has come.
    words : str
        What stands in its place while there is none.
    """

    lane: int
    title: str
    change: ActivationChange | None
    words: str = ''


class ChangeChart(Painted):
    """Paints panes. A line is chosen by a click; the pointer says which one it is over.

    Parameters
    ----------
    palette : Palette
    """

    #: A line was clicked: its lane and its point.
    chosen = Signal(int, object)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(palette, parent)
        self.panes: tuple[Pane, ...] = ()
        self.severity = 0.0
        self.selected: tuple[int, Point] | None = None
        self._over: tuple[int, Point] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(TITLE)
        self.apply_palette(palette)

    # -- what is shown --------------------------------------------------------------------------------------

    def show_panes(self, panes: Sequence[Pane], severity: float, selected: tuple[int, Point] | None) -> None:
        """Show other curves, the present severity, and which line is chosen."""
        self.panes, self.severity, self.selected = tuple(panes), severity, selected
        self.setAccessibleDescription('; '.join(self._said(pane) for pane in self.panes))
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for two panes."""
        return QSize(520, 190)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size at which lines can be told apart."""
        return QSize(220, 130)

    @property
    def highest(self) -> float:
        """Upper end of the common axis: the next of 0.2, 0.5, 1, 2, 5 ... above all values."""
        values = [float(np.nanmax(pane.change.values)) for pane in self.panes if _has_values(pane)]
        top = max([*values, 0.2])
        ten = 10.0 ** math.floor(math.log10(top))
        return next(step * ten for step in (1, 1.5, 2, 3, 5, 10) if step * ten >= top - 1e-9)

    def field(self, number: int) -> QRectF:
        """Where the lines of a pane lie."""
        each = (self.width() - _GAP * (len(self.panes) - 1)) / max(len(self.panes), 1)
        left = number * (each + _GAP) + _LEFT
        return QRectF(left, _TOP, max(each - _LEFT - _RIGHT, 10.0), max(self.height() - _TOP - _BOTTOM, 10.0))

    def place(self, number: int, severity: float, value: float) -> QPointF:
        """Where a value of a pane lies."""
        box = self.field(number)
        return QPointF(
            box.left() + severity / MAXIMUM * box.width(), box.bottom() - value / self.highest * box.height()
        )

    def point_at(self, place: QPointF) -> tuple[int, Point] | None:
        """The line near a place of the widget, and its lane."""
        best: tuple[float, int, Point] | None = None
        for number, pane in enumerate(self.panes):
            if pane.change is None or not self.field(number).adjusted(-8, -8, _RIGHT, 8).contains(place):
                continue
            for point, line in zip(pane.change.points, self._lines(number, pane.change), strict=True):
                distance = _distance(place, line)
                # Where two coincide, as a skip and the encoder that it comes from, the later one lies above.
                if distance <= _NEAR and (best is None or distance <= best[0] + 1e-6):
                    best = distance, pane.lane, point
        return None if best is None else best[1:]

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all panes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.panes:
            painter.setPen(QColor(self._palette.muted))
            words = 'Open a case and choose a network.'
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
            return
        for number, pane in enumerate(self.panes):
            self._paint_head(painter, number, pane)
            self._paint_axes(painter, number)
            if pane.change is None or not pane.change.severities:
                painter.setPen(QColor(self._palette.muted))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.field(number), int(flags), pane.words)
            else:
                self._paint_lines(painter, number, pane.change)

    def _paint_head(self, painter: QPainter, number: int, pane: Pane) -> None:
        box, colour = self.field(number), QColor(lane_colour(pane.lane, self._palette))
        painter.save()
        painter.translate(box.left() + 4, _TOP / 2)
        painter.fillPath(marker(pane.lane, 4.0), colour)
        painter.restore()
        painter.setPen(QColor(self._palette.text))
        room = QRectF(box.left() + 12, 0, box.width() + _RIGHT - 12, _TOP - 2)
        words = painter.fontMetrics().elidedText(pane.title, Qt.TextElideMode.ElideMiddle, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_axes(self, painter: QPainter, number: int) -> None:
        box, palette, top = self.field(number), self._palette, self.highest
        for share in (0.0, 0.5, 1.0):
            y = self.place(number, 0, share * top).y()
            painter.setPen(QPen(QColor(palette.primary), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(QColor(palette.muted))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(box.left() - _LEFT, y - 8, _LEFT - 4, 16), right, f'{share * top:.3g}')
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        for severity in range(int(MAXIMUM) + 1):
            x = self.place(number, severity, 0).x()
            painter.drawText(QRectF(x - 12, box.bottom() + 1, 24, 15), middle, f'{severity}')
        x = self.place(number, self.severity, 0).x()
        painter.setPen(QPen(QColor(palette.text), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))

    def _paint_lines(self, painter: QPainter, number: int, change: ActivationChange) -> None:
        lines = self._lines(number, change)
        lane = self.panes[number].lane
        marked = [one for one in (self._over, self.selected) if one is not None and one[0] == lane]
        for point, line in zip(change.points, lines, strict=True):
            look = LOOKS[point.kind]
            colour = QColor(self._palette.ink(look.colour))
            strong = any(point == other for _, other in marked)
            if marked and not strong:
                colour.setAlphaF(0.45)
            painter.setPen(QPen(colour, width(point) + (1.4 if strong else 0), look.dash))
            painter.drawPolyline(QPolygonF(line))
            if strong:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                for place in line:
                    painter.drawEllipse(place, 3.0, 3.0)
                painter.setBrush(Qt.BrushStyle.NoBrush)
        self._paint_ends(painter, number, change, lines)

    def _paint_ends(
        self, painter: QPainter, number: int, change: ActivationChange, lines: Sequence[list[QPointF]]
    ) -> None:
        """A letter and a number at the end of each line, moved apart where they would lie over each other."""
        ends = [(line[-1].y(), point) for point, line in zip(change.points, lines, strict=True) if line]
        if not ends:
            return
        box, metrics = self.field(number), QFontMetricsF(painter.font())
        last = max(line[-1].x() for line in lines if line)
        row = min(_LABEL, (box.height() + _TOP) / len(ends))
        joined = _joined(sorted(ends, key=lambda end: end[0]))
        for y, points in zip(
            _apart([y for y, _ in joined], row, box.bottom() + 2), [p for _, p in joined], strict=True
        ):
            x = last + 4
            for place, point in enumerate(points):
                words = short(point) + (' ' if place < len(points) - 1 else '')
                painter.setPen(QColor(self._palette.ink(LOOKS[point.kind].colour)))
                painter.drawText(QPointF(x, y + 4), words)
                x += metrics.horizontalAdvance(words)

    def _lines(self, number: int, change: ActivationChange) -> list[list[QPointF]]:
        return [
            [self.place(number, s, float(v)) for s, v in zip(change.severities, row, strict=True) if not np.isnan(v)]
            for row in change.values
        ]

    # -- the hand -------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the pointer is over."""
        over = self.point_at(event.position())
        if over != self._over:
            self._over = over
            self.setCursor(Qt.CursorShape.ArrowCursor if over is None else Qt.CursorShape.PointingHandCursor)
            self.update()
        words = '' if over is None else self._words(*over, event.position())
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the line under the pointer."""
        found = self.point_at(event.position())
        if found is not None:
            self.chosen.emit(*found)

    def leaveEvent(self, event: QEvent) -> None:
        """Let go of the line."""
        self._over = None
        self.update()

    def _words(self, lane: int, point: Point, place: QPointF) -> str:
        number = next(n for n, pane in enumerate(self.panes) if pane.lane == lane)
        change, box = self.panes[number].change, self.field(number)
        severity = (place.x() - box.left()) / box.width() * MAXIMUM
        nearest = int(np.argmin(abs(np.array(change.severities) - severity)))
        value = change.values[change.points.index(point), nearest]
        where = f'{point.channels} channels of {" x ".join(map(str, point.shape))}, {point.module}'
        return f'{point.title}: {value:.3g} at severity {change.severities[nearest]:g}\n{where}\nclick for its maps'

    def _said(self, pane: Pane) -> str:
        if pane.change is None or not pane.change.severities:
            return f'{pane.title}: {pane.words}'
        ends = zip(pane.change.points, pane.change.values[:, -1], strict=True)
        at = pane.change.severities[-1]
        return f'{pane.title} at severity {at:g}: ' + ', '.join(f'{point.title} {value:.3g}' for point, value in ends)


def _has_values(pane: Pane) -> bool:
    return pane.change is not None and pane.change.values.size > 0 and not np.isnan(pane.change.values).all()


def _distance(place: QPointF, line: list[QPointF]) -> float:
    """Of a place from a line of several pieces, in pixels."""
    best = math.inf
    for a, b in pairwise(line):
        along, away = b - a, place - a
        length = along.x() ** 2 + along.y() ** 2
        share = 0.0 if not length else max(0.0, min(1.0, QPointF.dotProduct(away, along) / length))
        foot = a + along * share - place
        best = min(best, math.hypot(foot.x(), foot.y()))
    return best


def _joined(ends: Sequence[tuple[float, Point]]) -> list[tuple[float, list[Point]]]:
    """Ends at one height share a row: a skip of a plain U-Net is what its encoder made."""
    found: list[tuple[float, list[Point]]] = []
    for y, point in ends:
        if found and y - found[-1][0] < 0.75:
            found[-1][1].append(point)
        else:
            found.append((y, [point]))
    return found


def _apart(places: Sequence[float], step: float, lowest: float) -> list[float]:
    """Heights at least `step` apart, in the same order, as near as they go and not below `lowest`."""
    moved: list[float] = []
    for y in places:
        moved.append(y if not moved else max(y, moved[-1] + step))
    below = lowest
    for number in range(len(moved) - 1, -1, -1):
        moved[number] = min(moved[number], below)
        below = moved[number] - step
    return moved
