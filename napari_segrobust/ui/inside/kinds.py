"""How kinds of layers look: a colour, a dash and a letter each, so that no two differ by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt

if TYPE_CHECKING:
    from napari_segrobust.inside.points import Kind, Point


@dataclass(frozen=True)
class Look:
    """Of one kind.

    Attributes
    ----------
    colour : str
        ``#rrggbb``, from Okabe and Ito or pale; none of them is the colour of an error.
    dash : Qt.PenStyle
    letter : str
    """

    colour: str
    dash: Qt.PenStyle
    letter: str


LOOKS: dict[Kind, Look] = {
    'encoder': Look('#56B4E9', Qt.PenStyle.SolidLine, 'e'),
    'skip': Look('#F0E442', Qt.PenStyle.DashLine, 's'),
    'bottleneck': Look('#999999', Qt.PenStyle.DotLine, 'b'),
    'decoder': Look('#B8A9E8', Qt.PenStyle.SolidLine, 'd'),
    'layer': Look('#56B4E9', Qt.PenStyle.SolidLine, 'l'),
}


def short(point: Point) -> str:
    """Such as "e1"."""
    letter = LOOKS[point.kind].letter
    return letter if point.kind == 'bottleneck' else f'{letter}{point.level}'


def width(point: Point) -> float:
    """Of its line, in pixels: finer levels are thicker."""
    return max(2.6 - 0.5 * point.level, 1.1)
