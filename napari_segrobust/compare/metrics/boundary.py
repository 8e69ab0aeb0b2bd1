"""Agreement of the borders of two masks, voxel convention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.spec import MetricSpec

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue


def _nsd(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    # A distance that equals the tolerance counts as near, whatever the last bit of its square root.
    limit = settings.tolerance_mm + 1e-9 * max(1.0, settings.tolerance_mm)
    if pair.status != 'ok':
        return pair.ratio(0, pair.reference_size + pair.prediction_size)
    borders = pair.to_prediction + pair.to_reference
    return pair.ratio(borders.within(limit), len(borders))


METRICS = (
    MetricSpec(
        key='nsd',
        title='NSD (surface Dice)',
        short='NSD',
        family='boundary',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(|R border within t of P border| + |P border within t of R border|) / (|R border| + |P border|)',
        summary='Share of both borders that agree within the tolerance t. Set t to how far raters differ.',
        blind_spot='How far the rest is off, and everything below the tolerance. Where t is below the voxel size, '
        'one voxel of shift counts as an error.',
        source='Nikolov 2021, doi:10.2196/26151; voxel borders as in Metrics Reloaded, doi:10.1038/s41592-023-02151-z',
        compute=_nsd,
        convention='voxel surfaces, at {s.tolerance_mm:g} {length}',
        states=(None, 0, 0),
    ),
)
