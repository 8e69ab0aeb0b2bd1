"""Which part of the slice all cells show: one zoom and one place for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from qtpy.QtGui import QTransform

if TYPE_CHECKING:
    from qtpy.QtCore import QPointF, QRectF

_CLOSEST = 24.0


@dataclass(frozen=True)
class LinkedView:
    """A place and a zoom.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the slice.
    steps : (float, float)
        Height and width of a pixel.
    shown : (int, int, int, int)
        First row, row after the last, first and after the last column of what fills a cell at zoom 1.
    zoom : float
        1 shows all of `shown`.
    centre : (float, float)
        Row and column in the middle of every cell.
    """

    shape: tuple[int, int]
    steps: tuple[float, float]
    shown: tuple[int, int, int, int]
    zoom: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def fitting(cls, shape: tuple[int, int], steps: tuple[float, float], shown: tuple[int, int, int, int]) -> Self:
        """Show all of `shown`."""
        top, bottom, left, right = shown
        return cls(shape, steps, shown, centre=((top + bottom) / 2, (left + right) / 2))

    @property
    def aspect(self) -> float:
        """Width of what is shown at zoom 1, over its height."""
        top, bottom, left, right = self.shown
        return (right - left) * self.steps[1] / ((bottom - top) * self.steps[0])

    def transform(self, cell: QRectF) -> QTransform:
        """From pixels of the slice to a cell."""
        scale = self._scale(cell)
        made = QTransform()
        made.translate(cell.center().x(), cell.center().y())
        made.scale(scale * self.steps[1], scale * self.steps[0])
        made.translate(-self.centre[1], -self.centre[0])
        return made

    def zoomed(self, factor: float, at: QPointF, cell: QRectF) -> LinkedView:
        """Closer or farther, with the place under the pointer kept where it is."""
        zoom = min(max(self.zoom * factor, 1.0), _CLOSEST)
        if zoom == 1.0:
            return self.fitting(self.shape, self.steps, self.shown)
        before, _ = self.transform(cell).inverted()
        held = before.map(at)
        nearer = replace(self, zoom=zoom)
        after, _ = nearer.transform(cell).inverted()
        moved = after.map(at)
        row, column = self.centre[0] + held.y() - moved.y(), self.centre[1] + held.x() - moved.x()
        return replace(nearer, centre=nearer._inside(row, column))

    def moved(self, by: QPointF, cell: QRectF) -> LinkedView:
        """Shifted by a movement of the hand, in pixels of the screen."""
        scale = self._scale(cell)
        row = self.centre[0] - by.y() / (scale * self.steps[0])
        column = self.centre[1] - by.x() / (scale * self.steps[1])
        return replace(self, centre=self._inside(row, column))

    def part(self) -> tuple[int, int, int, int] | None:
        """What is shown, as rows and columns of the slice, half-open; None where nothing was zoomed."""
        if self.zoom == 1.0:
            return None
        top, bottom, left, right = self.shown
        high, wide = (bottom - top) / self.zoom / 2, (right - left) / self.zoom / 2
        row, column = self.centre
        rows, columns = self.shape
        return (
            max(0, round(row - high)),
            min(rows, round(row + high)),
            max(0, round(column - wide)),
            min(columns, round(column + wide)),
        )

    def _scale(self, cell: QRectF) -> float:
        top, bottom, left, right = self.shown
        high, wide = (bottom - top) * self.steps[0], (right - left) * self.steps[1]
        return self.zoom * min(cell.width() / wide, cell.height() / high)

    def _inside(self, row: float, column: float) -> tuple[float, float]:
        top, bottom, left, right = self.shown
        return min(max(row, top), bottom), min(max(column, left), right)
