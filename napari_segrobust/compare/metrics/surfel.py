"""Distances between surfaces, surface-element convention: pieces of surface weighted by their area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.metrics.boundary import within
from napari_segrobust.compare.spec import MetricSpec
from napari_segrobust.compare.surfels import surfel_distances

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
        return pair.length(function(*surfel_distances(pair)))

    return compute


def _nsd(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    if pair.status != 'ok':
        return pair.ratio(0, pair.reference_size + pair.prediction_size)
    there, back = surfel_distances(pair)
    limit = within(settings.tolerance_mm)
    return pair.ratio(there.within(limit) + back.within(limit), there.total + back.total)


_ELEMENTS = ' Surfaces run half-way between voxels inside and outside; their pieces weigh as much as they are large.'
_SOURCE = 'Nikolov 2021, doi:10.2196/26151; surface-distance'
_CONVENTION = 'surface elements'

METRICS = (
    MetricSpec(
        key='hd_surfel',
        title='Hausdorff distance, surface elements',
        short='HD (surfels)',
        family='surface elements',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='max(max d(R elements -> P elements), max d(P elements -> R elements))',
        summary='The farthest that any piece of one surface is from the other surface.' + _ELEMENTS,
        blind_spot='Everything but the single worst place; one stray voxel decides it.',
        source=_SOURCE,
        compute=_of(lambda there, back: max(there.max(), back.max())),
        convention=_CONVENTION,
    ),
    MetricSpec(
        key='hd95_surfel',
        title='HD95, surface elements',
        short='HD95 (surfels)',
        family='surface elements',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='max(D95(R -> P), D95(P -> R)), D95: smallest distance within which 95 % of the area lies',
        summary='The Hausdorff distance without the worst 5 % of the area of each surface.' + _ELEMENTS,
        blind_spot='Up to 5 % of each surface, however far. It jumps from one distance to the next: no interpolation.',
        source=_SOURCE,
        compute=_of(lambda there, back: max(there.reached(95), back.reached(95))),
        convention=_CONVENTION,
    ),
    MetricSpec(
        key='nsd_surfel',
        title='NSD (surface Dice), surface elements',
        short='NSD (surfels)',
        family='surface elements',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(area of R within t of P + area of P within t of R) / (area of R + area of P)',
        summary='Share of the area of both surfaces that agrees within the tolerance t: surface Dice as it was first '
        'defined.' + _ELEMENTS,
        blind_spot='How far the rest is off, and everything below the tolerance.',
        source=_SOURCE,
        compute=_nsd,
        convention='surface elements, at {s.tolerance_mm:g} {length}',
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='asd_reference_to_prediction_surfel',
        title='Mean distance, reference to prediction, surface elements',
        short='Mean R to P (surfels)',
        family='surface elements',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='sum of area x d(R -> P) / area of R',
        summary='How far the reference surface is from the predicted one on average.' + _ELEMENTS,
        blind_spot='Extra objects of the prediction.',
        source=_SOURCE,
        compute=_of(lambda there, _: there.mean()),
        convention=_CONVENTION,
    ),
    MetricSpec(
        key='asd_prediction_to_reference_surfel',
        title='Mean distance, prediction to reference, surface elements',
        short='Mean P to R (surfels)',
        family='surface elements',
        unit='mm',
        better='lower',
        range=(0, None),
        formula='sum of area x d(P -> R) / area of P',
        summary='How far the predicted surface is from the reference surface on average.' + _ELEMENTS,
        blind_spot='Missed objects of the reference.',
        source=_SOURCE,
        compute=_of(lambda _, back: back.mean()),
        convention=_CONVENTION,
    ),
)
