"""The number of each row over the severities that were visited, painted beside its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from napari_segrobust.grid.values import STABILITY, spec_of
from napari_segrobust.ui.widgets.marks import lane_colour, marker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.widgets.palette import Palette

#: (severity, value), in order of severity.
Points = tuple[tuple[float, float], ...]
_LEFT, _BOTTOM, _TOP, _RIGHT = 34.0, 16.0, 6.0, 8.0


@dataclass(frozen=True)
class Courses:
    """Curves of every lane, and their common axes.

    Attributes
    ----------
    points : mapping of int to Points
        By lane.
    low, high : float
        Of the values.
    severity : float
        Where the rows are now.
    maximum : float
        Of the severities.
    """

    points: Mapping[int, Points]
    low: float
    high: float
    severity: float
    maximum: float


def courses_of(session: Session, number: str, maximum: float) -> Courses | None:
    """Return what the live loop has entered into its curves; None before the first answer."""
    update = session.plane
    if update is None:
        return None
    request, scope, found = update.request, session.state.scope, {}
    for lane in request.lanes:
        curve = session.curves.identify(request, lane.index, scope, request.label)
        found[lane.index] = tuple(session.curves.points(curve, number))
    values = [value for points in found.values() for _, value in points]
    low, high = spec_of(number.removeprefix(STABILITY)).range
    low = min(values, default=0.0) if low is None else low
    high = max(values, default=1.0) if high is None else high
    return Courses(found, low, high if high > low else low + 1, request.severity, maximum)


def paint_course(painter: QPainter, box: QRectF, courses: Courses, lane: int, palette: Palette) -> None:
    """Paint one lane in its colour and the others quietly; its marker stands where the rows are.

    Parameters
    ----------
    painter : QPainter
    box : QRectF
    courses : Courses
    lane : int
    palette : Palette
    """
    field = box.adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
    span = courses.high - courses.low

    def place(severity: float, value: float) -> QPointF:
        share = (value - courses.low) / span
        return QPointF(
            field.left() + severity / courses.maximum * field.width(), field.bottom() - share * field.height()
        )

    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = painter.font()
    font.setPointSizeF(font.pointSizeF() - 1)
    painter.setFont(font)
    for level in (courses.low, (courses.low + courses.high) / 2, courses.high):
        y = place(0, level).y()
        painter.setPen(QPen(QColor(palette.primary), 1))
        painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
        painter.setPen(QColor(palette.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(box.left(), y - 8, _LEFT - 4, 16), right, f'{level:.3g}')
    for severity in (0.0, courses.maximum / 2, courses.maximum):
        x = place(severity, courses.low).x()
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(x - 20, field.bottom() + 1, 40, 15), middle, f'{severity:g}')
    painter.setClipRect(box)
    x = place(courses.severity, courses.low).x()
    painter.setPen(QPen(QColor(palette.muted), 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
    for other, points in courses.points.items():
        if other != lane:
            painter.setPen(QPen(QColor(palette.secondary), 1.2))
            painter.drawPolyline(QPolygonF([place(*point) for point in points]))
    colour, own = QColor(lane_colour(lane, palette)), courses.points.get(lane, ())
    painter.setPen(QPen(colour, 1.8))
    painter.drawPolyline(QPolygonF([place(*point) for point in own]))
    here = next((point for point in own if abs(point[0] - courses.severity) < 1e-6), None)
    if here is not None:
        painter.translate(place(*here))
        painter.fillPath(marker(lane, 4.5), colour)
    painter.restore()
