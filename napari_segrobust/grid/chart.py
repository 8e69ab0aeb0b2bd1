"""The course of a number over the severities, small enough to stand in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.grid.sheet import Box, Dot, Line, Text
from napari_segrobust.grid.values import spec_of

if TYPE_CHECKING:
    from napari_segrobust.grid.sheet import Sheet
    from napari_segrobust.grid.sweep import Sweep
    from napari_segrobust.grid.values import GridRow

_INK, _QUIET, _FAINT, _SIZE = '#1A1A1A', '#5A5A5A', '#D9D9D9', 5.8
_OTHERS = '#B0B0B0'


def draw_course(
    sheet: Sheet, sweep: Sweep, row: GridRow, metric: str, box: tuple[float, float, float, float], severity: float
) -> None:
    """Draw the metric of one model over the severities in black, of the others in grey, and where the page is.

    Parameters
    ----------
    sheet : Sheet
    sweep : Sweep
    row : GridRow
        The model whose row this is.
    metric : str
    box : (x, y, width, height)
        In points.
    severity : float
    """
    x, y, width, height = box
    left, right, top, bottom = x + 17, x + width - 5, y + 6, y + height - 12
    low, high = _range(sweep, metric)
    first, last = min(sweep.severities), max(sweep.severities)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        across = (point[0] - first) / ((last - first) or 1.0)
        up = (point[1] - low) / ((high - low) or 1.0)
        return left + across * (right - left), bottom - up * (bottom - top)

    for level in (low, (low + high) / 2, high):
        here = place((first, level))[1]
        sheet.add(Line(((left, here), (right, here)), _FAINT, 0.4))
        sheet.add(Text(left - 2.5, here + 2, f'{level:.3g}', _SIZE, 'end', colour=_QUIET))
    for tick in (first, (first + last) / 2, last):
        sheet.add(Text(place((tick, low))[0], bottom + 8, f'{tick:.3g}', _SIZE, 'middle', colour=_QUIET))
    sheet.add(Line(((left, top), (left, bottom), (right, bottom)), _QUIET, 0.5))
    for other in {r.lane for r in sweep.grids[0].rows} - {row.lane}:
        for points in _stretches(sweep.course(other, metric)):
            sheet.add(Line(tuple(map(place, points)), _OTHERS, 0.6))
    for points in _stretches(sweep.course(row.lane, metric)):
        sheet.add(Line(tuple(map(place, points)), _INK, 1.1))
    value = row.value(metric)
    if value is None:
        middle = place((severity, low))[0]
        sheet.add(Box(middle - 0.3, top, 0.6, bottom - top, _OTHERS))
    else:
        sheet.add(Dot(*place((severity, value)), 2.4, _INK))


def _stretches(course: list[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """Parts of a course between which it is undefined."""
    found: list[list[tuple[float, float]]] = [[]]
    for severity, value in course:
        if value is not None:
            found[-1].append((severity, value))
        elif found[-1]:
            found.append([])
    return [part for part in found if len(part) > 1]


def _range(sweep: Sweep, metric: str) -> tuple[float, float]:
    """The metric's own bounds where it has both, else what occurs."""
    low, high = spec_of(metric).range
    lanes = {row.lane for row in sweep.grids[0].rows}
    found = [value for lane in lanes for _, value in sweep.course(lane, metric) if value is not None]
    low = min(found, default=0.0) if low is None else low
    high = max(found, default=1.0) if high is None else high
    return low, high if high > low else low + 1
