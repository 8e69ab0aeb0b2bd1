"""What the matrix of raters shows: who against whom, with number, colour, words and reasons; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.digits import MINUS, three_digits
from napari_segrobust.review.marks import told_apart
from napari_segrobust.ui.review.ramps import difference_ramp, distance_ramp, ratio_ramp

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review import Agreement
    from napari_segrobust.ui.review.ramps import Ramp

#: Metrics that can be shown, and how they are called.
METRICS = {'dice': 'Dice', 'nsd': 'NSD', 'hd95': 'HD95', 'volume_difference_ml': 'volume difference'}
DIFFERENCE = 'volume_difference_ml'


@dataclass(frozen=True, slots=True)
class Cell:
    """One pair.

    Attributes
    ----------
    text, tip : str
    colour : str or None
        ``#rrggbb``; None where the number is undefined.
    pair : (str, str)
        Names of the masks, the reference first.
    """

    text: str
    tip: str
    colour: str | None
    pair: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One mask against all raters.

    Attributes
    ----------
    title, beside, tip : str
        Its name, what stands beside it, and its full name.
    cells : tuple of (Cell or None)
        None against itself, and where a further reading is held against somebody else.
    is_again : bool
        A further reading of a rater.
    """

    title: str
    beside: str
    tip: str
    cells: tuple[Cell | None, ...]
    is_again: bool = False


@dataclass(frozen=True, eq=False)
class Matrix:
    """All pairs.

    Attributes
    ----------
    title, common : str
        The metric with its unit, and what all names begin with.
    columns : tuple of str
    rows : tuple of Row
        The raters in the order of the columns, then further readings.
    ramp : Ramp
    """

    title: str
    common: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    ramp: Ramp

    @property
    def heads(self) -> tuple[str, ...]:
        """Names for narrow columns: the first word of each, where no two are alike."""
        firsts = tuple(name.split(' ')[0] for name in self.columns)
        return firsts if len({*firsts}) == len(firsts) else self.columns

    @property
    def words(self) -> str:
        """What it shows, for those who do not see it."""
        said = [row.cells if row.is_again else row.cells[:i] for i, row in enumerate(self.rows)]
        tips = '; '.join(cell.tip for cells in said for cell in cells if cell is not None)
        return f'{self.title} of {len(self.columns)} raters. {tips}'


def matrix_of(agreement: Agreement, key: str, title: Callable[[str], str]) -> Matrix:
    """Lay out a metric of all pairs; what is asked of the agreement has been measured before.

    Parameters
    ----------
    agreement : Agreement
    key : str
        One of `METRICS`.
    title : callable
        ``title(name)``: how a rater is called on the screen.

    Returns
    -------
    Matrix
    """
    pairwise, votes = agreement.pairwise, agreement.votes
    names = [pairwise.names[index] for index in pairwise.order]
    again = [(rater, reading, values[key]) for rater, reading, values in agreement.intra_rater]
    common, shorts = told_apart([title(name) for name in (*names, *(reading for _, reading, _ in again))])
    short = dict(zip((*names, *(reading for _, reading, _ in again)), shorts, strict=True))
    values = [*pairwise.values(key), *(v.value for _, _, v in again if isinstance(v.value, int | float))]
    if key == 'hd95':
        ramp = distance_ramp(values, agreement.settings.tolerance_mm)
    elif key == DIFFERENCE:
        ramp = difference_ramp(values, sum(votes.volumes) / len(votes.volumes))
    else:
        ramp = ratio_ramp(values)

    def cell(value: MetricValue, reference: str, other: str, beside: str = '') -> Cell:
        words = f'{title(other)} against {title(reference)}{beside}: {said(key, value, title(reference), title(other))}'
        number = value.value if isinstance(value.value, int | float) else None
        colour = None if number is None else ramp.colour(number)
        return Cell('\u2013' if number is None else number_text(key, number), words, colour, (reference, other))

    rows = [
        Row(
            short[names[a]],
            f'{three_digits(votes.volumes[i])} {votes.volume_unit}',
            f'{title(names[a])}, the reference of this row: {three_digits(votes.volumes[i])} {votes.volume_unit}',
            tuple(
                None if i == j else cell(pairwise.matrices[key][i][j], names[a], names[b])
                for b, j in enumerate(pairwise.order)
            ),
        )
        for a, i in enumerate(pairwise.order)
    ]
    for rater, reading, value in again:
        found = cell(value, rater, reading, ', read again')
        row = tuple(found if name == rater else None for name in names)
        rows.append(Row(short[reading], 'read again', f'{title(reading)}: {title(rater)} read again', row, True))
    unit = pairwise.matrices[key][0][-1].unit
    words = f'NSD at {agreement.settings.tolerance_mm:g} {votes.length_unit}' if key == 'nsd' else METRICS[key]
    words = f'column {MINUS} row' if key == DIFFERENCE else words
    return Matrix(f'{words} ({unit})' if unit else words, common, tuple(short[n] for n in names), tuple(rows), ramp)


def number_text(key: str, number: float) -> str:
    """Number of a cell; a difference with its sign."""
    text = three_digits(float(number))
    return f'+{text}' if key == DIFFERENCE and number > 0 else text


def said(key: str, value: MetricValue, reference: str, other: str) -> str:
    """A number with its name, its unit, and what must be known of it.

    The value's own reason names the masks, which may be blinded.
    """
    empty = {
        'both_empty': 'both empty',
        'reference_empty': f'{reference} is empty',
        'prediction_empty': f'{other} is empty',
    }
    reason = empty.get(value.status, value.reason)
    if not isinstance(value.value, int | float):
        return f'{METRICS[key]} undefined: {reason or value.status}'
    text = f'{METRICS[key]} {number_text(key, value.value)}{f" {value.unit}" if value.unit else ""}'
    return f'{text} ({reason})' if reason else text
