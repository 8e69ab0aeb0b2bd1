"""A dot for every window, or for every case: one number against another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip

from napari_segrobust.digits import trimmed
from napari_segrobust.ui.widgets.curve_data import Axis, nice_axis, unit_axis
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

    from napari_segrobust.ui.widgets.palette import Palette

_REACH = 9.0
#: So many dots lie over each other; fewer are drawn nearly opaque.
_MANY = 300
_RADIUS = 3
_YY, _XX = np.mgrid[-_RADIUS : _RADIUS + 1, -_RADIUS : _RADIUS + 1]
_FULL = np.hypot(_YY, _XX) <= _RADIUS
#: A ring: a second cue for windows whose fraction may not be compared.
_RING = _FULL & (np.hypot(_YY, _XX) > _RADIUS - 1.2)


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the plot.

    Attributes
    ----------
    value : float
    words : str
        At its left end; of a dashed one at its right.
    span : (float, float) or None
        How sure it is, drawn pale behind as far as the plot goes.
    dashed : bool
    is_low : bool
        The words stand below the line.
    """

    value: float
    words: str
    span: tuple[float, float] | None = None
    dashed: bool = False
    is_low: bool = False


@dataclass(frozen=True, slots=True)
class Corner:
    """A part of the plot that means something: from a place to its lower right, or its lower left.

    Attributes
    ----------
    x, y : float
    words : str
    is_right : bool
    """

    x: float
    y: float
    words: str
    is_right: bool = True


