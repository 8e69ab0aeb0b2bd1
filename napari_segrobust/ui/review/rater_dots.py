"""A model among raters, a row for each metric: a dot with a letter for a rater, a diamond for the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_segrobust.digits import three_digits
from napari_segrobust.review.marks import color_of, letter_of
from napari_segrobust.ui.widgets.curve_data import nice_axis
from napari_segrobust.ui.widgets.marks import marker
from napari_segrobust.ui.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QMouseEvent, QPaintEvent

    from napari_segrobust.ui.widgets.palette import Palette

_RADIUS = 7.0
_ROW = 28
_TITLE, _WORDS = 62, 156
_DIAMOND = 3


@dataclass(frozen=True)
class DotRow:
    """One metric.

    Attributes
    ----------
    title, unit : str
    raters : tuple of float or None
        In the order of the raters; empty where they have no value of their own.
    model : tuple of float or None
        The model against each reference.
    mean : float or None
        Of the model.
    place : str
        Where it lies, in a word or two.
    better : str
        Which side is better: "more is better".
    note : str
        Below the model's value, in place of the range.
    """

    title: str
    unit: str
    raters: tuple[float | None, ...]
    model: tuple[float | None, ...]
    mean: float | None
    place: str = ''
    better: str = ''
    note: str = ''

    @property
    def limits(self) -> tuple[float, float] | None:
        """Smallest and largest rater; None with fewer than two."""
        defined = [value for value in self.raters if value is not None]
        return (min(defined), max(defined)) if len(defined) > 1 else None

    @property
    def range_words(self) -> str:
        """The range as it is written; "" where there is none."""
        if self.limits is None:
            return ''
        low, high = map(three_digits, self.limits)
        return f'raters {low} to {high} {self.unit}'.rstrip()

    def say(self, value: float | None) -> str:
        """A value as it is written."""
        return 'undefined' if value is None else f'{three_digits(value)} {self.unit}'.rstrip()


class RaterDots(Painted):
    """Rows of dots on an axis of their own.

    Parameters
    ----------
    palette : Palette
    """

    def __init__(self, *, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(palette, parent)
        self._rows: tuple[DotRow, ...] = ()
        self._names: tuple[str, ...] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName('Model among raters')
        self.apply_palette(palette)

    def set_rows(self, rows: Sequence[DotRow], names: Sequence[str]) -> None:
        """Show `rows`; `names` are those of the raters."""
        self._rows, self._names = tuple(rows), tuple(names)
        self.setAccessibleDescription(' '.join(f'{self._spoken(row)}.' for row in self._rows))
        self.updateGeometry()
        self.update()

    @property
    def rows(self) -> tuple[DotRow, ...]:
        """What is shown."""
        return self._rows

    def sizeHint(self) -> QSize:
        """Return room for all rows."""
        return QSize(440, _ROW * max(1, len(self._rows)) + 2)

    def minimumSizeHint(self) -> QSize:
        """Return room for all rows, and for dots that can be told apart."""
        return QSize(300, self.sizeHint().height())

    def place(self, row: int, value: float) -> QPointF:
        """Where a value of a row lies, in pixels."""
        track, axis = self._track(row), nice_axis(self._values(row), 3)
        return QPointF(track.left() + axis.share(value) * track.width(), track.center().y())

    def _track(self, row: int) -> QRectF:
        left, right = _TITLE + _RADIUS, self.width() - _WORDS - _RADIUS
        return QRectF(left, row * _ROW + 1, max(40.0, right - left), _ROW - 2)

    def _values(self, row: int) -> list[float]:
        one = self._rows[row]
        return [value for value in (*one.raters, *one.model, one.mean) if value is not None]

    def _spoken(self, row: DotRow) -> str:
        raters = ', '.join(f'{name} {row.say(value)}' for name, value in zip(self._names, row.raters, strict=False))
        model = f'model {row.say(row.mean)} {row.place}'.rstrip() if row.model else ''
        return f'{row.title}: {"; ".join(filter(None, (raters, model, row.note)))}'

    # -- hands

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Name everybody of the row under the mouse."""
        row = int(event.position().y() // _ROW)
        if not 0 <= row < len(self._rows):
            return
        one = self._rows[row]
        lines = [f'{one.title}{f", {one.better}" if one.better else ""}']
        lines += [
            f'{letter_of(i)}  {name}: {one.say(value)}'
            for i, (name, value) in enumerate(zip(self._names, one.raters, strict=False))
        ]
        if one.model:
            lines.append(f'model: {one.say(one.mean)}, mean of {", ".join(map(one.say, one.model))}')
        lines += [one.note] if one.note else []
        QToolTip.showText(event.globalPosition().toPoint(), '\n'.join(lines), self)

    def leaveEvent(self, event: QEvent) -> None:
        """Say nothing more."""
        QToolTip.hideText()

    # -- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint every row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row in range(len(self._rows)):
            self._paint_words(painter, row)
            if self._values(row):
                self._paint_row(painter, row)

    def _paint_words(self, painter: QPainter, row: int) -> None:
        one, top = self._rows[row], row * _ROW
        painter.setFont(self.font())
        painter.setPen(QColor(self._palette.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        title = QRectF(0, top, _TITLE, _ROW)
        painter.drawText(title, int(middle | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), one.title)
        box = QRectF(self.width() - _WORDS + 6, top + 1, _WORDS - 6, _ROW / 2 - 1)
        metrics = painter.fontMetrics()
        said = f'{one.say(one.mean)} {one.place}'.rstrip() if one.model else ''
        painter.drawText(box, int(middle), metrics.elidedText(said, Qt.TextElideMode.ElideRight, int(box.width())))
        words = one.note or one.range_words
        if words:
            painter.setPen(QColor(self._palette.muted))
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box.translated(0, _ROW / 2 - 1), int(middle), words)

    def _paint_row(self, painter: QPainter, row: int) -> None:
        one, track = self._rows[row], self._track(row)
        if one.limits is not None:
            low, high = (self.place(row, value).x() for value in one.limits)
            band = QRectF(low, track.top() + 3, high - low, track.height() - 6)
            painter.fillRect(band, QColor(self._palette.primary))
        middle = track.center().y()
        painter.setPen(QColor(self._palette.muted))
        painter.drawLine(QPointF(track.left(), middle), QPointF(track.right(), middle))
        for value in one.model:
            if value is not None:
                x = self.place(row, value).x()
                painter.setPen(QPen(QColor(self._palette.text), 1))
                painter.drawLine(QPointF(x, track.bottom() - 7), QPointF(x, track.bottom() - 2))
        self._paint_raters(painter, row)
        if one.model and one.mean is not None:
            painter.setPen(QPen(QColor(self._palette.background), 1.5))
            painter.setBrush(QColor(self._palette.text))
            painter.drawPath(marker(_DIAMOND, _RADIUS * 0.9).translated(self.place(row, one.mean)))
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_raters(self, painter: QPainter, row: int) -> None:
        """Dots in order of their values; one that would hide its neighbour moves up or down."""
        font = QFont(self.font())
        font.setPixelSize(10)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        found = [(value, i) for i, value in enumerate(self._rows[row].raters) if value is not None]
        last, step = -1e9, 0
        for value, i in sorted(found):
            centre = self.place(row, value)
            step = (step + 1) % 3 if centre.x() - last < 1.6 * _RADIUS else 0
            last = centre.x()
            centre += QPointF(0, (0.0, -_RADIUS, _RADIUS)[step])
            colour = QColor(color_of(i))
            painter.setPen(QPen(QColor(self._palette.background), 1))
            painter.setBrush(colour)
            painter.drawEllipse(centre, _RADIUS, _RADIUS)
            painter.setPen(QColor('#000000' if colour.lightnessF() > 0.35 else '#FFFFFF'))
            box = QRectF(centre.x() - 10, centre.y() - 8, 20, 16)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), letter_of(i))
        painter.setBrush(Qt.BrushStyle.NoBrush)
