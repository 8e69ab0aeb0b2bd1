"""Signs over the canvas that stay as they are from picture to picture: the patient's sides, the legend, small notes.

They are a transparent widget of Qt. As texts of the canvas they were drawn anew with every picture, which took longer
than the picture itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, QSizeF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from qtpy.QtWidgets import QWidget

from napari_segrobust.ui.canvas.burn import pixels, rgba

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from qtpy.QtGui import QPaintEvent

    from napari_segrobust.ui.canvas.colors import Chip

#: Top, bottom, left and right.
Letters = tuple[str, str, str, str]

_MARGIN = 8.0
_PAD_X, _PAD_Y = 6.0, 2.0
_LETTER_POINTS, _NOTE_POINTS = 12, 9
#: From the middle of an edge to where other words may begin.
_LETTER_ROOM = 32.0
_CAPTION_PIXELS = 22.0
_SHADE = QColor(0, 0, 0, 150)


class Signs:
    """What stands over the canvas; painted by a widget once there is one, and onto pictures that leave. GUI thread."""

    def __init__(self) -> None:
        self.letters: Letters | None = None
        self.cells = (1, 1)
        self.legend: tuple[Chip, ...] = ()
        self.notes: tuple[str, ...] = ()
        self._pane: Pane | None = None

    def lie_over(self, canvas: QWidget) -> None:
        """Show the signs over this widget from now on, until it goes."""
        if self._pane is None:
            self._pane = Pane(self, canvas)
            self._pane.destroyed.connect(self._forget)

    def follow_size(self) -> None:
        """Be as large as the canvas again."""
        if self._pane is not None:
            self._pane.resize(self._pane.parentWidget().size())

    def close(self) -> None:
        """Take the widget away. Idempotent."""
        if self._pane is not None:
            self._pane.deleteLater()
            self._pane = None

    def show_letters(self, letters: Letters | None, cells: tuple[int, int]) -> None:
        """Show the patient's sides at the edges of every cell of a grid of (rows, columns)."""
        if (letters, cells) != (self.letters, self.cells):
            self.letters, self.cells = letters, cells
            self._changed()

    def show_legend(self, chips: Sequence[Chip]) -> None:
        """Show what the colours mean."""
        if tuple(chips) != self.legend:
            self.legend = tuple(chips)
            self._changed()

    def show_notes(self, notes: Sequence[str]) -> None:
        """Show small notes, one below the other."""
        if tuple(notes) != self.notes:
            self.notes = tuple(notes)
            self._changed()

    def stamped(self, picture: NDArray[np.uint8], ratio: float = 1.0) -> NDArray[np.uint8]:
        """Return a picture of the canvas, taken without its signs, with them; `ratio` is its pixels to those of Qt."""
        body = rgba(picture).copy()
        rows, columns = body.shape[:2]
        image = QImage(body.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
        painter = QPainter(image)
        painter.scale(ratio, ratio)
        self.paint(painter, QSizeF(columns / ratio, rows / ratio))
        painter.end()
        return pixels(image)

    def paint(self, painter: QPainter, size: QSizeF) -> None:
        """Paint all signs on an area of this size."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_letters(painter, size)
        self._paint_legend(painter, size)
        self._paint_notes(painter, size)

    @property
    def _captions(self) -> float:
        """Height of what napari writes below each of several cells: what it shows."""
        return _CAPTION_PIXELS if self.cells != (1, 1) else 0.0

    def _changed(self) -> None:
        if self._pane is not None:
            self._pane.update()

    def _forget(self) -> None:
        self._pane = None

    def _paint_letters(self, painter: QPainter, size: QSizeF) -> None:
        if self.letters is None:
            return
        painter.setFont(_font(_LETTER_POINTS))
        rows, columns = self.cells
        cell = QSizeF(size.width() / columns, size.height() / rows)
        for i in range(rows * columns):
            room = QRectF(QPointF(i % columns * cell.width(), i // columns * cell.height()), cell)
            room.adjust(0, 0, 0, -self._captions)
            for letter, edge in zip(self.letters, _edges(room), strict=True):
                _paint_words(painter, letter, edge)

    def _paint_legend(self, painter: QPainter, size: QSizeF) -> None:
        painter.setFont(_font(_NOTE_POINTS))
        metrics = QFontMetricsF(painter.font())
        top = _MARGIN
        for chip in self.legend:
            words = f'{chip.sign} {chip.word}'
            box = QSizeF(metrics.horizontalAdvance(words) + 2 * _PAD_X, metrics.height() + 2 * _PAD_Y)
            place = QRectF(QPointF(size.width() - _MARGIN - box.width(), top), box)
            painter.fillRect(place, QColor(chip.color))
            painter.setPen(QColor(chip.text_color))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
            top += box.height() + 3

    def _paint_notes(self, painter: QPainter, size: QSizeF) -> None:
        painter.setFont(_font(_NOTE_POINTS))
        flags = int(Qt.TextFlag.TextWordWrap)
        # Beside the lower letter of the first cell.
        width = max(size.width() / self.cells[1] / 2 - _LETTER_ROOM, _LETTER_ROOM)
        bottom = size.height() - _MARGIN - self._captions
        for note in reversed(self.notes):
            needed = painter.boundingRect(QRectF(0, 0, width, size.height()), flags, note)
            place = QRectF(QPointF(_MARGIN, bottom - needed.height()), needed.size())
            painter.fillRect(place.adjusted(-_PAD_Y, 0, _PAD_Y, 0), _SHADE)
            painter.setPen(QColor('white'))
            painter.drawText(place, flags, note)
            bottom = place.top()


class Pane(QWidget):
    """As large as the canvas, seen through, and not there for the mouse."""

    def __init__(self, signs: Signs, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._signs = signs
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.resize(canvas.size())
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the signs."""
        painter = QPainter(self)
        self._signs.paint(painter, QSizeF(self.size()))
        painter.end()


def _font(points: int) -> QFont:
    font = QFont()
    font.setPointSize(points)
    return font


def _edges(room: QRectF) -> tuple[tuple[QPointF, float, float], ...]:
    """Where letters stand at the top, bottom, left and right: a point, and the share of the box before it."""
    centre = room.center()
    return (
        (QPointF(centre.x(), room.top() + _MARGIN), 0.5, 0.0),
        (QPointF(centre.x(), room.bottom() - _MARGIN), 0.5, 1.0),
        (QPointF(room.left() + _MARGIN, centre.y()), 0.0, 0.5),
        (QPointF(room.right() - _MARGIN, centre.y()), 1.0, 0.5),
    )


def _paint_words(painter: QPainter, words: str, where: tuple[QPointF, float, float]) -> None:
    """White on a shade, so that words can be read over bone and over air."""
    if not words:
        return
    point, before_x, before_y = where
    metrics = QFontMetricsF(painter.font())
    box = QSizeF(metrics.horizontalAdvance(words) + 2 * _PAD_X, metrics.height())
    place = QRectF(QPointF(point.x() - before_x * box.width(), point.y() - before_y * box.height()), box)
    painter.fillRect(place, _SHADE)
    painter.setPen(QColor('white'))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
