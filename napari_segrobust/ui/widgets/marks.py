"""What is painted rather than written: lane colours and markers, code chips, and the icons of small buttons."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Literal

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.palette import Palette

Pattern = Literal['solid', 'outline', 'hatch', 'cross', 'dim']

#: One for each lane, in curves and outlines: Okabe-Ito (https://jfly.uni-koeln.de/color/) and two pale ones, none of
#: them the colour of an error or of the reference, ordered so that neighbours differ most.
LANE_COLOURS = ('#F0E442', '#B8A9E8', '#009E73', '#D55E00', '#56B4E9', '#9BE7D8')

#: Marker of each lane as a polygon in the unit circle; None is the circle itself.
_MARKERS: tuple[tuple[tuple[float, float], ...] | None, ...] = (
    None,
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.15), (1.05, 0.75), (-1.05, 0.75)),
    ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
    ((0, 1.15), (1.05, -0.75), (-1.05, -0.75)),
    tuple((1.1 * math.cos(a * math.pi / 3), 1.1 * math.sin(a * math.pi / 3)) for a in range(6)),
)

#: Icons as strokes in the unit square; a stroke of one point is a dot.
ICONS: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    'right': (((0.38, 0.24), (0.64, 0.5), (0.38, 0.76)),),
    'left': (((0.62, 0.24), (0.36, 0.5), (0.62, 0.76)),),
    'down': (((0.24, 0.38), (0.5, 0.64), (0.76, 0.38)),),
    'up': (((0.24, 0.62), (0.5, 0.36), (0.76, 0.62)),),
    'close': (((0.28, 0.28), (0.72, 0.72)), ((0.72, 0.28), (0.28, 0.72))),
    'more': (((0.22, 0.5),), ((0.5, 0.5),), ((0.78, 0.5),)),
    'swap': (
        ((0.16, 0.36), (0.84, 0.36), (0.66, 0.18)),
        ((0.84, 0.64), (0.16, 0.64), (0.34, 0.82)),
    ),
    'undo': (
        ((0.36, 0.2), (0.18, 0.38), (0.36, 0.56)),
        ((0.18, 0.38), (0.62, 0.38), (0.78, 0.46), (0.82, 0.6), (0.74, 0.74), (0.58, 0.8), (0.4, 0.8)),
    ),
    'redo': (
        ((0.64, 0.2), (0.82, 0.38), (0.64, 0.56)),
        ((0.82, 0.38), (0.38, 0.38), (0.22, 0.46), (0.18, 0.6), (0.26, 0.74), (0.42, 0.8), (0.6, 0.8)),
    ),
    'export': (
        ((0.5, 0.62), (0.5, 0.12)),
        ((0.32, 0.3), (0.5, 0.12), (0.68, 0.3)),
        ((0.18, 0.54), (0.18, 0.86), (0.82, 0.86), (0.82, 0.54)),
    ),
    'help': (
        ((0.32, 0.34), (0.36, 0.22), (0.5, 0.16), (0.64, 0.22), (0.68, 0.34), (0.62, 0.46), (0.5, 0.54), (0.5, 0.64)),
        ((0.5, 0.84),),
    ),
    'grip': tuple(((x, y),) for y in (0.24, 0.5, 0.76) for x in (0.38, 0.62)),
    'play': (((0.34, 0.2), (0.78, 0.5), (0.34, 0.8), (0.34, 0.2)),),
    'pause': (((0.36, 0.22), (0.36, 0.78)), ((0.64, 0.22), (0.64, 0.78))),
    'solo': (
        ((0.16, 0.62), (0.16, 0.5), (0.26, 0.28), (0.5, 0.18), (0.74, 0.28), (0.84, 0.5), (0.84, 0.62)),
        ((0.18, 0.58), (0.18, 0.82), (0.3, 0.82), (0.3, 0.58), (0.18, 0.58)),
        ((0.7, 0.58), (0.7, 0.82), (0.82, 0.82), (0.82, 0.58), (0.7, 0.58)),
    ),
    'die': (
        ((0.18, 0.18), (0.82, 0.18), (0.82, 0.82), (0.18, 0.82), (0.18, 0.18)),
        ((0.36, 0.36),),
        ((0.64, 0.36),),
        ((0.5, 0.5),),
        ((0.36, 0.64),),
        ((0.64, 0.64),),
    ),
}


def lane_colour(lane: int, palette: Palette) -> str:
    """Colour of lane `lane`, legible on the theme."""
    return palette.ink(LANE_COLOURS[lane % len(LANE_COLOURS)])


@cache
def marker(lane: int, radius: float) -> QPainterPath:
    """Outline of the marker of lane `lane` around the origin, `radius` in pixels."""
    path = QPainterPath()
    corners = _MARKERS[lane % len(_MARKERS)]
    if corners is None:
        path.addEllipse(QPointF(0, 0), radius, radius)
    else:
        path.addPolygon(QPolygonF([QPointF(x, y) * radius for x, y in corners]))
        path.closeSubpath()
    return path


def paint_chip(painter: QPainter, box: QRectF, colour: str, pattern: Pattern, surface: str) -> None:
    """Paint the square that stands for one code of a map.

    Parameters
    ----------
    painter : QPainter
    box : QRectF
        Where, in pixels.
    colour : str
        Exactly as on the canvas, so that chip and map can be matched by eye.
    pattern : str
        ``solid``, ``outline``, ``hatch`` (diagonals), ``cross`` (both diagonals) or ``dim`` (pale).
    surface : str
        What lies behind, for the gaps of a hatch.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(colour)
    inner = box.adjusted(1, 1, -1, -1)
    if pattern == 'outline':
        painter.setPen(QPen(ink, 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(inner.adjusted(0.25, 0.25, -0.25, -0.25))
    else:
        fill = QColor(ink)
        if pattern == 'dim':
            fill.setAlphaF(0.35)
        painter.fillRect(box, QBrush(fill))
    if pattern in ('hatch', 'cross'):
        painter.setClipRect(box)
        painter.setPen(QPen(QColor(surface), 1.6))
        _diagonals(painter, box, 1)
        if pattern == 'cross':
            _diagonals(painter, box, -1)
    painter.restore()


def _diagonals(painter: QPainter, box: QRectF, direction: int) -> None:
    centre, reach = box.center(), box.width()
    for shift in (-0.9, -0.3, 0.3, 0.9):
        offset = QPointF(shift * reach / 2, direction * shift * reach / 2)
        along = QPointF(reach, -direction * reach)
        painter.drawLine(centre + offset - along, centre + offset + along)


def paint_icon(painter: QPainter, box: QRectF, name: str, colour: str) -> None:
    """Paint an icon of `ICONS` in `box`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = min(box.width(), box.height())
    corner = box.center() - QPointF(side, side) / 2
    line = QPen(
        QColor(colour), max(1.3, side * 0.1), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    )
    dot = QPen(line)
    dot.setWidthF(line.widthF() * 1.4)
    for stroke in ICONS[name]:
        points = [corner + QPointF(x, y) * side for x, y in stroke]
        painter.setPen(line if len(points) > 1 else dot)
        painter.drawPolyline(QPolygonF(points)) if len(points) > 1 else painter.drawPoint(points[0])
    painter.restore()
