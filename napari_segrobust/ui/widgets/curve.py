"""Live curves of a metric over severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_segrobust.digits import three_digits, trimmed
from napari_segrobust.ui.widgets.curve_data import (
    SEVERITY,
    Series,
    XAxis,
    as_csv,
    spoken,
    unit_axis,
    y_axis,
)
from napari_segrobust.ui.widgets.curve_legend import paint_legend
from napari_segrobust.ui.widgets.marks import lane_colour, marker
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qtpy.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from napari_segrobust.ui.widgets.palette import Palette

_RADIUS = 3.5
_REACH = 12.0
_LOW_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
_EMPTY = 'Move a severity slider: each visited point appears here.'


class Curve(Painted):
    """Several named series over severity, or over the change of the image, one colour and marker each.

    Keys: left and right step through the visited points, Enter goes there.

    Parameters
    ----------
    palette : Palette
    """

    #: Place on the x axis that was clicked: that of the nearest point, else of the place.
    clicked = Signal(float)

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(palette, parent)
        self._series: tuple[Series, ...] = ()
        self._title = self._unit = ''
        self._band: tuple[float, float] | None = None
        self._mark: float | None = None
        self._empty = _EMPTY
        self._ratio = False
        self._axis = unit_axis()
        self._x = SEVERITY
        self._stamp = ''
        self._current: float | None = None
        self._cursor: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName('Curve')
        self.apply_palette(palette)
        self.set_series(())

    # --- what is shown

    def set_series(
        self,
        series: Sequence[Series],
        *,
        title: str = '',
        unit: str = '',
        ratio: bool = False,
        band: tuple[float, float] | None = None,
        mark: float | None = None,
        empty: str = _EMPTY,
        along: XAxis = SEVERITY,
        stamp: str = '',
    ) -> None:
        """Show `series`.

        Parameters
        ----------
        series : sequence of Series
        title, unit : str
            Of the metric on the y axis.
        ratio : bool
            Whether the y axis runs from 0 to 1 rather than around the values.
        band : (float, float), optional
            Range of the raters among themselves, drawn behind.
        mark : float, optional
            Where on the x axis a curve leaves that range.
        empty : str
            What to say while there is nothing to draw.
        along : XAxis
        stamp : str
            From how much it was made, written into a corner.
        """
        self._series = tuple(series)
        self._title, self._unit, self._band, self._mark, self._empty = title, unit, band, mark, empty
        self._ratio = ratio
        self._x, self._stamp = along, stamp
        self._measure()
        words = ' '.join(filter(None, (spoken(self._series, self._y_title(), along.title), self._range_words(), stamp)))
        self.setAccessibleDescription(words if self._series else empty)
        self.update()

    def set_current(self, severity: float | None) -> None:
        """Emphasise the points at `severity`; None for none."""
        if severity != self._current:
            self._current = severity
            self.update()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`; other letters take other room."""
        super().apply_palette(palette)
        self._measure()

    def as_csv(self) -> str:
        """Return the points as text, comma separated, with a header."""
        return as_csv(self._series, self._y_title(), self._x.title)

    def image(self, scale: float = 2.0) -> QImage:
        """Return what is shown, `scale` times as fine."""
        image = QImage(self.size() * scale, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(scale)
        image.fill(QColor(self._palette.background))
        painter = QPainter(image)
        self._paint(painter, cursor=False)
        painter.end()
        return image

    def save_png(self, path: Path | str) -> None:
        """Write `image` to `path`.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        if not self.image().save(str(path), 'PNG'):
            raise OSError(f'Curve not written: {path} cannot be opened for writing')

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(480, 240)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size at which ticks do not touch."""
        return QSize(220, 92)

    # --- where things are

    def plot_rect(self) -> QRectF:
        """Return the rectangle between the axes, in pixels."""
        return QRectF(self.rect()).adjusted(self._left, self._line + 12, -12, -self._foot)

    def position(self, severity: float, value: float) -> QPointF:
        """Return where a point lies, in pixels."""
        plot = self.plot_rect()
        y = plot.bottom() - self._axis.share(value) * plot.height()
        return QPointF(plot.left() + self._x.axis.share(severity) * plot.width(), y)

    def _measure(self) -> None:
        """Choose the ticks that there is room for, and measure their words once rather than at every point."""
        metrics = self.fontMetrics()
        self._line = metrics.height()
        self._foot = (1 if self._is_low() else 2) * self._line + 8
        room = self.height() - self._line - 12 - self._foot
        self._axis = y_axis(self._series, self._band, self._ratio, max(2, min(5, int(room / (1.6 * self._line)))))
        self._left = max(metrics.horizontalAdvance(self._axis.label(tick)) for tick in self._axis.ticks) + 14

    def _severity_at(self, x: float) -> float:
        plot = self.plot_rect()
        near = min(self._visited(), key=lambda s: abs(self.position(s, 0).x() - x), default=None)
        step = self._x.step
        if near is not None and (step is None or abs(self.position(near, 0).x() - x) <= _REACH / 2):
            return near
        axis, step = self._x.axis, step or 1.0
        place = axis.low + min(1.0, max(0.0, (x - plot.left()) / plot.width())) * (axis.high - axis.low)
        return round(round(place / step) * step, 9)

    def _visited(self) -> list[float]:
        return sorted({x for one in self._series for x, _ in one.points})

    def _range_words(self) -> str:
        ends = '' if self._band is None else f'Raters {" to ".join(map(three_digits, self._band))}.'
        return ends if self._mark is None else f'{ends} {self._mark_words()}.'

    def _mark_words(self) -> str:
        return '' if self._mark is None else f'leaves at {self._mark:.2g}'

    def _is_low(self) -> bool:
        """Whether the name of the x axis moves up into the title, for want of height."""
        return self.height() < 170

    def _heading(self) -> str:
        return f'{self._y_title()} over {self._x.title}' if self._is_low() else self._y_title()

    def _y_title(self) -> str:
        return f'{self._title} ({self._unit})' if self._unit else self._title

    # --- hands

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the ticks for the new height."""
        self._measure()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say the values of the point under the mouse."""
        place = event.position()
        hits = [
            (one, x, y)
            for one in self._series
            for x, y in one.points
            if y is not None and (self.position(x, y) - place).manhattanLength() <= _REACH
        ]
        self._point_at(hits[0][1] if hits else None)
        if hits:
            QToolTip.showText(event.globalPosition().toPoint(), '\n'.join(self._say(*hit) for hit in hits), self)
        else:
            QToolTip.hideText()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the severity that was clicked."""
        inside = self.plot_rect().adjusted(-_REACH, -_REACH, _REACH, _REACH).contains(event.position())
        if event.button() == Qt.MouseButton.LeftButton and self._series and inside:
            self.clicked.emit(self._severity_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the point under the mouse."""
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step through the visited severities, or go to one."""
        visited = self._visited()
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and visited:
            start = self._current if self._cursor is None else self._cursor
            index = visited.index(start) + steps[event.key()] if start in visited else 0
            self._point_at(visited[min(max(index, 0), len(visited) - 1)])
            words = [self._say(one, x, y) for one in self._series for x, y in one.points if x == self._cursor]
            place = self.mapToGlobal(self.position(self._cursor, self._axis.high).toPoint())
            QToolTip.showText(place, '\n'.join(words), self)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor is not None:
            self.clicked.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def _point_at(self, severity: float | None) -> None:
        if severity != self._cursor:
            self._cursor = severity
            self.update()

    def _say(self, one: Series, x: float, y: float | None) -> str:
        value = 'undefined' if y is None else f'{three_digits(y)} {self._unit}'.rstrip()
        return f'{one.name}: {self._title} {value} at {self._x.title} {trimmed(x, 2)}'

    # --- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint everything."""
        painter = QPainter(self)
        self._paint(painter, cursor=True)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QColor(self._palette.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint(self, painter: QPainter, cursor: bool) -> None:
        painter.setFont(self.font())
        if not any(one.points for one in self._series):
            painter.setPen(QColor(self._palette.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(24, 0, -24, 0), int(words), self._empty)
            return
        plot = self.plot_rect()
        self._paint_axes(painter, plot)
        line = QRectF(4, 3, plot.right() - 4, self.fontMetrics().height())
        paint_legend(painter, line, self._series, (self._heading(), self._y_title()), bool(self._band), self._palette)
        if cursor:
            for severity, style in ((self._current, Qt.PenStyle.SolidLine), (self._cursor, Qt.PenStyle.DotLine)):
                if severity is not None:
                    x = round(self.position(severity, 0).x())
                    painter.setPen(QPen(QColor(self._palette.secondary), 1, style))
                    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        if self._mark is not None:
            self._paint_mark(painter, plot, self._mark)
        if self._stamp:
            painter.setPen(QColor(self._palette.muted))
            painter.drawText(plot.adjusted(4, 0, -2, -1), int(_LOW_LEFT), self._stamp)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for one in self._series:
            self._paint_band(painter, one)
        for one in self._series:
            self._paint_series(painter, plot, one)

    def _paint_band(self, painter: QPainter, one: Series) -> None:
        """Least and largest value over several draws: a pale area, and a bar at each place."""
        colour = QColor(lane_colour(one.lane, self._palette))
        upper = [self.position(x, high) for x, _, high in one.band]
        lower = [self.position(x, low) for x, low, _ in one.band]
        painter.setPen(QPen(colour, 1.2))
        for top, bottom in zip(upper, lower, strict=True):
            painter.drawLine(top, bottom)
            for end in (top, bottom):
                painter.drawLine(end - QPointF(3, 0), end + QPointF(3, 0))
        colour.setAlphaF(0.18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        palette, metrics = self._palette, self.fontMetrics()
        grid, ink = QColor(palette.foreground), QColor(palette.muted)
        if self._band:
            low, high = (self.position(0, value).y() for value in self._band)
            painter.fillRect(QRectF(plot.left(), high, plot.width(), low - high), QColor(palette.primary))
        for tick in self._axis.ticks:
            y = round(self.position(0, tick).y())
            painter.setPen(grid)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(ink)
            box = QRectF(0, y - metrics.height() / 2, plot.left() - 8, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._axis.label(tick))
        for tick in self._x.axis.ticks:
            x = self.position(tick, self._axis.low).x()
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3))
            box = QRectF(x - 20, plot.bottom() + 4, 40, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, self._x.axis.label(tick))
        below = QRectF(plot.left(), plot.bottom() + 4 + metrics.height(), plot.width(), metrics.height())
        if not self._is_low():
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self._x.title)
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())

    def _paint_mark(self, painter: QPainter, plot: QRectF, mark: float) -> None:
        """A line where a curve leaves the band, with the place in numbers: before it, where the band is not."""
        x, words = self.position(mark, self._axis.low).x(), self._mark_words()
        painter.setPen(QPen(QColor(self._palette.text), 1.2, Qt.PenStyle.DashDotLine))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        left = max(plot.left() + 2, x - 4 - self.fontMetrics().horizontalAdvance(words))
        is_high = self._band is not None and sum(map(self._axis.share, self._band)) > 1
        painter.drawText(QPointF(left, plot.bottom() - 5 if is_high else plot.top() + self._line), words)

    def _paint_series(self, painter: QPainter, plot: QRectF, one: Series) -> None:
        colour = QColor(lane_colour(one.lane, self._palette))
        if one.clean is not None:
            y = self.position(0, one.clean).y()
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DotLine if one.hollow else Qt.PenStyle.SolidLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # one path for all dots: a call per dot costs more than its paint
        dots, dot = QPainterPath(), marker(one.lane, _RADIUS)
        dots.setFillRule(Qt.FillRule.WindingFill)
        run: list[QPointF] = []
        here: QPointF | None = None
        for x, y in one.ordered():
            if y is None:
                painter.drawPolyline(QPolygonF(run))
                run = []
                self._paint_undefined(painter, QPointF(self.position(x, self._axis.low).x(), plot.bottom() - 5))
                continue
            place = self.position(x, y)
            run.append(place)
            dots.addPath(dot.translated(place))
            here = place if x == self._current else here
        painter.drawPolyline(QPolygonF(run))
        painter.setPen(QPen(colour, 1))
        painter.setBrush(QColor(self._palette.background) if one.hollow else colour)
        painter.drawPath(dots)
        if here is not None:
            painter.setPen(QPen(QColor(self._palette.text), 1.5))
            painter.drawPath(marker(one.lane, _RADIUS * 1.7).translated(here))

    def _paint_undefined(self, painter: QPainter, place: QPointF) -> None:
        arm = 3.0
        painter.drawLine(place + QPointF(-arm, -arm), place + QPointF(arm, arm))
        painter.drawLine(place + QPointF(-arm, arm), place + QPointF(arm, -arm))
