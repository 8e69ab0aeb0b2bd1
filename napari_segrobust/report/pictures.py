"""Pictures of a report, as sheets: the hardest slices, the first disputes, and the mark of a rater."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.digits import three_digits
from napari_segrobust.grid.cells import VOTE_FILL, vote_colour
from napari_segrobust.grid.sheet import Area, Box, Line, Picture, Sheet, Text, advance, elided, nice
from napari_segrobust.report.view import hardest, pixels, plane_of, view_of
from napari_segrobust.review import ConsensusCode, vote_map
from napari_segrobust.review.marks import color_of, dashes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.report.source import Source
    from napari_segrobust.report.view import View
    from napari_segrobust.review.adjudication import Row

#: Width of a page between its margins, in points.
WIDTH = 527.0
_GAP, _HEAD, _LINE, _SMALL = 6.0, 9.5, 7.6, 6.4
_SLICES = 2
#: Thumbnails of disputes.
SHOWN = 6
_THUMB = 82.0
_INK, _QUIET, _PLATE = '#1A1A1A', '#5A5A5A', 0.62
#: How much darker an image is under what is drawn over it.
_DIM = 0.35
#: Letters of so many raters are single ones, and need no blanks between them.
_SINGLE = 26
#: Browsers may have wider letters than those that are measured here.
_WIDER = 1.14
#: Outline of what is agreed and of a dispute, and colour of a tie.
_AGREED, _DISPUTE, _TIE = '#FFFFFF', '#FFFFFF', '#F0E442'
_ANSWERS = {
    'consensus': 'decided: consensus',
    'edit': 'decided: drawn by hand',
    'undecidable': 'undecidable',
    'both_plausible': 'both plausible',
    'reference_wrong': 'reference wrong',
    'open': 'open',
    'rule': 'by the rule',
}


def slices_sheet(source: Source) -> Sheet:
    """The hardest slices with every rater's outline; of the hardest, the votes and what is agreed.

    Parameters
    ----------
    source : Source

    Returns
    -------
    Sheet
    """
    indices = hardest(source, _SLICES)
    cells = len(indices) + 2
    side = (WIDTH - _GAP * 3) / 4
    sheet = Sheet(WIDTH, 0.0, words=f'Outlines of {len(source.names)} raters, their votes, and what is agreed')
    total = source.agreement.votes.shape[0] if len(source.agreement.votes.shape) == 3 else 1
    left = (WIDTH - cells * side - (cells - 1) * _GAP) / 2
    for number, index in enumerate((*indices, indices[0], indices[0])):
        what = 'outlines' if number < len(indices) else 'votes' if number == len(indices) else 'agreed'
        x = left + number * (side + _GAP)
        words = {'outlines': 'Raters', 'votes': 'Votes', 'agreed': _agreed_words(source)}[what]
        place = f', slice {index + 1} of {total}' if total > 1 else ''
        sheet.add(Text(x, _HEAD - 2.8, f'{words}{place}', 7.0, bold=True, colour=_INK))
        view = view_of(source, index)
        frame = _picture(sheet, source, view, x, _HEAD, side)
        if what == 'outlines':
            _outlines(sheet, source, view, frame)
        elif what == 'votes':
            _votes(sheet, source, view, frame)
        else:
            _agreed(sheet, source, view, frame)
        _scale_bar(sheet, source, view, frame)
    sheet.height = _legend(sheet, source, _HEAD + side + 11)
    return sheet


def disputes_sheet(source: Source) -> Sheet | None:
    """The first disputes as thumbnails, with what they are and what was decided; None where there are none."""
    rows = source.rows[:SHOWN]
    if not rows:
        return None
    sheet = Sheet(WIDTH, 0.0, words=f'The first {len(rows)} of {len(source.rows)} disputes')
    gap = (WIDTH - SHOWN * _THUMB) / (SHOWN - 1)
    shape = source.agreement.votes.shape
    lowest = 0.0
    for number, (item, row) in enumerate(zip(source.items, rows, strict=False)):
        x = number * (_THUMB + gap)
        index = item.dispute.position[0] if len(shape) == 3 else 0
        region = plane_of(item.dispute.where, shape, index)
        view = view_of(source, index, region)
        frame = _picture(sheet, source, view, x, 0.0, _THUMB)
        _outlines(sheet, source, view, frame, line=0.7)
        mask = region[slice(*view.rows), slice(*view.columns)]
        sheet.add(Area(*frame, mask, _DISPUTE, hatch='diagonal', line=0.8))
        _badge(sheet, x, 0.0, str(number + 1))
        y = _THUMB + _LINE
        for place, words in enumerate(_caption(source, row)):
            colour, bold = (_QUIET if place in (1, 2) else _INK), place == 0
            sheet.add(Text(x, y, elided(words, _SMALL, _THUMB, bold), _SMALL, bold=bold, colour=colour))
            y += _LINE
        lowest = max(lowest, y)
    sheet.height = lowest - _LINE + 3
    return sheet


def mark_sheet(place: int) -> Sheet:
    """How the outline of a rater looks: its colour and dashes on a dark ground."""
    sheet = Sheet(22.0, 7.0, words='outline of this rater')
    sheet.add(
        Box(0, 0, 22, 7, '#1A1A1A'), Line(((1.5, 3.5), (20.5, 3.5)), color_of(place), 1.3, dashes=dashes_of(place))
    )
    return sheet


def _caption(source: Source, row: Row) -> tuple[str, ...]:
    votes = source.agreement.votes
    # Rows name raters as they may be called; here there is room for their letters.
    names = {source.shown(name): source.letter(name) for name in source.names}

    def letters(raters: Sequence[str]) -> str:
        found = sorted((names[rater] for rater in raters), key=lambda letter: (len(letter), letter))
        return (' ' if len(names) > _SINGLE else '').join(found) or 'nobody'

    who = 'within the tolerance' if row.kind == 'rim' else f'in {letters(row.inside)}, out {letters(row.outside)}'
    return (
        f'{row.kind}, {three_digits(row.volume)} {votes.volume_unit}',
        '' if row.depth is None else f'{three_digits(row.depth)} {votes.length_unit} deep',
        who,
        f'decided: as {names[row.rater]}' if row.rater is not None else _ANSWERS[row.decision],
    )


# -- parts of a picture --------------------------------------------------------------------------------------------

_Frame = tuple[float, float, float, float]


def _picture(sheet: Sheet, source: Source, view: View, x: float, y: float, side: float) -> _Frame:
    """Draw the image in the middle of a square; where it lies there."""
    scale = side / max(view.height, view.width)
    width, height = view.width * scale, view.height * scale
    frame = (x + (side - width) / 2, y + (side - height) / 2, width, height)
    sheet.add(Box(x, y, side, side, '#000000'), Picture(*frame, pixels(source, view)), Box(*frame, '#000000', _DIM))
    return frame


def _outlines(sheet: Sheet, source: Source, view: View, frame: _Frame, line: float = 1.0) -> None:
    votes = source.agreement.votes
    for number, place in enumerate(source.places):
        mask = view.cut(source.voxels(votes.masks[place]))
        sheet.add(Area(*frame, mask, color_of(number), line=line, dashes=dashes_of(number)))


def _votes(sheet: Sheet, source: Source, view: View, frame: _Frame) -> None:
    counts = view.cut(source.voxels(vote_map(source.agreement.votes)))
    raters = len(source.names)
    for votes in range(1, raters + 1):
        sheet.add(Area(*frame, counts == votes, vote_colour(votes, raters), fill=VOTE_FILL, line=0.0))


def _agreed(sheet: Sheet, source: Source, view: View, frame: _Frame) -> None:
    codes = view.cut(source.voxels(source.agreed))
    sheet.add(Area(*frame, codes == ConsensusCode.IN, _AGREED, fill=0.3, line=0.9))
    sheet.add(Area(*frame, codes == ConsensusCode.TIE, _TIE, hatch='diagonal', line=0.4))


def _agreed_words(source: Source) -> str:
    return 'Majority' if source.standing is None else 'Final mask'


def _badge(sheet: Sheet, x: float, y: float, words: str) -> None:
    width = advance(words, 7, bold=True) * _WIDER + 6
    sheet.add(Box(x, y, width, 10, '#000000', _PLATE), Text(x + 3, y + 7.6, words, 7, bold=True, colour='#FFFFFF'))


def _scale_bar(sheet: Sheet, source: Source, view: View, frame: _Frame) -> None:
    length = nice(0.3 * view.width)
    x, y, width, height = frame
    shown = length / view.width * width
    words = f'{length:g} {"mm" if source.agreement.votes.spacing else "px"}'
    plate = max(shown, advance(words, 6) * _WIDER) + 6
    left, low = x + width - plate, y + height
    sheet.add(
        Box(left, low - 13, plate, 13, '#000000', _PLATE),
        Box(left + (plate - shown) / 2, low - 4.0, shown, 1.3, '#FFFFFF'),
        Text(left + plate / 2, low - 6.2, words, 6, 'middle', colour='#FFFFFF'),
    )


def _legend(sheet: Sheet, source: Source, y: float) -> float:
    """Colours of votes and states; the bottom of it. Letters and dashes of the raters stand in their table."""
    x = 0.0
    raters = len(source.names)
    for votes in range(1, raters + 1):
        words = 'in for 1 rater' if votes == 1 else str(votes)
        sheet.add(Box(x, y - 6, 9, 7.5, vote_colour(votes, raters)), Text(x + 12, y, words, _SMALL))
        x += 12 + advance(words, _SMALL) * _WIDER + 8
    x += 10
    square = np.ones((3, 4), bool)
    for words, hatch, fill in ((_agreed_words(source).lower(), '', 0.3), ('tie: neither in nor out', 'diagonal', 0.0)):
        colour = _TIE if hatch else _AGREED
        place = (x, y - 6, 9.0, 7.5)
        sheet.add(Box(*place, '#4A4A4A'), Area(*place, square, colour, fill, hatch, 0.7))  # type: ignore[arg-type]  # both are hatches
        sheet.add(Text(x + 12, y, words, _SMALL))
        x += 12 + advance(words, _SMALL) * _WIDER + 14
    return y + 4
