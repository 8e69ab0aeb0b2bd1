"""Volumes, and their differences: prediction minus reference. Areas for 2D images."""

from __future__ import annotations

from napari_segrobust.compare.spec import MetricSpec

_OVERLAP = 'Where the masks are: two disjoint masks of one size agree perfectly.'
_AREA = ' In ml; a 2D image has an area in mm^2. Without spacing, voxels or px^2.'

METRICS = (
    MetricSpec(
        key='reference_volume_ml',
        title='Reference volume',
        family='volume',
        unit='ml',
        better=None,
        range=(0, None),
        formula='(tp + fn) x voxel volume',
        summary='Size of the reference mask.' + _AREA,
        blind_spot='The prediction.',
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=lambda pair, _: pair.volume(pair.reference_size),
    ),
    MetricSpec(
        key='prediction_volume_ml',
        title='Prediction volume',
        family='volume',
        unit='ml',
        better=None,
        range=(0, None),
        formula='(tp + fp) x voxel volume',
        summary='Size of the predicted mask.' + _AREA,
        blind_spot='The reference.',
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=lambda pair, _: pair.volume(pair.prediction_size),
    ),
    MetricSpec(
        key='volume_difference_ml',
        title='Volume difference',
        short='Volume diff.',
        family='volume',
        unit='ml',
        better='zero',
        range=(None, None),
        formula='(fp - fn) x voxel volume',
        summary='Prediction minus reference: positive where the prediction is too large.' + _AREA,
        blind_spot=_OVERLAP,
        source='Ostmeier 2023, doi:10.1016/j.media.2023.102927',
        compute=lambda pair, _: pair.volume(pair.fp - pair.fn),
    ),
    MetricSpec(
        key='relative_volume_difference',
        title='Relative volume difference',
        short='Relative diff.',
        family='volume',
        unit=None,
        better='zero',
        range=(-1, None),
        formula='(fp - fn) / (tp + fn)',
        summary='Volume difference relative to the reference; 0.1 is 10 % too large.',
        blind_spot=_OVERLAP,
        source='Heimann 2009, doi:10.1109/TMI.2009.2013851',
        compute=lambda pair, _: pair.ratio(pair.fp - pair.fn, pair.reference_size),
    ),
)
