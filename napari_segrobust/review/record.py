"""The agreement of one case as JSON."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.value import MetricValue
from napari_segrobust.review.consensus import weights_of
from napari_segrobust.review.difficulty import hardest_first, variation
from napari_segrobust.review.maps import alone, entropy_bits
from napari_segrobust.review.soft import soft_numbers

if TYPE_CHECKING:
    from napari_segrobust.review.agreement import Agreement

_SCHEMA = 1
_ONE_CASE = 'it needs several cases: see agree_cases'
_NO_MARGIN = 'no margin was asked for'
_NOBODY = 'no rater drew anything'


def record(agreement: Agreement) -> dict[str, Any]:
    """Write everything that is known of one case.

    Returns
    -------
    dict
        Strings, numbers, lists and None alone.
    """
    undefined: dict[str, dict[str, str | None]] = {}

    def plain(value: MetricValue | None, key: str) -> Any:
        """Return the bare number; why there is none, or what must be known of it, goes into ``undefined``."""
        if value is None:
            reason = _NO_MARGIN if agreement.margin is None else _NOBODY
            value = MetricValue(None, None, 'not_applicable', reason)
        if value.value is None:
            undefined[key] = {'status': value.status, 'reason': value.reason}
        return value.value

    for key in ('icc', 'bland_altman', 'bootstrap', 'ranking'):
        undefined[key] = {'status': 'not_applicable', 'reason': _ONE_CASE}
    chance = {
        key: {where: plain(value, f'{key}.{where}') for where, value in values.items()}
        for key, values in agreement.chance.items()
    }
    ged: dict[str, Any] = {'v': None, 'u': None}
    if agreement.distribution is not None:
        ged = agreement.distribution.to_dict()
    else:
        undefined['ged'] = {'status': 'not_applicable', 'reason': 'it needs a model'}
    result = {
        'schema': _SCHEMA,
        'raters': list(agreement.votes.names),
        'label': agreement.label if isinstance(agreement.label, int) else dict(agreement.label),
        'geometry': _geometry(agreement),
        'conventions': _conventions(agreement),
        'findings': [
            {'level': f.level, 'title': f.title, 'detail': f.detail, 'remedy': f.remedy}
            for f in agreement.admitted.findings
        ],
        'region': None if agreement.region is None else agreement.region.to_dict(),
        'volumes': _volumes(agreement),
        'pairwise': agreement.pairwise.to_dict(),
        'intra_rater': [
            {'rater': rater, 'reading': name, **{key: value.value for key, value in values.items()}}
            for rater, name, values in agreement.intra_rater
        ],
        **chance,
        'cohen_kappa': _cohen(agreement),
        'votes': vote_numbers(agreement),
        **_consensus(agreement),
        'ged': ged,
        'soft': soft_numbers(
            agreement.votes,
            agreement.model,
            agreement.probability,
            None if agreement.region is None else agreement.region.box,
        ),
        'ceiling': None if agreement.ceiling is None else agreement.ceiling.to_dict(),
        'williams': agreement.williams.to_dict(),
        'model': _model(agreement),
        'difficulty': {
            'case': agreement.difficulty.to_dict(),
            'slices': [item.to_dict() for item in hardest_first(agreement.slices)],
        },
        **agreement.disputes.to_dict(),
        'icc': None,
        'bland_altman': None,
        'bootstrap': None,
        'ranking': None,
    }
    if agreement.ceiling is None:
        undefined['ceiling'] = {'status': 'not_applicable', 'reason': 'it needs three or more raters'}
    result['undefined'] = undefined
    return result


def _geometry(agreement: Agreement) -> dict[str, Any]:
    votes, geometry = agreement.votes, agreement.geometry
    letters = None if geometry is None else geometry.letters
    return {
        'shape': list(votes.shape),
        'spacing_mm': None if votes.spacing is None else list(votes.spacing),
        'orientation': None if letters is None else ''.join(end for _, end in letters),
        'voxel_volume': votes.voxel_volume,
        'volume_unit': votes.volume_unit,
        'length_unit': votes.length_unit,
    }


def _conventions(agreement: Agreement) -> dict[str, Any]:
    margin = agreement.margin
    return {
        'tolerance_mm': agreement.settings.tolerance_mm,
        'usual_distance_of_raters': agreement.pairwise.usual_distance,
        'warnings': list(agreement.warnings),
        'region': 'none' if margin is None else f'box of the union of all raters, grown by {margin} voxels',
        'full': 'the whole array',
        'missing': 'where a rater did not look, the rater says nothing: it is not background',
        'pairwise': 'row is the reference; volume difference is column minus row',
        'majority': 'more than half of those who looked; half is a tie',
        'entropy': 'Shannon, in bits, of the share that is in: raters disagree, not that they were unsure',
        'ged': 'squared, on 1 - IoU; v: over all pairs; u: without a mask with itself',
        'hd95': 'larger of the two directed 95th percentiles, linear interpolation, voxel surfaces',
        'staple': 'depends on the background that takes part: see its margins',
    }


def _volumes(agreement: Agreement) -> dict[str, Any]:
    volumes = agreement.volumes
    return {
        'unit': agreement.votes.volume_unit,
        'raters': volumes,
        'without_mask': list(agreement.volumes_ml),
        'cv': variation(list(volumes.values())),
        'voxels': dict(zip(agreement.votes.names, agreement.votes.sizes, strict=True)),
    }


def _cohen(agreement: Agreement) -> dict[str, Any]:
    n = len(agreement.raters)
    found: dict[str, Any] = {where: [[None] * n for _ in range(n)] for where in ('full', 'region')}
    for i, j in combinations_with_replacement(range(n), 2):
        for where, value in agreement.cohen(i, j).items():
            if value is None:
                found[where] = None
            else:
                found[where][i][j] = found[where][j][i] = value.value
    return found


def vote_numbers(agreement: Agreement) -> dict[str, Any]:
    """Volumes by what the votes say of them, and how undecided they are where anybody is in."""
    votes, patterns = agreement.votes, agreement.full_patterns
    stands_alone, volume = alone(votes), votes.voxel_volume
    disputed = (patterns.inside > 0) & (patterns.inside < patterns.looked)
    anybody = (patterns.inside > 0) & (patterns.looked > 0)
    entropy = np.nan_to_num(entropy_bits(patterns.fraction)) @ patterns.counts
    union = patterns.voxels(anybody)
    return {
        'unit': votes.volume_unit,
        'disputed': patterns.voxels(disputed) * volume,
        'union': union * volume,
        'entropy_bits_mean_in_union': float(entropy) / union if union else None,
        'unseen_voxels': patterns.voxels(patterns.looked == 0),
        'by_votes': {
            str(k): patterns.voxels((patterns.inside == k) & (patterns.looked > 0))
            for k in range(1, len(votes.names) + 1)
        },
        'only_in': [count * volume for count in stands_alone['only_in']],
        'only_out': [count * volume for count in stands_alone['only_out']],
    }


def _consensus(agreement: Agreement) -> dict[str, Any]:
    chosen = 'full' if agreement.region is None else str(agreement.margin)
    best, patterns = agreement.staples[chosen], agreement.patterns
    voxels = {where: found.voxels(agreement.staple_patterns(where)) for where, found in agreement.staples.items()}
    majority = agreement.consensus('majority')
    return {
        'staple': {
            'voxels': best.voxels(patterns),
            'volume': best.voxels(patterns) * agreement.votes.voxel_volume,
            'sensitivity': [_finite(value) for value in best.sensitivity.tolist()],
            'specificity': [_finite(value) for value in best.specificity.tolist()],
            'prior': best.prior,
            'iterations': best.iterations,
            'converged': best.converged,
            'margin': agreement.margin,
            'margins': {where: count for where, count in voxels.items() if where != 'full'},
            'full_voxels': voxels['full'],
        },
        'majority_voxels': majority.voxels,
        'at_least_half_voxels': agreement.consensus('at_least_half').voxels,
        'tie_voxels': majority.tie_voxels,
        'union_voxels': agreement.consensus('union').voxels,
        'intersection_voxels': agreement.consensus('intersection').voxels,
        'weighted': {'voxels': agreement.consensus('weighted').voxels, 'weights': weights_of(patterns).tolist()},
        'simple': {
            'voxels': agreement.consensus('simple').voxels,
            'weights': agreement.simple.weights.tolist(),
            'kept': agreement.simple.kept.tolist(),
            'iterations': agreement.simple.iterations,
        },
    }


def _model(agreement: Agreement) -> dict[str, Any] | None:
    row, model = agreement.model_row, agreement.model
    if row is None or model is None:
        return None
    return {
        'pairwise': {key: [values[key].value for values in row] for key in row[0]},
        'volume': int(np.count_nonzero(model.mask)) * agreement.votes.voxel_volume,
        'verdict': None,
        'reason': 'one case gives no verdict: a rater exchangeable with these falls outside their range in a third to '
        'a half of all cases',
        'words': {key: agreement.ceiling.words(key) for key in agreement.ceiling.raters} if agreement.ceiling else None,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