@dataclass(frozen=True, eq=False)
class Dots:
    """What is plotted.

    Attributes
    ----------
    x, y : ndarray (N,)
        NaN where undefined: that thing has no dot.
    comparable : ndarray (N,) of bool
        False draws a ring: it is not one of the others, as a window of another size.
    x_title, y_title : str
    ratio : bool
        The y axis runs from 0 to 1.
    bands : tuple of (float, float)
        Ranges of x drawn behind, the palest first.
    band_title : str
    course : tuple of (float, float)
        Somebody else's course of y over x, drawn thin and dashed behind the dots.
    noun : str
        What the dots are.
    levels : tuple of Level
    corner : Corner or None
    zero : bool
        Whether the x axis begins at 0 and the y axis holds it.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    comparable: NDArray[np.bool_]
    x_title: str
    y_title: str
    ratio: bool = False
    bands: tuple[tuple[float, float], ...] = ()
    band_title: str = ''
    course: tuple[tuple[float, float], ...] = ()
    noun: str = 'windows'
    levels: tuple[Level, ...] = ()
    corner: Corner | None = None
    zero: bool = True


class DotPlot(Painted):
    """Dots to point at and to click.

    Keys: left and right step through the dots in the order of x, Enter goes there.

    Parameters
    ----------
    name : str
        What a screen reader says.
    palette : Palette
    words : callable
        ``words(index)``: what the tooltip says of a dot.
    """

    clicked = Signal(int)
    #: Index of the dot under the pointer; -1 for none.
    hovered = Signal(int)

    def __init__(self, name: str, *, palette: Palette, words: Callable[[int], str]) -> None:
        super().__init__(palette)
        self._words = words
        self._dots: Dots | None = None
        self._empty, self._muted = '', False
        self._selected = self._hovered = -1
        self._image: QImage | None = None
        self._x = self._y = unit_axis()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self.apply_palette(palette)

    def set_dots(self, dots: Dots | None, empty: str = '', muted: bool = False) -> None:
        """Show dots, pale while new ones are on their way; without any, what to say instead."""
        self._dots, self._empty, self._muted = dots, empty, muted
        self._image = None
        if dots is not None and self._known.any():
            self._measure(dots)
            count, levels = int(self._known.sum()), ' '.join(f'{level.words}.' for level in dots.levels)
            words = f'{count} {dots.noun}. {dots.y_title} over {dots.x_title}. {levels or dots.band_title}'
            self.setAccessibleDescription(words)
        else:
            self.setAccessibleDescription(empty)
        self.update()

    def _measure(self, dots: Dots) -> None:
        """Choose axes that hold all there is."""
        x, y = (values[self._known] for values in (dots.x, dots.y))
        corner = () if dots.corner is None else (dots.corner,)
        reach = [float(x.max()), *(b for _, b in dots.bands), *(a for a, _ in dots.course), *(c.x for c in corner)]
        self._x = nice_axis([0.0, max(*reach, 1e-9)] if dots.zero else [float(x.min()), *reach])
        held = [float(y.min()), float(y.max()), *(level.value for level in dots.levels), *(c.y for c in corner)]
        line = self.fontMetrics().height()
        count = max(2, min(5, int((self.height() - 3 * line - 18) / (1.4 * line))))
        self._y = unit_axis(count) if dots.ratio else nice_axis([0.0, 1e-9, *held] if dots.zero else held, count)

    def set_meant(self, selected: int | None, hovered: int | None) -> None:
        """Emphasise the chosen dot and the one under a pointer."""
        self._selected = -1 if selected is None else selected
        self._hovered = -1 if hovered is None else hovered
        self.update()

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`, and paint the dots anew."""
        self._image = None
        super().apply_palette(palette)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(460, 280)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest size at which ticks do not touch."""
        return QSize(240, 140)

    # -- where things are -----------------------------------------------------------------------------------------

    @property
    def _known(self) -> NDArray[np.bool_]:
        dots = self._dots
        found: NDArray[np.bool_] = np.isfinite(dots.x) & np.isfinite(dots.y)
        return found

    def plot_rect(self) -> QRectF:
        """Return the rectangle between the axes, in pixels."""
        metrics = self.fontMetrics()
        left = max(metrics.horizontalAdvance(self._y.label(tick)) for tick in self._y.ticks) + 14
        return QRectF(self.rect()).adjusted(left, metrics.height() + 10, -12, -2 * metrics.height() - 8)

    def position(self, index: int) -> QPointF:
        """Return where a dot lies, in pixels."""
        x, y = self._pixels()
        return QPointF(float(x[index]), float(y[index]))

    def _pixels(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        plot, dots = self.plot_rect(), self._dots
        x = plot.left() + (dots.x - self._x.low) / (self._x.high - self._x.low) * plot.width()
        y = plot.bottom() - (dots.y - self._y.low) / (self._y.high - self._y.low) * plot.height()
        return x, y

    def _near(self, place: QPointF) -> int:
        if self._dots is None or not self._known.any():
            return -1
        x, y = self._pixels()
        far = np.hypot(x - place.x(), y - place.y())
        far[~self._known] = np.inf
        index = int(far.argmin())
        return index if far[index] <= _REACH else -1

    # -- hands ----------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at the nearest dot, and say what it is."""
        index = self._near(event.position())
        self.hovered.emit(index)
        if index >= 0:
            QToolTip.showText(event.globalPosition().toPoint(), self._words(index), self)
        else:
            QToolTip.hideText()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to what the nearest dot is."""
        index = self._near(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.clicked.emit(index)

    def leaveEvent(self, event: QEvent) -> None:
        """Point at nothing."""
        self.hovered.emit(-1)

    def keyPressEvent(self, event: object) -> None:
        """Step through the dots by x, or go to the one that is pointed at."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if self._dots is not None and self._known.any() and event.key() in steps:
            order = np.flatnonzero(self._known)
            order = order[np.argsort(self._dots.x[order], kind='stable')]
            meant = self._hovered if self._hovered >= 0 else self._selected
            at = int(np.flatnonzero(order == meant)[0]) + steps[event.key()] if meant in order else 0
            self.hovered.emit(int(order[min(max(at, 0), len(order) - 1)]))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._hovered >= 0:
            self.clicked.emit(self._hovered)
        else:
            super().keyPressEvent(event)

    # -- paint ----------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the ticks for the new height, and paint the dots anew."""
        self._image = None
        if self._dots is not None and self._known.any():
            self._measure(self._dots)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint everything."""
        painter, palette = QPainter(self), self._palette
        painter.setFont(self.font())
        if self._dots is None or not self._known.any():
            painter.setPen(QColor(palette.muted))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(24, 0, -24, 0), int(words), self._empty)
        else:
            plot = self.plot_rect()
            self._paint_axes(painter, plot)
            self._paint_course(painter, plot)
            self._paint_levels(painter, plot)
            if self._image is None:
                self._image = self._dot_image()
            painter.drawImage(0, 0, self._image)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for index, width, reach in ((self._selected, 2.2, 6.5), (self._hovered, 1.5, 5.0)):
                if 0 <= index < len(self._dots.x) and self._known[index]:
                    painter.setPen(QPen(QColor(palette.text), width))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawEllipse(self.position(index), reach, reach)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self.hasFocus():
            painter.setPen(QColor(palette.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        palette, metrics, dots = self._palette, self.fontMetrics(), self._dots
        for low, high in dots.bands:
            left, right = (plot.left() + self._x.share(v) * plot.width() for v in (low, high))
            colour = QColor(palette.accent)
            colour.setAlphaF(0.16)
            painter.fillRect(QRectF(left, plot.top(), max(right - left, 1.5), plot.height()), colour)
        grid, ink = QColor(palette.foreground), QColor(palette.muted)
        for tick in self._y.ticks:
            y = round(self._height(plot, tick))
            painter.setPen(grid)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(ink)
            box = QRectF(0, y - metrics.height() / 2, plot.left() - 8, metrics.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self._y.label(tick))
        for tick in self._x.ticks:
            x = plot.left() + self._x.share(tick) * plot.width()
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3))
            box = QRectF(x - 30, plot.bottom() + 4, 60, metrics.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignHCenter), _percent(self._x, tick, dots.x_title))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        below = QRectF(plot.left(), plot.bottom() + 4 + metrics.height(), plot.width(), metrics.height())
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter), dots.x_title)
        above = QRectF(6, 3, self.width() - 18, metrics.height())
        if dots.band_title:
            painter.drawText(above, int(Qt.AlignmentFlag.AlignRight), dots.band_title)
        painter.setPen(QColor(palette.text))
        painter.drawText(above, int(Qt.AlignmentFlag.AlignLeft), dots.y_title)

    def _paint_levels(self, painter: QPainter, plot: QRectF) -> None:
        """Lines across the plot with their words, and the corner that means something."""
        palette, line, dots = self._palette, self.fontMetrics().height(), self._dots
        pale = QColor(palette.accent)
        pale.setAlphaF(0.16)
        corner = dots.corner
        if corner is not None:
            x, y = plot.left() + self._x.share(corner.x) * plot.width(), self._height(plot, corner.y)
            left, right = (x, plot.right()) if corner.is_right else (plot.left(), x)
            room = QRectF(left, y, right - left, plot.bottom() - y)
            painter.fillRect(room, pale)
            painter.setPen(QColor(palette.text))
            below = QRectF(plot.left() + 4, plot.bottom() - line - 2, plot.width() - 8, line)
            side = Qt.AlignmentFlag.AlignRight if corner.is_right else Qt.AlignmentFlag.AlignLeft
            painter.drawText(below, int(side), corner.words)
        for level in dots.levels:
            y = self._height(plot, level.value)
            if level.span is not None:
                high, low = (self._height(plot, end) for end in (level.span[1], level.span[0]))
                room = QRectF(plot.left(), high, plot.width(), max(low - high, 1.0))
                painter.fillRect(room.intersected(plot), pale)
            style = Qt.PenStyle.DashLine if level.dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(palette.accent), 1.2, style))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(palette.muted))
            is_below = level.is_low and y + line < plot.bottom()
            room = QRectF(plot.left() + 2, y - (0 if is_below else line), plot.width() - 4, line)
            side = Qt.AlignmentFlag.AlignRight if level.dashed else Qt.AlignmentFlag.AlignLeft
            painter.drawText(room, int(side), level.words)

    def _height(self, plot: QRectF, value: float) -> float:
        return plot.bottom() - self._y.share(value) * plot.height()

    def _paint_course(self, painter: QPainter, plot: QRectF) -> None:
        places = [
            QPointF(plot.left() + self._x.share(x) * plot.width(), self._height(plot, y)) for x, y in self._dots.course
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._palette.muted), 1.2, Qt.PenStyle.DashLine))
        painter.drawPolyline(places)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _dot_image(self) -> QImage:
        """All dots as one picture: hundreds of thousands cost no more than the pixels they fall on."""
        ratio = self.devicePixelRatioF()
        width, height = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        alpha = np.zeros((height + 2 * _RADIUS + 1, width + 2 * _RADIUS + 1), np.float32)
        x, y = self._pixels()
        dense = 0.45 if len(x) > _MANY else 0.85
        for shape, chosen in ((_RING, ~self._dots.comparable), (_FULL, self._dots.comparable)):
            chosen = chosen & self._known
            column, row = (np.rint(v[chosen] * ratio).astype(np.intp) for v in (x, y))
            places = np.unique(row.clip(0, height - 1) * width + column.clip(0, width - 1))
            row, column = np.divmod(places, width)
            for dy, dx in np.argwhere(shape):
                # Where dots lie over each other it becomes denser, up to opaque.
                np.add.at(alpha, (row + dy, column + dx), dense)
        alpha = alpha[_RADIUS : _RADIUS + height, _RADIUS : _RADIUS + width].clip(0, 1)
        ink = QColor(self._palette.muted if self._muted else self._palette.ink('#56B4E9'))
        pixels = np.zeros((height, width, 4), np.uint8)
        for channel, value in enumerate((ink.red(), ink.green(), ink.blue())):
            pixels[..., channel] = value
        pixels[..., 3] = (255 * alpha * (0.5 if self._muted else 0.9)).astype(np.uint8)
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
        image.setDevicePixelRatio(ratio)
        return image


def _percent(axis: Axis, tick: float, title: str) -> str:
    """Shares are written in percent where the title says so."""
    return trimmed(100 * tick, 3) if title.endswith('(%)') else axis.label(tick)
