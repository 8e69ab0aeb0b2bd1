"""One pane, painted large with crisp voxels: reference, prediction, and where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QBrush, QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_segrobust.ui.canvas.colors import BLACK, BLUE, ORANGE, PREDICTION_COLOR, REFERENCE_COLOR, WHITE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QMouseEvent, QPaintEvent, QWheelEvent

    from napari_segrobust.ui.canvas.signs import Letters as Sides
    from napari_segrobust.ui.lab.picture import Line, Picture, Run

#: Around a picture, for its frame.
_MARGIN = 4.0
#: Voxels of fewer pixels have no lines between them.
_GRID_PIXELS = 7.0
_GRID = '#2C2C2C'
#: Behind letters, so that they can be read over bone and over air.
_SHADE = QColor(0, 0, 0, 150)
_LETTER = 18.0
#: Where both masks agree.
BOTH = '#5E5E5E'
#: Over an image, so that it stays visible.
_THIN = 0.45


class Cell(QWidget):
    """Paints a `Picture`; with a hand on it, says where in mm.

    Parameters
    ----------
    number : int
        Of the pane, from 0.
    """

    #: Where the hand took hold, and where it is now, as (row, column) in mm.
    dragged = Signal(object, object)
    #: The hand let go; True when it had moved.
    released = Signal(bool)
    #: Steps of the wheel.
    scrolled = Signal(int)

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = number
        self.picture: Picture | None = None
        self.chosen = False
        #: Colour around the picture.
        self.surface = BLACK
        #: Of the frame of the pane that is being changed.
        self.ink = WHITE
        #: The patient's sides at the top, bottom, left and right of the picture.
        self.sides: Sides | None = None
        self._extent = (1.0, 1.0)
        self._held: tuple[float, float] | None = None
        self._moved = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def show_picture(self, picture: Picture, extent: tuple[float, float], words: str) -> None:
        """Paint this from now on, at the scale at which `extent` (height, width in mm) fits."""
        self.picture, self._extent = picture, extent
        self.setAccessibleName(words)
        self.update()

    def choose(self, on: bool) -> None:
        """Frame the pane that is being changed."""
        if on != self.chosen:
            self.chosen = on
            self.update()

    def sizeHint(self) -> QSize:
        """Return a small square; the cell takes all there is."""
        return QSize(120, 120)

    def minimumSizeHint(self) -> QSize:
        """Return the least in which something is seen."""
        return QSize(48, 48)

    # -- places ---------------------------------------------------------------------------------------------

    def scale(self) -> float:
        """Pixels of a mm."""
        height, width = self._extent
        return max(0.01, min((self.width() - 2 * _MARGIN) / width, (self.height() - 2 * _MARGIN) / height))

    def frame(self) -> QRectF:
        """Where the picture lies: in the middle, above its caption."""
        if self.picture is None:
            return QRectF()
        height, width = (length * self.scale() for length in self.picture.size)
        return QRectF((self.width() - width) / 2, self.height() - height - _MARGIN, width, height)

    def place(self, point: QPointF) -> tuple[float, float]:
        """Row and column in mm of a point of the widget."""
        corner = self.frame().topLeft()
        return (point.y() - corner.y()) / self.scale(), (point.x() - corner.x()) / self.scale()

    # -- the hand -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() == Qt.MouseButton.LeftButton and self.picture is not None:
            self._held, self._moved = self.place(event.position()), False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say how far the hand has gone."""
        if self._held is not None:
            self._moved = True
            self.dragged.emit(self._held, self.place(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._held is not None:
            self._held = None
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.released.emit(self._moved)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Go through the slices."""
        self.scrolled.emit(1 if event.angleDelta().y() > 0 else -1)

    # -- painting -------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what lies behind, the voxels, the lines between them, and both outlines."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.surface))
        picture = self.picture
        if picture is None:
            return
        frame = self.frame()
        painter.fillRect(frame, QColor(BLACK))
        painter.setClipRect(frame.adjusted(-2, -2, 2, 2))
        thin = picture.grey is not None
        if thin:
            grey = picture.grey
            image = QImage(grey.data, grey.shape[1], grey.shape[0], grey.shape[1], QImage.Format.Format_Grayscale8)
            painter.drawImage(frame, image)
        else:
            self._fill(painter, picture.both, QBrush(QColor(BOTH)))
        self._fill(painter, picture.only_prediction, QBrush(_faint(ORANGE, _THIN if thin else 0.75)))
        self._fill(painter, picture.only_prediction, QBrush(QColor(ORANGE).lighter(150), Qt.BrushStyle.BDiagPattern))
        self._fill(painter, picture.only_reference, QBrush(_faint(BLUE, _THIN if thin else 0.9)))
        if not thin:
            self._lines_between(painter, frame)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._stroke(painter, picture.reference, QPen(QColor(REFERENCE_COLOR), 2))
        dashes = QPen(QColor(PREDICTION_COLOR), 2)
        dashes.setDashPattern([2.5, 2.5])
        self._stroke(painter, picture.prediction, dashes)
        painter.setClipping(False)
        if self.chosen:
            painter.setPen(QPen(QColor(self.ink), 3))
            painter.drawRect(frame.adjusted(-2, -2, 2, 2))
        self._write_sides(painter, frame)

    def _write_sides(self, painter: QPainter, frame: QRectF) -> None:
        """Write the patient's sides as on the canvas of the explorer."""
        middle, half = frame.center(), _LETTER / 2
        places = (
            QPointF(middle.x() - half, frame.top()),
            QPointF(middle.x() - half, frame.bottom() - _LETTER),
            QPointF(frame.left(), middle.y() - half),
            QPointF(frame.right() - _LETTER, middle.y() - half),
        )
        for letter, place in zip(self.sides or (), places, strict=False):
            box = QRectF(place.x(), place.y(), _LETTER, _LETTER)
            painter.fillRect(box, _SHADE)
            painter.setPen(QColor(WHITE))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def _steps(self) -> tuple[float, float]:
        """Height and width of a voxel in pixels."""
        row, column = self.picture.steps
        return row * self.scale(), column * self.scale()

    def _fill(self, painter: QPainter, found: Sequence[Run], brush: QBrush) -> None:
        corner, (high, wide) = self.frame().topLeft(), self._steps()
        for row, start, stop in found:
            # Whole pixels: voxels that touch leave no gap, and none is painted twice.
            top, bottom = round(corner.y() + row * high), round(corner.y() + (row + 1) * high)
            left, right = round(corner.x() + start * wide), round(corner.x() + stop * wide)
            painter.fillRect(left, top, right - left, bottom - top, brush)

    def _stroke(self, painter: QPainter, found: Sequence[Line], pen: QPen) -> None:
        corner, (high, wide) = self.frame().topLeft(), self._steps()
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        lines = [QLineF(x0 * wide, y0 * high, x1 * wide, y1 * high).translated(corner) for x0, y0, x1, y1 in found]
        painter.drawLines(lines)

    def _lines_between(self, painter: QPainter, frame: QRectF) -> None:
        high, wide = self._steps()
        if min(high, wide) < _GRID_PIXELS:
            return
        painter.setPen(QPen(QColor(_GRID), 1))
        for row in range(self.picture.shape[0] + 1):
            painter.drawLine(QLineF(frame.left(), frame.top() + row * high, frame.right(), frame.top() + row * high))
        for column in range(self.picture.shape[1] + 1):
            x = frame.left() + column * wide
            painter.drawLine(QLineF(x, frame.top(), x, frame.bottom()))


def _faint(color: str, alpha: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(alpha)
    return made
