"""Colours of a number in a matrix: from worse to better, or from smaller to larger, the same for every eye."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

from napari_segrobust.digits import three_digits
from napari_segrobust.ui.canvas.colors import BLACK, BLUE, ORANGE, WHITE
from napari_segrobust.ui.widgets.palette import contrast, mix

if TYPE_CHECKING:
    from collections.abc import Sequence

#: From worse to better: dark blue over grey to yellow, whose lightness rises evenly, as in cividis (Nunez 2018,
#: doi:10.1371/journal.pone.0199239).
SEQUENTIAL = ('#00224E', '#575D6D', '#A59C74', '#FEE838')
#: From smaller than the reference to larger: the colours of missed and extra.
DIVERGING = (BLUE, '#EDEDED', ORANGE)
#: A ratio is told apart over no less than this, and a difference over no less than this share of the volume.
_RATIO_SPAN, _VOLUME_SHARE = 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Ramp:
    """Colours between two numbers.

    Attributes
    ----------
    first, last : float
        Numbers at the two ends; the first may be the larger one.
    anchors : tuple of str
        ``#rrggbb``, evenly spaced.
    words : (str, str)
        What the ends are.
    """

    first: float
    last: float
    anchors: tuple[str, ...]
    words: tuple[str, str]

    def colour(self, value: float) -> str:
        """``#rrggbb`` of a number; beyond the ends that of the end."""
        return self.at((value - self.first) / (self.last - self.first))

    def at(self, share: float) -> str:
        """``#rrggbb`` of a share of the way, from 0 to 1."""
        place = min(1.0, max(0.0, share)) * (len(self.anchors) - 1)
        index = min(int(place), len(self.anchors) - 2)
        return mix(self.anchors[index], self.anchors[index + 1], place - index)

    @property
    def ends(self) -> tuple[str, str]:
        """Words and numbers of the ends."""
        return f'{self.words[0]} {three_digits(self.first)}', f'{three_digits(self.last)} {self.words[1]}'


def ink_on(colour: str) -> str:
    """Black or white, whichever is read more easily: one of them always has a contrast of 4.5."""
    return BLACK if contrast(BLACK, colour) >= contrast(WHITE, colour) else WHITE


def ratio_ramp(values: Sequence[float]) -> Ramp:
    """From the worst of some ratios, rounded down to a tenth, to 1."""
    lowest = min(values, default=0.0)
    return Ramp(min(floor(10 * lowest) / 10, 1 - _RATIO_SPAN), 1.0, SEQUENTIAL, ('worse', 'better'))


def distance_ramp(values: Sequence[float], tolerance: float) -> Ramp:
    """From the largest of some distances, or twice the tolerance, to 0."""
    return Ramp(max([*values, 2 * tolerance]), 0.0, SEQUENTIAL, ('worse', 'better'))


def difference_ramp(values: Sequence[float], volume: float) -> Ramp:
    """From minus to plus the largest of some differences, or a tenth of a volume."""
    reach = max([*(abs(value) for value in values), _VOLUME_SHARE * volume]) or 1.0
    return Ramp(-reach, reach, DIVERGING, ('smaller', 'larger'))
