"""Courses with bands in panels, on the sheet of the architecture grid: for figures as PNG and SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from napari_segrobust.grid.sheet import Box, Dot, Line, Sheet, Text, advance, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.grid.sheet import Part

Mark = Literal['dot', 'square', 'triangle', 'diamond', '']
#: Okabe-Ito, the ones that are told apart on white.
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY = '#0072B2', '#E69F00', '#009E73', '#D55E00', '#CC79A7', '#56B4E9'
_INK, _QUIET, _FAINT, _SPAN = '#1A1A1A', '#5A5A5A', '#E2E2E2', '#EFEFEF'
_SMALL, _NORMAL, _TITLE = 6.2, 7.2, 9.5
#: Room beside and below the axes of a panel, in points.
_LEFT, _RIGHT, _TOP, _BOTTOM = 27.0, 6.0, 14.0, 24.0
_BAND = 0.22
_MARGIN, _GAP = 10.0, 6.0


@dataclass(frozen=True, slots=True)
class Series:
    """One course.

    Attributes
    ----------
    title : str
        Equal titles share an entry of the legend.
    x, y : tuple of float
    colour : str
    mark : str
        Second cue beside the colour.
    lower, upper : tuple of float
        Of the band; empty for none.
    thin : bool
        Thin line and small marks: other people's data.
    """

    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: str
    mark: Mark = 'dot'
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A range of x that is shaded, with its words at the bottom; of no width it is a line."""

    low: float
    high: float
    words: str = ''
    colour: str = _SPAN


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes.

    Attributes
    ----------
    title, x_title, y_title : str
    x_range, y_range : (float, float)
        What lies outside is drawn at the edge.
    series : tuple of Series
    log_x, log_y : bool
    x_ticks : tuple of (float, str)
        In place of those that are chosen.
    spans : tuple of Span
    """

    title: str
    x_title: str
    y_title: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    series: tuple[Series, ...]
    log_x: bool = False
    log_y: bool = False
    x_ticks: tuple[tuple[float, str], ...] = ()
    spans: tuple[Span, ...] = field(default=())


def figure(
    title: str, words: str, rows: Sequence[Sequence[Panel]], foot: str, width: float = 510.0, height: float = 128.0
) -> Sheet:
    """Lay panels out under a title, with one legend.

    Parameters
    ----------
    title, words : str
        First line, and what stands below it.
    rows : sequence of sequences of Panel
    foot : str
        Last line: where everything is from.
    width, height : float
        Of the page, and of a panel, in points.

    Returns
    -------
    Sheet
    """
    sheet = Sheet(width, 0.0, words=f'{title}. {words}')
    y = _MARGIN + _TITLE * 0.8
    for size, bold, colour, text in ((_TITLE, True, _INK, title), (_NORMAL, False, _QUIET, words)):
        for line in wrapped(text, size, width - 2 * _MARGIN, bold=bold):
            sheet.add(Text(_MARGIN, y, line, size, bold=bold, colour=colour))
            y += size * 1.3
    y = _legend(sheet, [series for row in rows for panel in row for series in panel.series], y + 4, width)
    for row in rows:
        room = (width - 2 * _MARGIN - _GAP * (len(row) - 1)) / len(row)
        for place, panel in enumerate(row):
            _draw(sheet, panel, _MARGIN + place * (room + _GAP), y, room, height)
        y += height + _GAP
    y += _SMALL
    for line in wrapped(foot, _SMALL, width - 2 * _MARGIN):
        sheet.add(Text(_MARGIN, y, line, _SMALL, colour=_QUIET))
        y += _SMALL * 1.35
    sheet.height = y + _MARGIN * 0.5
    return sheet


def _legend(sheet: Sheet, series: Sequence[Series], y: float, width: float) -> float:
    x = _MARGIN
    known = {one.title: one for one in series}.values()
    for one in sorted(known, key=lambda one: one.thin):
        needed = 20 + advance(one.title, _NORMAL) + 12
        if x + needed > width - _MARGIN and x > _MARGIN:
            x, y = _MARGIN, y + 11
        sheet.add(Line(((x, y - 2.4), (x + 16, y - 2.4)), one.colour, 0.6 if one.thin else 1.4))
        sheet.add(*_mark(one, x + 8, y - 2.4), Text(x + 20, y, one.title, _NORMAL, colour=_INK))
        x += needed
    return y + 8


def _draw(sheet: Sheet, panel: Panel, x: float, y: float, width: float, height: float) -> None:
    axes = _Axes(panel, x + _LEFT, x + width - _RIGHT, y + _TOP, y + height - _BOTTOM)
    sheet.add(Text((axes.left + axes.right) / 2, y + 8, panel.title, _NORMAL, 'middle', bold=True, colour=_INK))
    for span in panel.spans:
        start, end = axes.x(span.low), axes.x(span.high)
        if end - start > 0.5:
            sheet.add(Box(start, axes.top, end - start, axes.bottom - axes.top, span.colour))
        else:
            sheet.add(Line(((start, axes.top), (start, axes.bottom)), span.colour, 0.8))
        half = advance(span.words, _SMALL - 0.6) / 2
        middle = min(max((start + end) / 2, axes.left + half + 3), axes.right - half)
        sheet.add(Text(middle, axes.bottom - 3, span.words, _SMALL - 0.6, 'middle', colour=_QUIET))
    for value, words in axes.y_ticks():
        level = axes.y(value)
        sheet.add(Line(((axes.left, level), (axes.right, level)), _FAINT, 0.4))
        sheet.add(Text(axes.left - 2.5, level + 2, words, _SMALL, 'end', colour=_QUIET))
    for value, words in axes.x_ticks():
        place = axes.x(value)
        sheet.add(Line(((place, axes.bottom), (place, axes.bottom + 2)), _QUIET, 0.5))
        sheet.add(Text(place, axes.bottom + 9, words, _SMALL, 'middle', colour=_QUIET))
    corner = ((axes.left, axes.top), (axes.left, axes.bottom), (axes.right, axes.bottom))
    sheet.add(Line(corner, _QUIET, 0.5))
    sheet.add(Text((axes.left + axes.right) / 2, axes.bottom + 18, panel.x_title, _SMALL, 'middle', colour=_INK))
    middle = (axes.top + axes.bottom) / 2
    sheet.add(Text(x + 6, middle, panel.y_title, _SMALL, 'middle', colour=_INK, turned=True))
    for series in panel.series:
        if series.lower:
            there = [(axes.x(a), axes.y(b)) for a, b in zip(series.x, series.upper, strict=True)]
            back = [(axes.x(a), axes.y(b)) for a, b in zip(series.x, series.lower, strict=True)]
            sheet.add(Line((*there, *back[::-1]), series.colour, fill=True, opacity=_BAND))
    for series in panel.series:
        points = tuple((axes.x(a), axes.y(b)) for a, b in zip(series.x, series.y, strict=True))
        sheet.add(Line(points, series.colour, 0.6 if series.thin else 1.4))
        for place, level in points:
            sheet.add(*_mark(series, place, level))


def _mark(series: Series, x: float, y: float) -> list[Part]:
    r = 1.3 if series.thin else 2.0
    if series.mark == 'dot':
        return [Dot(x, y, r, series.colour)]
    if series.mark == 'square':
        return [Box(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r, series.colour)]
    if series.mark == 'triangle':
        corners = ((x, y - 1.2 * r), (x + 1.15 * r, y + 0.9 * r), (x - 1.15 * r, y + 0.9 * r))
        return [Line(corners, series.colour, fill=True)]
    if series.mark == 'diamond':
        corners4 = ((x, y - 1.35 * r), (x + 1.35 * r, y), (x, y + 1.35 * r), (x - 1.35 * r, y))
        return [Line(corners4, series.colour, fill=True)]
    return []


@dataclass(frozen=True, slots=True)
class _Axes:
    panel: Panel
    left: float
    right: float
    top: float
    bottom: float

    def x(self, value: float) -> float:
        share = _share(value, self.panel.x_range, self.panel.log_x)
        return self.left + share * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - _share(value, self.panel.y_range, self.panel.log_y) * (self.bottom - self.top)

    def x_ticks(self) -> Sequence[tuple[float, str]]:
        return self.panel.x_ticks or _ticks(self.panel.x_range, self.panel.log_x)

    def y_ticks(self) -> Sequence[tuple[float, str]]:
        return _ticks(self.panel.y_range, self.panel.log_y)


def _share(value: float, bounds: tuple[float, float], log: bool) -> float:
    low, high = bounds
    if log:
        value, low, high = (math.log10(max(number, bounds[0])) for number in (value, low, high))
    return min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0)


def _ticks(bounds: tuple[float, float], log: bool) -> list[tuple[float, str]]:
    """Powers of ten, or steps of 1, 2 or 5 times one, three to six of them."""
    low, high = bounds
    if log:
        powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
        return [(10.0**power, f'{10.0**power:g}') for power in powers]
    wanted = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(wanted))
    step = min((m * power for m in (1, 2, 5, 10)), key=lambda size: abs(size - wanted))
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [((first + number) * step, f'{(first + number) * step:.4g}') for number in range(count)]
