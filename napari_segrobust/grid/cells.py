"""What is drawn in one cell of the grid, and the numbers that stand in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import ErrorCode
from napari_segrobust.grid.sheet import (
    BLUE,
    ORANGE,
    PURPLE,
    REFERENCE,
    VOTES,
    Area,
    Box,
    Line,
    Picture,
    Text,
    advance,
    rgb,
)
from napari_segrobust.grid.values import spec_of, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from napari_segrobust.grid.sheet import Sheet
    from napari_segrobust.grid.values import Grid, GridRow

#: Outlines of the prediction on the clean image, and on the perturbed one where nothing is compared with a reference.
CLEAN, NOW = '#F0E442', '#CC79A7'
EXTRA_FILL, MISSED_FILL, VOTE_FILL, NOW_FILL, REFERENCE_FILL = 0.45, 0.85, 0.7, 0.35, 0.25
#: How much darker an image is under what is drawn over it.
_DIM = 0.35
#: Opacity of what lies behind words.
PLATE = 0.62
#: Height of the line under a cell.
CAPTION = 11.0
_NUMBER, _SMALL = 6.8, 6.0


@dataclass(frozen=True)
class Frame:
    """Where a picture lies on the page, and which part of the slice it shows: rows, then columns, half-open."""

    x: float
    y: float
    width: float
    height: float
    view: tuple[int, int, int, int]

    def cut(self, array: NDArray[Any]) -> NDArray[Any]:
        """The shown part of a plane."""
        top, bottom, left, right = self.view
        return array[..., top:bottom, left:right]

    @property
    def place(self) -> tuple[float, float, float, float]:
        """Corner and size of the picture, as parts of a sheet take them."""
        return self.x, self.y, self.width, self.height


def draw_cell(
    sheet: Sheet, column: str, grid: Grid, row: GridRow, frame: Frame, pictures: Mapping[str, NDArray[np.uint8]]
) -> None:
    """Draw the picture of one cell.

    Parameters
    ----------
    sheet : Sheet
    column : {'clean', 'reference', 'perturbed', 'prediction', 'agreement'}
    grid : Grid
    row : GridRow
    frame : Frame
    pictures : mapping of str to ndarray
        Pixels of ``clean`` and ``perturbed``, cut to the frame.
    """
    behind = 'clean' if column in ('clean', 'reference') else 'perturbed'
    sheet.add(Picture(*frame.place, pictures[behind]))
    if column in ('prediction', 'agreement'):
        sheet.add(Box(*frame.place, '#000000', _DIM))
    for area in _AREAS[column](grid, row, frame):
        sheet.add(area)


def draw_numbers(
    sheet: Sheet, column: str, grid: Grid, row: GridRow, metric: str, box: tuple[float, float, float, float]
) -> None:
    """Write under a cell what was measured in it; and what is no image of a patient says so itself."""
    x, y, width, height = box
    if column == 'perturbed' and grid.simulated:
        sheet.add(Box(x, y, advance('SIMULATED', _SMALL) + 6, _SMALL * 1.5, '#000000', PLATE))
        sheet.add(Text(x + 3, y + _SMALL * 1.1, 'SIMULATED', _SMALL, colour='#FFFFFF'))
    words, arrow, change = caption(column, grid, row, metric)
    if not words:
        return
    room = width - (2 if not change else advance(change, _NUMBER) + 12)
    if advance(words, _NUMBER, bold=True) > room:
        words = words.removeprefix(f'{title_of(metric)} ')  # the number stays whole; its name stands elsewhere too
    baseline = y + height + CAPTION - 2.6
    sheet.add(Text(x + 1, baseline, words, _NUMBER, bold=column == 'prediction'))
    if not change:
        return
    right = x + width - 1
    sheet.add(Text(right, baseline, change, _NUMBER, 'end'))
    if arrow:
        left = right - advance(change, _NUMBER) - 8.2
        flat, tip = baseline - _NUMBER * 0.62, baseline - _NUMBER * 0.04
        flat, tip = (flat, tip) if arrow == 'down' else (tip, flat)
        sheet.add(Line(((left, flat), (left + 5.2, flat), (left + 2.6, tip)), '#1A1A1A', fill=True))


def caption(column: str, grid: Grid, row: GridRow, metric: str) -> tuple[str, str, str]:
    """Words under a cell, an arrow ("up", "down" or ""), and words of the change."""
    if column == 'clean' and grid.has_reference:
        return f'{title_of(metric)} {number_words(row.clean_value(metric), _unit(row, metric))}', '', ''
    if column == 'prediction':
        arrow, change = change_words(row, metric) or ('', '')
        return f'{title_of(metric)} {number_words(row.value(metric), _unit(row, metric))}', arrow, change
    if column == 'agreement':
        share = grid.share_of(row)
        return ('nobody sees anything' if share is None else f'{100 * share:.1f} % with the majority'), '', ''
    return '', '', ''


def change_words(row: GridRow, metric: str) -> tuple[str, str] | None:
    """Arrow ("up", "down" or "") and words of the change from clean; None where one of both numbers is missing."""
    drop, loss = row.drop(metric), row.loss(metric)
    if drop is None or loss is None:
        return None
    word = 'unchanged' if abs(drop) < 1e-9 else 'changed' if spec_of(metric).better is None else ''
    word = word or ('worse' if loss > 0 else 'better')
    if word == 'unchanged':
        return '', word
    return ('down' if drop > 0 else 'up'), f'{number_words(abs(drop), _unit(row, metric))} {word}'


def number_words(value: float | None, unit: str | None = None) -> str:
    """Three digits behind the point below 10, three digits in all above; and the unit."""
    if value is None:
        return 'undefined'
    digits = 3 if abs(value) < 9.9995 and unit is None else 2 if abs(value) < 99.95 else 1
    return f'{value:.{digits}f}' + (f' {unit}' if unit else '')


def vote_colour(votes: int, models: int) -> str:
    """Colour of places that so many models see: loud for one, quiet for all, as viridis runs."""
    if models < 2:
        return VOTES[-1]
    place = (votes - 1) / (models - 1) * (len(VOTES) - 1)
    low = min(int(place), len(VOTES) - 2)
    ends = [rgb(colour) for colour in VOTES[low : low + 2]]
    return '#' + ''.join(f'{round(a + (place - low) * (b - a)):02X}' for a, b in zip(*ends, strict=True))


def _unit(row: GridRow, metric: str) -> str | None:
    value = row.now.get(metric) or row.clean.get(metric)
    return None if value is None else value.unit


# -- the areas of each column -----------------------------------------------------------------------------------


def _masks(labels: NDArray[Any] | None, label: int | None, frame: Frame) -> list[NDArray[np.bool_]]:
    """One mask for the measured label; without one a mask for each label."""
    if labels is None:
        return []
    shown = frame.cut(labels)
    values = [label] if label is not None else [int(v) for v in np.unique(shown) if v]
    return [shown == value for value in values]


def _clean(grid: Grid, row: GridRow, frame: Frame) -> Iterator[Area]:
    for mask in _masks(row.clean_prediction, grid.label, frame):
        yield Area(*frame.place, mask, CLEAN, line=0.55, halo=True)


def _reference(grid: Grid, _row: GridRow, frame: Frame) -> Iterator[Area]:
    for mask in _masks(grid.clean_reference, grid.label, frame):
        yield Area(*frame.place, mask, REFERENCE, fill=REFERENCE_FILL, line=0.55, halo=True)


def _perturbed(_grid: Grid, _row: GridRow, _frame: Frame) -> Iterator[Area]:
    return iter(())


def _prediction(grid: Grid, row: GridRow, frame: Frame) -> Iterator[Area]:
    if row.error is None:
        for mask in _masks(row.prediction, grid.label, frame):
            yield Area(*frame.place, mask, NOW, fill=NOW_FILL, line=0.8)
        yield from _clean(grid, row, frame)
        return
    error = frame.cut(row.error)
    yield Area(*frame.place, error == ErrorCode.FALSE_NEGATIVE, BLUE, fill=MISSED_FILL, line=0.3)
    extra = error == ErrorCode.FALSE_POSITIVE
    yield Area(*frame.place, extra, ORANGE, fill=EXTRA_FILL, hatch='diagonal', line=0.3)
    wrong = error == ErrorCode.WRONG_CLASS
    yield Area(*frame.place, wrong, PURPLE, fill=EXTRA_FILL, hatch='cross', line=0.3)
    for mask in _masks(row.reference, grid.label, frame):
        yield Area(*frame.place, mask, REFERENCE, line=0.55, halo=True)


def _agreement(grid: Grid, row: GridRow, frame: Frame) -> Iterator[Area]:
    seen = frame.cut(grid.agreement.seen)
    count = len(grid.rows)
    for votes in range(1, count + 1):
        colour = vote_colour(votes, count)
        yield Area(*frame.place, seen == votes, colour, fill=VOTE_FILL, line=0.0)
    apart = frame.cut(grid.votes_of(row) != grid.agreement.majority)
    yield Area(*frame.place, apart, '#FFFFFF', hatch='diagonal', line=0.3)


_AREAS = {
    'clean': _clean,
    'reference': _reference,
    'perturbed': _perturbed,
    'prediction': _prediction,
    'agreement': _agreement,
}
