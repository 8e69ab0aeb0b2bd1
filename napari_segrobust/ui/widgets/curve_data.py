"""What a curve shows, and the arithmetic of its axes; no Qt."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.digits import three_digits, trimmed

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one lane over severity.

    Attributes
    ----------
    name : str
    lane : int
        Decides colour and marker.
    points : tuple of (float, float or None)
        Severity and value where visited, in any order; None where the value is undefined there.
    clean : float or None
        Value of the baseline.
    band : tuple of (float, float, float)
        Where on the x axis, and least and largest value over several draws.
    hollow : bool
        Dotted with hollow marks: what another series of the lane is held against.
    band_title : str
        What the bars of `band` are.
    """

    name: str
    lane: int
    points: tuple[tuple[float, float | None], ...] = ()
    clean: float | None = None
    band: tuple[tuple[float, float, float], ...] = ()
    hollow: bool = False
    band_title: str = 'draws'

    def ordered(self) -> list[tuple[float, float | None]]:
        """Return the points by severity."""
        return sorted(self.points, key=lambda point: point[0])


@dataclass(frozen=True, slots=True)
class Axis:
    """Range of an axis, and where its ticks are."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    def share(self, value: float) -> float:
        """Return where `value` lies between `low` (0) and `high` (1)."""
        return (value - self.low) / (self.high - self.low)

    def label(self, tick: float) -> str:
        """Return the words of `tick`, all with equally many decimals."""
        return f'{tick:,.{self.decimals}f}'.replace('-', '\u2212')


@dataclass(frozen=True, slots=True)
class XAxis:
    """What a curve runs along.

    Attributes
    ----------
    title : str
        Such as "severity".
    axis : Axis
    step : float or None
        Where a click between points goes, to the nearest multiple; None goes to the nearest point.
    """

    title: str
    axis: Axis
    step: float | None = None


SEVERITY = XAxis('severity', Axis(0.0, 5.0, (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), 0), 0.05)


def change_axis(series: Sequence[Series]) -> XAxis:
    """Axis from 0 to the largest change of the points, in percent."""
    reached = [x for one in series for x, _ in one.points]
    return XAxis('change (RMS %)', nice_axis([0.0, max(reached, default=0.0) or 1.0]))


def nice_axis(values: Sequence[float], count: int = 5) -> Axis:
    """Axis around `values` that begins and ends on a tick; steps are 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    values : sequence of float
        Finite, at least one.
    count : int
        Largest number of intervals.

    References
    ----------
    Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.
    """
    low, high = min(values), max(values)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        pad = abs(low) * 0.05 or 0.5
        low, high = low - pad, high + pad
    power = 10.0 ** math.floor(math.log10((high - low) / count))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= count:
            break
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = tuple(tick * step for tick in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, decimals)


def unit_axis(count: int = 5) -> Axis:
    """Axis from 0 to 1 in five intervals, or in two where there is no room for `count` of five."""
    return Axis(0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0) if count >= 5 else (0.0, 0.5, 1.0), 1)


def y_axis(series: Sequence[Series], band: tuple[float, float] | None, ratio: bool, count: int = 5) -> Axis:
    """Axis for all values of `series`, their baselines and `band`; 0 to 1 where `ratio`."""
    if ratio:
        return unit_axis(count)
    values = [y for one in series for _, y in one.points if y is not None]
    values += [one.clean for one in series if one.clean is not None]
    values += [end for one in series for _, low, high in one.band for end in (low, high)]
    values += band or ()
    return nice_axis(values, count) if values else unit_axis(count)


def fair_widths(wanted: Sequence[float], room: float) -> list[float]:
    """Share `room` so that the narrow get what they want and the wide get equal parts of the rest."""
    given = [0.0] * len(wanted)
    for rank, index in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        given[index] = max(0.0, min(wanted[index], room / (len(wanted) - rank)))
        room -= given[index]
    return given


def spoken(series: Sequence[Series], title: str, along: str = 'severity') -> str:
    """Curve in words, for those who do not see it."""
    lines = []
    for one in series:
        points = [f'{"undefined" if y is None else three_digits(y)} at {trimmed(x, 2)}' for x, y in one.ordered()]
        clean = '' if one.clean is None else f'; clean {three_digits(one.clean)}'
        lines.append(f'{one.name}: {", ".join(points) or "no points yet"}{clean}.')
    return ' '.join([f'{title} over {along}.', *lines])


def as_csv(series: Sequence[Series], title: str, along: str = 'severity') -> str:
    """Points as ``series, severity, value, clean``, one a line, with full precision."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator='\n')
    writer.writerow(('series', along, title, 'clean'))
    for one in series:
        for x, y in one.ordered():
            writer.writerow((one.name, x, '' if y is None else y, '' if one.clean is None else one.clean))
    return stream.getvalue()
