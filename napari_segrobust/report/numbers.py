"""Tables of a report: each rater, agreement beyond chance, and what is agreed by each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.digits import three_digits
from napari_segrobust.report.markup import table
from napari_segrobust.report.pictures import mark_sheet
from napari_segrobust.review.adjudication.inputs import mask_hash

if TYPE_CHECKING:
    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.report.source import Source

_CHANCE = {
    'fleiss_kappa': "Fleiss' kappa",
    'krippendorff_alpha': "Krippendorff's alpha",
    'randolph_kappa': "Randolph's kappa",
}
_RULES = {'at_least_half': 'at least half', 'union': 'union', 'intersection': 'intersection'}


def rater_table(source: Source) -> str:
    """One row for each rater: volume, agreement with the others, what STAPLE and SIMPLE think, the mask's hash."""
    agreement = source.agreement
    votes, pairs = agreement.votes, agreement.pairwise
    unit = votes.volume_unit
    where = 'full' if agreement.region is None else str(agreement.margin)
    staple = agreement.staples[where]
    rows = []
    for name, place in zip(source.names, source.places, strict=True):
        letter = source.letter(name)
        rows.append([
            f'{letter}  {name}' if source.names_shown else letter,
            f'{three_digits(votes.volumes[place])} {unit}',
            _digits(pairs.mean_of(place, 'dice')),
            _digits(pairs.mean_of(place, 'nsd')),
            _digits(pairs.mean_of(place, 'hd95'), f' {votes.length_unit}'),
            _digits(float(staple.sensitivity[place])),
            _digits(float(staple.specificity[place])),
            mask_hash(votes.masks[place])[:12] if source.names_shown else 'hidden',
        ])  # fmt: skip
    rows += [
        [f'{name} (volume only)', f'{three_digits(volume)} {unit}', *[''] * 6]
        for name, volume in agreement.volumes_ml.items()
    ]
    head = [
        'rater',
        'volume',
        'mean Dice',
        'mean NSD',
        'mean HD95',
        'sensitivity',
        'specificity',
        'SHA-256',
    ]
    region = 'full array' if where == 'full' else 'region'
    return table(
        f'Means over the other raters. Sensitivity and specificity as STAPLE sees them on the {region}.',
        head,
        rows,
        'wide',
        [mark_sheet(place) for place in range(len(source.names))],
    )


def agreement_table(source: Source) -> str:
    """Agreement beyond chance, on the region and on the full array."""
    chance = source.agreement.chance
    rows = [
        [title, *(_value(chance[key][domain]) for key in _CHANCE)]
        for domain, title in (('region', 'on the region'), ('full', 'on the full array'))
    ]
    return table('', ['beyond chance', *_CHANCE.values()], rows)


def consensus_table(source: Source) -> str:
    """Volume by each rule; STAPLE at two margins and on the full array."""
    agreement = source.agreement
    votes = agreement.votes
    majority = agreement.consensus('majority')
    found = {'majority': majority.voxels, 'tied': majority.tie_voxels}
    found |= {title: agreement.consensus(rule).voxels for rule, title in _RULES.items()}
    for where in sorted(agreement.staples, key=lambda where: (where == 'full', len(where), where)):
        title = 'STAPLE, full' if where == 'full' else f'STAPLE, margin {where}'
        found[title] = agreement.staples[where].voxels(agreement.staple_patterns(where))
    volumes = [three_digits(voxels * votes.voxel_volume) for voxels in found.values()]
    return table('', ['agreed by', *found], [[f'volume in {votes.volume_unit}', *volumes]], 'wide')


def _value(value: MetricValue | None) -> str:
    if value is None:
        return 'no region'
    return three_digits(value.value) if isinstance(value.value, int | float) else 'undefined'


def _digits(number: float | None, unit: str = '') -> str:
    return 'undefined' if number is None or number != number else f'{three_digits(number)}{unit}'
