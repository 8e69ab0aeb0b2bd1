"""Distances between the borders of two masks, voxel convention: inner-border voxels, exact, in mm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.moments import moments
from napari_segrobust.compare.spec import MetricSpec
from napari_segrobust.compare.surfaces import mask_distances

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.compare.distances import Distances
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue


def _of(function: Callable[[Distances, Distances], float]) -> Callable[[MaskPair, MetricSettings], MetricValue]:
    """Make a metric of a function of both directed distances (reference to prediction, prediction to reference)."""

    def compute(pair: MaskPair, _: MetricSettings) -> MetricValue:
        if pair.status != 'ok':
            return pair.no_length()
        return pair.length(function(pair.to_prediction, pair.to_reference))

    return compute


def _of_voxels(
    function: Callable[[Distances, Distances], float],
) -> Callable[[MaskPair, MetricSettings], MetricValue]:
    """Make a metric of the directed distances of all voxels of a mask to the other mask."""

    def compute(pair: MaskPair, _: MetricSettings) -> MetricValue:
        if pair.status != 'ok':
            return pair.no_length()
        found = pair.shared('mask distances', lambda: mask_distances(pair.reference, pair.prediction, pair.steps))
        return pair.length(function(*found))

    return compute


def _centre_distance(pair: MaskPair, _: MetricSettings) -> MetricValue:
    if pair.status != 'ok':
        return pair.no_length()
    step = moments(pair.reference).step_to(moments(pair.prediction))
    return pair.length(float(np.linalg.norm(step * pair.steps)))


def _mahalanobis(pair: MaskPair, _: MetricSettings) -> MetricValue:
    if pair.status != 'ok':
        return pair.undefined('')
    first, second = moments(pair.reference), moments(pair.prediction)
    if min(first.size, second.size) < 2:
        return pair.undefined('a single voxel has no spread', status='zero_denominator')
    axes = list(pair.reference.axes)
    spread = (first.size * first.covariance + second.size * second.covariance) / (first.size + second.size)
    spread = spread[np.ix_(axes, axes)]
    if np.linalg.matrix_rank(spread) < len(axes):
        return pair.undefined('both masks lie in one line or plane', status='zero_denominator')
    step = first.step_to(second)[axes]
    return pair.number(float(np.sqrt(step @ np.linalg.solve(spread, step))))


_MEAN_BLIND = 'Single far errors: a mean hides them. Direction and class of the errors.'
_VOXELS = ' Borders are the voxels of a mask that touch its outside.'

METRICS = (
    MetricSpec(
        key='hd',
        title='Hausdorff distance',
        short='HD',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='max(max d(R border -> P border), max d(P border -> R border))',
        summary='The farthest that any border voxel is from the other border.' + _VOXELS,
        blind_spot='Everything but the single worst voxel; one stray voxel decides it.',
        source='Huttenlocher 1993, doi:10.1109/34.232073',
        compute=_of(lambda there, back: max(there.max(), back.max())),
        convention='voxel surfaces',
    ),
    MetricSpec(
        key='hd95',
        title='HD95',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='max(P95 d(R -> P), P95 d(P -> R)), linear interpolation',
        summary='The Hausdorff distance without the worst 5 % of each border.' + _VOXELS,
        blind_spot='Up to 5 % of each border, however far. Other tools pool both directions: see hd95_pooled.',
        source='Maier-Hein & Reinke 2024 (Metrics Reloaded), doi:10.1038/s41592-023-02151-z',
        compute=_of(lambda there, back: max(there.percentile(95), back.percentile(95))),
        convention='voxel surfaces',
    ),
    MetricSpec(
        key='hd95_pooled',
        title='HD95, pooled',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='P95 of d(R -> P) and d(P -> R) together, linear interpolation',
        summary='HD95 as MedPy and challenges built on it compute it: one percentile of both directions together.',
        blind_spot='The shorter border: the longer one has more voxels and outvotes it.',
        source='MedPy 0.5.2, metric.binary.hd95',
        compute=_of(lambda there, back: (there + back).percentile(95)),
        convention='voxel surfaces',
    ),
    MetricSpec(
        key='assd',
        title='ASSD',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='(sum d(R -> P) + sum d(P -> R)) / (|R border| + |P border|)',
        summary='Mean distance over the voxels of both borders.' + _VOXELS,
        blind_spot=_MEAN_BLIND,
        source='Heimann 2009, doi:10.1109/TMI.2009.2013851',
        compute=_of(lambda there, back: (there.sum + back.sum) / (there.total + back.total)),
        convention='voxel surfaces',
    ),
    MetricSpec(
        key='masd',
        title='MASD',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='(mean d(R -> P) + mean d(P -> R)) / 2',
        summary='Mean of the two directed mean distances; some tools and texts call this one ASSD.',
        blind_spot=_MEAN_BLIND,
        source='Benes & Zitova 2015, doi:10.1111/jmi.12186',
        compute=_of(lambda there, back: (there.mean() + back.mean()) / 2),
        convention='voxel surfaces',
    ),
    MetricSpec(
        key='asd_reference_to_prediction',
        title='Mean distance, reference to prediction',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='mean d(R -> P)',
        summary='How far the reference border is from the predicted one on average; large where parts were missed.',
        blind_spot='Extra objects of the prediction.',
        source='Heimann 2009, doi:10.1109/TMI.2009.2013851',
        compute=_of(lambda there, back: there.mean()),
        convention='voxel surfaces',
    ),
    MetricSpec(
        key='asd_prediction_to_reference',
        title='Mean distance, prediction to reference',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='mean d(P -> R)',
        summary='How far the predicted border is from the reference border on average; large where parts are extra.',
        blind_spot='Missed objects of the reference.',
        source='Heimann 2009, doi:10.1109/TMI.2009.2013851',
        compute=_of(lambda there, back: back.mean()),
        convention='voxel surfaces',
    ),
    MetricSpec(
        key='hd_all_voxels',
        title='Hausdorff distance, all voxels',
        short='HD, all voxels',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='max(max over R of d(voxel, P), max over P of d(voxel, R))',
        summary='The farthest that any voxel of one mask is from the other mask. A voxel inside the other mask is at '
        'distance 0: the border of a hole is no error by itself. Some texts mean this by Hausdorff distance.',
        blind_spot='Everything but the single worst voxel.',
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=_of_voxels(lambda there, back: max(there.max(), back.max())),
        convention='all voxels',
    ),
    MetricSpec(
        key='average_hausdorff',
        title='Average Hausdorff distance',
        short='Average HD',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='(mean over R of d(voxel, P) + mean over P of d(voxel, R)) / 2',
        summary='Mean distance of all voxels of each mask to the other; correct voxels count with 0.',
        blind_spot='Small structures far off beside a large one that is right: its many zeros hide them.',
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=_of_voxels(lambda there, back: (there.mean() + back.mean()) / 2),
        convention='all voxels',
    ),
    MetricSpec(
        key='mahalanobis',
        title='Mahalanobis distance of the centres',
        short='Mahalanobis',
        family='distance',
        unit=None,
        better='lower',
        range=(0, None),
        formula='sqrt(c^T S^-1 c), c = centre P - centre R, S = (|R| cov R + |P| cov P) / (|R| + |P|), cov by 1/(n-1)',
        summary='Distance of the two centres in units of how far the masks themselves are spread in that direction.',
        blind_spot='Shape and size: masks with one centre are at distance 0. Undefined for lines and planes.',
        source='Mahalanobis 1936; Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=_mahalanobis,
    ),
    MetricSpec(
        key='centre_distance',
        title='Distance of the centres of mass',
        short='Centre distance',
        family='distance',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='|centre of mass of P - centre of mass of R|',
        summary='How far the prediction lies beside the reference as a whole.',
        blind_spot='Shape and size: any mask around the same centre is perfect.',
        source='Maier-Hein & Reinke 2024 (Metrics Reloaded), doi:10.1038/s41592-023-02151-z',
        compute=_centre_distance,
    ),
)
