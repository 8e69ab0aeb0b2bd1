"""Volumes, and their differences: prediction minus reference. Areas for 2D images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.spec import COMPUTED, MetricSpec

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue

_OVERLAP = 'Where the masks are: two disjoint masks of one size agree perfectly.'
_AREA = ' In ml; a 2D image has an area in mm^2. Without spacing, voxels or px^2.'


def soft_size(pair: MaskPair) -> float:
    """Sum of the probabilities over the domain, in voxels."""
    assert pair.probability is not None
    inside = True if pair.valid is None else pair.valid
    return float(pair.probability.sum(dtype=np.float64, where=inside))


def _volumetric_similarity(pair: MaskPair, _: MetricSettings) -> MetricValue:
    sizes = 2 * pair.tp + pair.fp + pair.fn
    return pair.ratio(sizes - abs(pair.fp - pair.fn), sizes)


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
        states=(0, 0, COMPUTED),
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
        states=(0, COMPUTED, 0),
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
        states=(0, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='absolute_volume_difference_ml',
        title='Absolute volume difference',
        short='Volume diff., absolute',
        family='volume',
        unit='ml',
        better='lower',
        range=(0, None),
        formula='|fp - fn| x voxel volume',
        summary='Size of the volume difference, without its sign.' + _AREA,
        blind_spot=_OVERLAP,
        source='Ostmeier 2023, doi:10.1016/j.media.2023.102927',
        compute=lambda pair, _: pair.volume(abs(pair.fp - pair.fn)),
        states=(0, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='volumetric_similarity',
        title='Volumetric similarity',
        family='volume',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='1 - |fp - fn| / (2 tp + fp + fn)',
        summary='Agreement of the two sizes, relative to their mean.',
        blind_spot=_OVERLAP,
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=_volumetric_similarity,
        states=(None, 0, 0),
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
        states=(None, None, -1),
    ),
    MetricSpec(
        key='soft_volume_ml',
        title='Soft volume',
        family='volume',
        unit='ml',
        better=None,
        range=(0, None),
        formula='sum of p x voxel volume',
        summary='Expected volume: the sum of the predicted probabilities.' + _AREA,
        blind_spot='The reference; small probabilities of many background voxels add up.',
        source='Popordanoska 2021, doi:10.1007/978-3-030-87193-2_64',
        compute=lambda pair, _: pair.volume(soft_size(pair)),
        needs=('probability',),
        domain_dependent=True,
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='volume_bias_ml',
        title='Volume bias',
        family='volume',
        unit='ml',
        better='zero',
        range=(None, None),
        formula='(sum of p - (tp + fn)) x voxel volume',
        summary='Soft volume minus reference volume: positive where the probabilities promise too much.' + _AREA,
        blind_spot=_OVERLAP,
        source='Bertels 2019, doi:10.1007/978-3-030-46640-4_9',
        compute=lambda pair, _: pair.volume(soft_size(pair) - pair.reference_size),
        needs=('probability',),
        domain_dependent=True,
        states=(COMPUTED, COMPUTED, COMPUTED),
    ),
)
