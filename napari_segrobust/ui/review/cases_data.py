"""What the page of several cases shows: rows, dots, intervals; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.digits import MINUS, three_digits
from napari_segrobust.ui.widgets.dot_plot import Corner, Dots, Level
from napari_segrobust.ui.widgets.number_table import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.review import CasesAgreement
    from napari_segrobust.review.bland_altman import BlandAltman
    from napari_segrobust.review.difficulty import Difficulty

#: Measures of human difficulty by their attribute: the words on screen, and whether people agree where it is high.
MEASURES = {
    'mean_dice': ('mean pairwise Dice', True),
    'volume_cv': ('volume CV (%)', False),
    'disputed': ('disputed', False),
}
CORNER = 'people agree, the model fails'
CORNER_IS = (
    'People agree at least as well as on half of the cases, and the model agrees with them less than they usually do '
    'with each other.'
)
_NAMES = {
    'dice': ('Dice', 'Mean Dice of all pairs'),
    'nsd': ('NSD', 'Mean NSD of all pairs'),
    'hd95': ('HD95', 'Mean HD95 of all pairs'),
    'fleiss_kappa': ('Fleiss', 'Fleiss\u2019 kappa'),
    'randolph_kappa': ('Randolph', 'Randolph\u2019s kappa'),
    'krippendorff_alpha': ('Krippendorff', 'Krippendorff\u2019s alpha'),
}


_PLACES = {'': '', 'region': ', region', 'full': ', full array'}


@dataclass(frozen=True, slots=True)
class Line:
    """A number over all cases.

    Attributes
    ----------
    title, value, interval, tip : str
    """

    title: str
    value: str
    interval: str
    tip: str


def in_corner(items: Sequence[Difficulty], measure: str = 'mean_dice') -> list[bool]:
    """Whether people agree on each case while the model fails: see `CORNER_IS`."""
    corner = corner_of(items, measure)
    scale, high = _scale(measure), MEASURES[measure][1]
    found = []
    for item in items:
        x, y = getattr(item, measure), item.model_score
        inside = corner is not None and x is not None and y is not None
        found.append(bool(inside and y < corner.y and (x * scale >= corner.x if high else x * scale <= corner.x)))
    return found


def corner_of(items: Sequence[Difficulty], measure: str) -> Corner | None:
    """Where people agree and the model fails; None without a model."""
    scored = [item for item in items if item.model_score is not None]
    x = [float(value) * _scale(measure) for item in scored if (value := getattr(item, measure)) is not None]
    people = [item.mean_dice for item in items if item.mean_dice is not None]
    if not x or not people:
        return None
    return Corner(median(x), median(people), CORNER, MEASURES[measure][1])


def ranking(items: Sequence[Difficulty]) -> list[int]:
    """Places of the cases in the order in which to look at them.

    Those in the corner first, then by how much better people agree with each other than the model with them; without a
    model the hardest first.
    """
    corner = in_corner(items)

    def key(index: int) -> tuple[bool, float, float]:
        item = items[index]
        surprise = np.inf if item.surprise is None else -item.surprise
        return not corner[index], surprise, np.inf if item.mean_dice is None else item.mean_dice

    return sorted(range(len(items)), key=key)


def columns_of(items: Sequence[Difficulty], *, with_model: bool) -> list[Column]:
    """Columns of the list of cases."""
    rank = np.empty(len(items), np.intp)
    rank[ranking(items)] = np.arange(1, len(items) + 1)
    corner = in_corner(items)
    marks = [f'{place} !' if inside else f'{place}' for place, inside in zip(rank, corner, strict=True)]
    words = f'! {CORNER}: these come first' if with_model else 'Hardest first'
    unit = items[0].unit if items else ''
    names = [item.name for item in items]
    columns = [
        Column('#', words, rank.astype(float), words=marks),
        Column('case', 'Double-click or Enter opens it', np.arange(len(items)), words=names, tips=names, is_text=True),
        Column('Dice', 'Mean Dice of all pairs of raters', _values(items, 'mean_dice')),
        Column('CV %', 'Coefficient of variation of the volumes', _values(items, 'volume_cv'), 100.0),
        Column(unit, 'Disputed: some raters are in and some are out', _values(items, 'disputed')),
    ]
    if with_model:
        words = 'Dice of the model: mean over the majorities of all raters but one'
        columns.append(Column('model', words, _values(items, 'model_score')))
    return columns


def difficulty_dots(items: Sequence[Difficulty], measure: str) -> Dots:
    """Difficulty for people against the model's score; rings in the corner."""
    title = MEASURES[measure][0] + (f' ({items[0].unit})' if measure == 'disputed' and items else '')
    x, y = _values(items, measure) * _scale(measure), _values(items, 'model_score')
    plain = ~np.array(in_corner(items, measure), bool)
    corner = corner_of(items, measure)
    return Dots(x, y, plain, title, 'model Dice', noun='cases', corner=corner, zero=False)


