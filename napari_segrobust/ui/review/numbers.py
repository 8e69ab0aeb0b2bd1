"""Numbers of all raters together, each with its definition and the reason where there is none; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.digits import three_digits
from napari_segrobust.review.difficulty import variation
from napari_segrobust.review.record import vote_numbers
from napari_segrobust.ui.widgets.card import Definition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review import Agreement

FULL_ARRAY = 'The full array counts the background too: the number rises with every row of air around the structure.'
_CHANCE = {
    'fleiss_kappa': Definition(
        'Fleiss\u2019 kappa',
        'How far the raters agree on every voxel beyond what raters with these shares of in and out would by chance.',
        '(P - Pe) / (1 - Pe), Pe = sum of the squared shares',
        range='below 0 to 1',
        blind_spot=f'{FULL_ARRAY} Voxels that not all raters looked at are left out.',
        source='Fleiss 1971, doi:10.1037/h0031619',
    ),
    'randolph_kappa': Definition(
        'Randolph\u2019s kappa',
        'The same, with chance as a coin: in and out are equally likely.',
        '(P - 1/2) / (1 - 1/2)',
        range='-1 to 1',
        blind_spot=f'{FULL_ARRAY} On a full array it is near 1 whatever the raters draw.',
        source='Randolph 2005, ERIC ED490661',
    ),
    'krippendorff_alpha': Definition(
        'Krippendorff\u2019s alpha',
        'One minus observed over expected disagreement; the only one here that takes voxels some did not look at.',
        '1 - Do / De, nominal',
        range='below 0 to 1',
        blind_spot=FULL_ARRAY,
        source='Krippendorff 2011, Computing Krippendorff\u2019s alpha-reliability',
    ),
}
_COHEN = metric_specs()['cohen_kappa']


@dataclass(frozen=True, slots=True)
class Number:
    """One line of the table.

    Attributes
    ----------
    title : str
    region, full : str
        The number on the region and on the full array; `full` is empty where the two are no question.
    definition : Definition
    reasons : str
        Why one is undefined, or what must be known of it.
    """

    title: str
    region: str
    full: str
    definition: Definition
    reasons: str = ''


@dataclass(frozen=True, eq=False)
class Measured:
    """What the page asks the file thread for.

    Attributes
    ----------
    votes : dict
        As `vote_numbers` gives it.
    region : dict or None
        As `Region.to_dict` gives it.
    """

    agreement: Agreement
    votes: dict[str, Any]
    region: dict[str, Any] | None


def measured(agreement: Agreement) -> Measured:
    """Measure all that the page shows. File thread."""
    for part in ('pairwise', 'intra_rater', 'chance', 'slices'):
        getattr(agreement, part)
    region = None if agreement.region is None else agreement.region.to_dict()
    return Measured(agreement, vote_numbers(agreement), region)


def numbers_of(
    found: Measured, cohen: Mapping[str, MetricValue | None] | None, pair: tuple[str, str] | None
) -> list[Number]:
    """Lines of the table.

    Parameters
    ----------
    found : Measured
    cohen : mapping of str to (MetricValue or None), or None
        Cohen's kappa of the chosen pair on the ``region`` and on the ``full`` array; None while there is none.
    pair : (str, str), optional
        How the two are called.

    Returns
    -------
    list of Number
    """
    agreement = found.agreement
    lines = [_by_domain(_CHANCE[key], agreement, values) for key, values in agreement.chance.items()]
    if cohen is None:
        why = 'click a pair' if pair is None else 'pending'
        lines.append(Number(_COHEN.title, why, '', _cohen_definition()))
    else:
        whose = '' if pair is None else f' of {pair[0]} and {pair[1]}'
        lines.append(_by_domain(_cohen_definition(whose), agreement, cohen))
    return [*lines, *_spread(found)]


def _by_domain(definition: Definition, agreement: Agreement, values: Mapping[str, MetricValue | None]) -> Number:
    texts, reasons = [], []
    for where in ('region', 'full'):
        value = values[where]
        number = None if value is None else value.value
        texts.append('\u2013' if not isinstance(number, int | float) else three_digits(float(number)))
        if value is None:
            reasons.append('no region: the margin is none' if agreement.margin is None else 'no rater drew anything')
        elif value.reason:
            reasons.append(value.reason)
    return Number(definition.title, *texts, definition, '; '.join(dict.fromkeys(reasons)))


def _cohen_definition(whose: str = '') -> Definition:
    return Definition(
        f'{_COHEN.title}{whose}',
        _COHEN.summary,
        _COHEN.formula,
        range='below 0 to 1',
        blind_spot=FULL_ARRAY,
        source=_COHEN.source,
    )


def _spread(found: Measured) -> list[Number]:
    """How far volumes and votes lie apart: nothing here depends on the background."""
    agreement, votes = found.agreement, found.votes
    unit, cv, bits = votes['unit'], variation(list(agreement.volumes.values())), votes['entropy_bits_mean_in_union']
    nobody = 'no rater drew anything'
    disputed = f'{three_digits(votes["disputed"])} of {three_digits(votes["union"])} {unit}'
    return [
        Number(
            'entropy in the union',
            '\u2013' if bits is None else f'{three_digits(bits)} bits',
            '',
            Definition(
                'Mean entropy in the union',
                'How undecided the votes are, over the voxels that anybody drew: that raters disagree, not that '
                'anybody was unsure.',
                '-v log2 v - (1 - v) log2 (1 - v), v = share that is in',
                'bits',
                '0 to 1',
                'Two raters who share nothing are at 1, as are four of whom two and two agree.',
                'Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x',
            ),
            nobody if bits is None else '',
        ),
        Number(
            'disputed volume',
            disputed,
            '',
            Definition(
                'Disputed volume',
                'Volume where some who looked are in and some are out, of the volume that anybody drew.',
                '|union| - |intersection|',
                unit,
                blind_spot='One rater who draws far too much disputes all of it.',
            ),
        ),
        Number(
            'volume CV',
            '\u2013' if cv is None else f'{three_digits(100 * cv)} %',
            '',
            Definition(
                'Coefficient of variation of the volumes',
                'Spread of the raters\u2019 volumes over their mean; raters without a mask take part.',
                'SD (n - 1) / mean',
                '%',
                '0 and above',
                'Equal volumes in different places have a spread of 0.',
            ),
            'all volumes are 0' if cv is None else '',
        ),
        *_distances(agreement),
    ]


def _distances(agreement: Agreement) -> list[Number]:
    """Tolerance, and the one that the raters themselves propose."""
    usual, unit, tolerance = (
        agreement.pairwise.usual_distance,
        agreement.votes.length_unit,
        agreement.settings.tolerance_mm,
    )
    low = '; '.join(agreement.warnings)
    return [
        Number(
            'usual distance',
            '\u2013' if usual is None else f'{three_digits(usual)} {unit}',
            '',
            Definition(
                'Raters\u2019 own surface distance',
                'Median distance from a border voxel of one rater to the border of another, over all pairs: what they '
                'themselves tolerate.',
                unit=unit,
                blind_spot='Where raters agree to the voxel in most places it is 0.',
                source='Nikolov 2021, doi:10.2196/26151',
            ),
            'no two raters drew anything' if usual is None else '',
        ),
        Number(
            'tolerance',
            f'{tolerance:g} {unit}, below the spacing' if low else f'{tolerance:g} {unit}',
            '',
            Definition(
                'Tolerance',
                'Up to this distance borders agree: NSD, and the rim of the disputes, depend on it.',
                unit=unit,
                lines=(('warning', low),) if low else (),
            ),
            low,
        ),
    ]


def region_words(found: Measured) -> str:
    """What the region is: margin and size in mm where they are known, and whether the image cuts it."""
    region = found.region
    if region is None:
        return 'no region' if found.agreement.margin is None else 'no region: no rater drew anything'
    sides, unit = region['size_mm'], 'mm'
    if sides is None:
        sides, unit = [b - a for a, b in zip(region['start'], region['stop'], strict=True)], 'voxels'
    size = ' \u00d7 '.join(f'{side:.3g}' for side in sides)
    margin = '' if region['margin_mm'] is None else f'= {_span(region["margin_mm"])} mm: '
    return f'{margin}region {size} {unit}{" (cut)" if region["clipped"] else ""}'


def _span(lengths: list[float]) -> str:
    """Lengths along the axes, once where they are alike."""
    return ' \u00d7 '.join(f'{length:.3g}' for length in (lengths if len(set(lengths)) > 1 else lengths[:1]))
