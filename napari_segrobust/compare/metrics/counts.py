"""Voxel counts of the two-by-two table."""

from __future__ import annotations

from napari_segrobust.compare.spec import COMPUTED, MetricSpec
from napari_segrobust.compare.value import MetricValue

_SOURCE = 'Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x'
_SPACE = 'Where the voxels are, and how large one is.'

METRICS = (
    MetricSpec(
        key='tp',
        title='True positives',
        family='counts',
        unit='voxels',
        better=None,
        range=(0, None),
        formula='|R and P|',
        summary='Voxels that both masks call this label.',
        blind_spot=_SPACE,
        source=_SOURCE,
        compute=lambda pair, _: MetricValue(pair.tp, 'voxels'),
        states=(0, 0, 0),
    ),
    MetricSpec(
        key='fp',
        title='False positives',
        family='counts',
        unit='voxels',
        better='lower',
        range=(0, None),
        formula='|P without R|',
        summary='Extra voxels: only the prediction calls them this label.',
        blind_spot=_SPACE,
        source=_SOURCE,
        compute=lambda pair, _: MetricValue(pair.fp, 'voxels'),
        states=(0, COMPUTED, 0),
    ),
    MetricSpec(
        key='fn',
        title='False negatives',
        family='counts',
        unit='voxels',
        better='lower',
        range=(0, None),
        formula='|R without P|',
        summary='Missed voxels: only the reference calls them this label.',
        blind_spot=_SPACE,
        source=_SOURCE,
        compute=lambda pair, _: MetricValue(pair.fn, 'voxels'),
        states=(0, 0, COMPUTED),
    ),
    MetricSpec(
        key='tn',
        title='True negatives',
        family='counts',
        unit='voxels',
        better=None,
        range=(0, None),
        formula='|neither R nor P|',
        summary='Voxels that neither mask calls this label.',
        blind_spot='Anything: it grows with the field of view.',
        source=_SOURCE,
        compute=lambda pair, _: MetricValue(pair.tn, 'voxels'),
        domain_dependent=True,
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
)