def volume_dots(result: CasesAgreement, pair: BlandAltman, title: Callable[[str], str]) -> Dots:
    """Difference over mean of the volumes of two raters, with bias and limits of agreement."""
    one, other = (result.volumes[:, result.raters.index(name)] for name in pair.pair)
    first, second = map(title, pair.pair)
    levels = []
    if pair.bias is not None:
        levels.append(Level(pair.bias, f'bias {_signed(pair.bias)}', pair.bias_interval))
    if pair.limits is not None:
        low, high = pair.limits
        levels += [
            Level(high, f'+1.96 SD {_signed(high)}', pair.upper_interval, dashed=True),
            Level(low, f'{MINUS}1.96 SD {_signed(low)}', pair.lower_interval, dashed=True, is_low=True),
        ]
    return Dots(
        (one + other) / 2,
        other - one,
        np.ones(len(one), bool),
        f'mean volume ({result.unit})',
        f'{second} {MINUS} {first} ({result.unit})',
        noun='cases',
        levels=tuple(levels),
        zero=False,
    )


def lines_of(result: CasesAgreement, *, with_model: bool) -> list[Line]:
    """Numbers over all cases with their intervals."""
    icc = result.icc
    source = (
        f'Two-way, absolute agreement, single rater, over {icc.cases} cases that all {icc.raters} raters measured. '
        'McGraw & Wong 1996, doi:10.1037/1082-989X.1.1.30.'
    )
    why = f' Undefined: {icc.reason}.' if icc.reason else ''
    lines = [
        Line(
            'ICC(A,1), volumes',
            '\u2013' if icc.value is None else three_digits(icc.value),
            _span(icc.low, icc.high),
            f'{source}{why}',
        )
    ]
    # The region before the full array, which counts the background.
    for key, interval in sorted(result.means.items(), key=lambda item: list(_PLACES).index(item[0].partition('.')[2])):
        name, _, where = key.partition('.')
        short, full = _NAMES[name]
        unit = f' ({result.length_unit})' if name == 'hd95' else ''
        lines.append(_line(f'{short}{_PLACES[where]}{unit}', interval, f'{full}{_PLACES[where]}: mean over the cases'))
    if with_model and result.model_williams is not None:
        words = 'Mean agreement of the model with the raters over their mean agreement with each other; Williams 1976'
        lines.append(_line('Williams\u2019 index, model', result.model_williams, words))
    if with_model and result.model_above_worst is not None:
        words = f'Dice of the model minus that of the worst rater: {result.verdict}'
        lines.append(_line('model \u2212 worst rater', result.model_above_worst, words))
    return lines


def _line(title: str, interval: object, words: str) -> Line:
    value, low, high, cases = (getattr(interval, name) for name in ('value', 'low', 'high', 'cases'))
    few = ', few cases' if getattr(interval, 'few', False) else ''
    tip = f'{words}. Percentile bootstrap over {cases} cases{few}, never over voxels.'
    return Line(title, '\u2013' if value is None else three_digits(value), _span(low, high), tip)


def _span(low: float | None, high: float | None) -> str:
    return '\u2013' if low is None or high is None else f'{three_digits(low)} to {three_digits(high)}'


def _signed(number: float) -> str:
    return f'{"+" if number > 0 else ""}{three_digits(float(number))}'


def _scale(measure: str) -> float:
    return 100.0 if measure == 'volume_cv' else 1.0


def _values(items: Sequence[Difficulty], name: str) -> NDArray[np.float64]:
    return np.array([np.nan if (value := getattr(item, name)) is None else value for item in items], float)
