"""The grid as a page: a row for each model, ready for a paper, and a frame of a film alike."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import ErrorCode
from napari_segrobust.errors import SegrobustError
from napari_segrobust.files import saving
from napari_segrobust.grid import cells
from napari_segrobust.grid.chart import draw_course
from napari_segrobust.grid.raster import draw
from napari_segrobust.grid.sheet import (
    BLUE,
    ORANGE,
    PURPLE,
    REFERENCE,
    Area,
    Box,
    Dot,
    Line,
    Sheet,
    Text,
    advance,
    elided,
    nice,
    shades,
    wrapped,
)
from napari_segrobust.grid.values import Order, title_of
from napari_segrobust.grid.vector import as_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.grid.sheet import Hatch
    from napari_segrobust.grid.sweep import Sweep
    from napari_segrobust.grid.values import Grid

RESEARCH = 'Research use. Not a medical device.'
NOTHING = 'Clean image: nothing is simulated'
_INK, _QUIET, _RULE = '#1A1A1A', '#5A5A5A', '#BDBDBD'
_MARGIN, _GAP, _NAME = 9.0, 3.0, 15.0
_TITLE, _WORDS, _HEAD, _NOTE = 9.5, 7.6, 7.2, 6.2
#: A cell is never taller than this many of its widths: what is longer is shown smaller.
_TALLEST = 1.35


@dataclass(frozen=True)
class FigureStyle:
    """How a page looks.

    Attributes
    ----------
    metric : str or None
        The number in the cells; the first one that was measured when None.
    order : str
        Of the rows, see `values.Order`.
    agreement : bool
        Whether a column shows where the models agree.
    course : bool
        Whether a column shows the number over the severities, where there are several.
    view : (int, int, int, int) or None
        First row, row after the last, first column and column after the last of what is shown, in pixels of the slice;
        None shows what is not empty.
    width : float
        In points; 510 is the width of a page of two columns.
    dpi : float
        Of PNG.
    title : str or None
        In place of the first line.
    """

    metric: str | None = None
    order: Order = 'as chosen'
    agreement: bool = False
    course: bool = True
    view: tuple[int, int, int, int] | None = None
    width: float = 510.0
    dpi: float = 300.0
    title: str | None = None


def save_figure(path: str | Path, grid: Grid, style: FigureStyle | None = None, sweep: Sweep | None = None) -> Path:
    """Write a grid as PNG or SVG, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Its ending is the format.
    grid : Grid
    style : FigureStyle, optional
    sweep : Sweep, optional
        That the grid belongs to, for the column with the course.

    Raises
    ------
    SegrobustError
        Another ending, or nothing can be written there.
    """
    path, style = check_figure(path), style or FigureStyle()
    ending = path.suffix.lower()
    sheet = compose(grid, style, sweep)
    if ending == '.svg':
        content = as_svg(sheet).encode()
    else:
        from PIL.PngImagePlugin import PngInfo

        said, out = PngInfo(), io.BytesIO()
        said.add_itxt('Description', sheet.words)
        draw(sheet, style.dpi / 72).save(out, 'PNG', dpi=(style.dpi, style.dpi), pnginfo=said)
        content = out.getvalue()
    with saving(path) as temporary:
        temporary.write_bytes(content)
    return path


def check_figure(path: str | Path) -> Path:
    """Say before any work that a figure cannot be written there.

    Raises
    ------
    SegrobustError
        Another ending, or no such folder.
    """
    return writable(path, ('.png', '.svg'))


def writable(path: str | Path, endings: Sequence[str]) -> Path:
    """Check ending and folder of a file that is to be written."""
    path = Path(path)
    if path.suffix.lower() not in endings:
        why = f'the ending {path.suffix}' if path.suffix else 'it has no ending'
        raise SegrobustError(f'{path.name} cannot be written', why, f'Choose one of: {", ".join(endings)}.')
    if not path.parent.is_dir():
        raise SegrobustError(
            f'{path.name} cannot be written', f'there is no folder {path.parent}', 'Make it, or choose another.'
        )
    return path


def compose(grid: Grid, style: FigureStyle | None = None, sweep: Sweep | None = None) -> Sheet:
    """Lay a grid out.

    All grids of one sweep become pages of one size, so that they are frames of a film.

    Parameters
    ----------
    grid : Grid
    style : FigureStyle, optional
    sweep : Sweep, optional
    """
    style = style or FigureStyle()
    metric = style.metric if style.metric is not None else next(iter(grid.metrics), 'dice')
    return _Page(grid.sorted(metric, style.order), style, metric, sweep).sheet


class _Page:
    """Draws one page from top to bottom."""

    def __init__(self, grid: Grid, style: FigureStyle, metric: str, sweep: Sweep | None) -> None:
        self.grid, self.style, self.metric = grid, style, metric
        self.sweep = sweep if sweep is not None and len(sweep.grids) > 1 else None
        self.columns = _columns(grid, style, self.sweep)
        rows, columns = grid.shape
        self.view = grid.content() if style.view is None else _inside(style.view, rows, columns)
        top, bottom, left, right = self.view
        high, wide = (bottom - top) * grid.steps[0], (right - left) * grid.steps[1]
        room = style.width - 2 * _MARGIN - _NAME - _GAP * (len(self.columns) - 1)
        self.cell = room / len(self.columns)
        self.height = min(self.cell * high / wide, self.cell * _TALLEST)
        self.picture = self.height * wide / high
        self.sheet = Sheet(style.width, 0.0)
        y = self._head()
        y = self._heads_of_columns(y)
        self._pictures = {'clean': self._shades(grid.clean), 'perturbed': self._shades(grid.perturbed)}
        for number in range(len(grid.rows)):
            self._row(number, y)
            y += self.height + cells.CAPTION + _GAP
        self.sheet.height = self._foot(y)
        self.sheet.words = f'{self._said()}. {RESEARCH}'

    # -- head and foot --------------------------------------------------------------------------------------

    def _title(self) -> str:
        grid, count = self.grid, len(self.grid.rows)
        models = f'{count} models on one identical input' if count > 1 else next((r.name for r in grid.rows), '')
        seen = ', '.join(filter(None, (grid.case_name, grid.label_name, grid.place)))
        return self.style.title or f'{models}: {seen}'

    def _said(self) -> str:
        return self.grid.simulated or NOTHING

    def _head(self) -> float:
        sheet, width = self.sheet, self.style.width - 2 * _MARGIN
        y = _MARGIN + _TITLE * 0.8
        for line in wrapped(self._title(), _TITLE, width, bold=True):
            sheet.add(Text(_MARGIN, y, line, _TITLE, bold=True, colour=_INK))
            y += _TITLE * 1.25
        bar = 124.0 if self.sweep is not None else 0.0
        room = width - bar - (12 if bar else 0)
        grids = (self.grid,) if self.sweep is None else self.sweep.grids
        lines = max(len(wrapped(grid.simulated or NOTHING, _WORDS, room, bold=True)) for grid in grids)
        y += 1.5
        for number, line in enumerate(wrapped(self._said(), _WORDS, room, bold=True)):
            colour = '#8A5A00' if self.grid.simulated else _QUIET
            sheet.add(Text(_MARGIN, y + number * _WORDS * 1.25, line, _WORDS, bold=True, colour=colour))
        if self.sweep is not None:
            self._severity_bar(self.style.width - _MARGIN - bar, y - 2.4, bar)
        return y + (lines - 1) * _WORDS * 1.25 + 13

    def _severity_bar(self, x: float, y: float, width: float) -> None:
        """Where in the sweep this page is."""
        assert self.sweep is not None
        low, high = min(self.sweep.severities), max(self.sweep.severities)
        words = f'severity {self.grid.severity:.2f}'.rstrip('0').rstrip('.')
        left = x + advance('severity 0.00', _NOTE) + 5
        share = 0.0 if high == low else (self.grid.severity - low) / (high - low)
        place = left + share * (x + width - left - 3)
        self.sheet.add(
            Text(x, y + 2.2, words, _NOTE, colour=_INK),
            Line(((left, y), (x + width - 3, y)), _RULE, 1.6),
            Line(((left, y), (place, y)), _INK, 1.6),
            Dot(place, y, 2.6, _INK),
        )

    def _heads_of_columns(self, y: float) -> float:
        for number, column in enumerate(self.columns):
            middle = self._left(number) + self.cell / 2
            words = _HEADS[column] if column != 'course' else f'{title_of(self.metric)} over severity'
            words = elided(words, _HEAD, self.cell, bold=True)
            self.sheet.add(Text(middle, y, words, _HEAD, 'middle', bold=True, colour=_INK))
        return y + 4

    def _foot(self, y: float) -> float:
        x, right = _MARGIN + _NAME, self.style.width - _MARGIN
        y += 6
        for chip in self._chips():
            width = 13 + advance(chip[3], _NOTE) + 11
            if x + width > right:
                x, y = _MARGIN + _NAME, y + 10
            self._chip(x, y, *chip)
            x += width
        y += 12
        scope = 'whole volume' if self.grid.scope == 'volume' else 'this slice' if self.grid.place else 'this image'
        against = 'its own prediction on the clean image: stability, not accuracy'
        drop = 'Change: perturbed against clean' if self.grid.has_reference else f'Compared with {against}'
        note = f'{title_of(self.metric)} of {self.grid.label_name}, {scope}. {drop}. {RESEARCH}'
        for line in wrapped(note, _NOTE, right - _MARGIN - _NAME - 85):
            self.sheet.add(Text(_MARGIN + _NAME, y, line, _NOTE, colour=_QUIET))
            y += _NOTE * 1.3
        maker = f'napari-segrobust {version("napari-segrobust")}'
        self.sheet.add(Text(right, y - _NOTE * 1.3, maker, _NOTE, 'end', colour=_QUIET))
        return y - _NOTE * 1.3 + _MARGIN * 0.8

    def _chips(self) -> list[tuple[str, Hatch, float, str]]:
        """Colour, hatch, opacity of the fill, and words of each thing that is drawn over the pictures."""
        chips: list[tuple[str, Hatch, float, str]] = []
        if self.grid.has_reference:
            chips.append((REFERENCE, '', 0.0, 'reference'))
            chips.append((ORANGE, 'diagonal', cells.EXTRA_FILL, 'extra (false positive)'))
            chips.append((BLUE, '', cells.MISSED_FILL, 'missed (false negative)'))
            codes = (row.error for row in self.grid.rows if row.error is not None)
            if self.grid.label is None and any((code == ErrorCode.WRONG_CLASS).any() for code in codes):
                chips.append((PURPLE, 'cross', cells.EXTRA_FILL, 'wrong class'))
        chips.append((cells.CLEAN, '', 0.0, 'prediction on the clean image'))
        if not self.grid.has_reference:
            chips.append((cells.NOW, '', cells.NOW_FILL, 'prediction on the perturbed image'))
        if 'agreement' in self.columns:
            count = len(self.grid.rows)
            for votes in range(1, count + 1):
                words = f'seen by {votes} of {count}' if votes == 1 else str(votes)
                chips.append((cells.vote_colour(votes, count), '', cells.VOTE_FILL, words))
            chips.append(('#FFFFFF', 'diagonal', 0.0, 'apart from the majority'))
        return chips

    def _chip(self, x: float, y: float, colour: str, hatch: Hatch, fill: float, words: str) -> None:
        mask = np.ones((3, 4), bool)
        grey = Box(x, y - 5.2, 9.0, 6.6, '#4A4A4A')
        self.sheet.add(grey, Area(x + 0.6, y - 4.6, 7.8, 5.4, mask, colour, fill, hatch, 1.0))
        self.sheet.add(Text(x + 12, y, words, _NOTE, colour=_INK))

    # -- rows -----------------------------------------------------------------------------------------------

    def _left(self, column: int) -> float:
        return _MARGIN + _NAME + column * (self.cell + _GAP)

    def _row(self, number: int, y: float) -> None:
        row, sheet = self.grid.rows[number], self.sheet
        name = elided(row.name, _HEAD, self.height - 4, bold=True)
        sheet.add(Text(_MARGIN + _NAME - 5, y + self.height / 2, name, _HEAD, 'middle', bold=True, turned=True))
        for place, column in enumerate(self.columns):
            x = self._left(place)
            if column == 'course':
                assert self.sweep is not None
                draw_course(sheet, self.sweep, row, self.metric, (x, y, self.cell, self.height), self.grid.severity)
                continue
            sheet.add(Box(x, y, self.cell, self.height, '#000000'))
            inner = cells.Frame(x + (self.cell - self.picture) / 2, y, self.picture, self.height, self.view)
            cells.draw_cell(sheet, column, self.grid, row, inner, self._pictures)
            cells.draw_numbers(sheet, column, self.grid, row, self.metric, (x, y, self.cell, self.height))
            if number == 0 and place == 0:
                self._scale_bar(x, y)

    def _scale_bar(self, x: float, y: float) -> None:
        shown = (self.view[3] - self.view[2]) * self.grid.steps[1]
        length = nice(0.3 * shown)
        width = length / shown * self.picture
        words = f'{length:g} {self.grid.unit}'
        plate = max(width, advance(words, _NOTE)) + 6
        left, low = x + self.cell - plate, y + self.height
        self.sheet.add(
            Box(left, low - 14, plate, 14, '#000000', cells.PLATE),
            Box(left + (plate - width) / 2, low - 4.4, width, 1.4, '#FFFFFF'),
            Text(left + plate / 2, low - 6.8, words, _NOTE, 'middle', colour='#FFFFFF'),
        )

    def _shades(self, image: Any) -> Any:
        top, bottom, left, right = self.view
        return shades(image[:, top:bottom, left:right], self.grid.limits, self.grid.rgb)


_HEADS = {
    'clean': 'Clean image',
    'reference': 'Reference',
    'perturbed': 'Perturbed image',
    'prediction': 'Prediction',
    'agreement': 'Agreement',
}


def _columns(grid: Grid, style: FigureStyle, sweep: Sweep | None) -> tuple[str, ...]:
    wanted = {
        'clean': True,
        'reference': grid.has_reference,
        'perturbed': True,
        'prediction': True,
        'agreement': style.agreement and len(grid.rows) > 1,
        'course': style.course and sweep is not None,
    }
    return tuple(column for column, on in wanted.items() if on)


def _inside(view: Sequence[int], rows: int, columns: int) -> tuple[int, int, int, int]:
    """The part of the slice that is shown: never empty, never outside."""
    top, left = min(max(0, view[0]), rows - 1), min(max(0, view[2]), columns - 1)
    return top, min(max(view[1], top + 1), rows), left, min(max(view[3], left + 1), columns)
