"""Overlap of two masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.spec import COMPUTED, MetricSpec

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue

_TAHA = 'Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x'


def _f_beta(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    weight = settings.beta**2
    found = (1 + weight) * pair.tp
    return pair.ratio(found, found + weight * pair.fn + pair.fp)


def _tversky(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    extra, missed = settings.error_weights
    return pair.ratio(pair.tp, pair.tp + extra * pair.fp + missed * pair.fn)


def _weighted_hamming(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    extra, missed = settings.error_weights
    background, structure = extra * (pair.fp + pair.tn), missed * (pair.tp + pair.fn)
    return pair.ratio(extra * pair.fp + missed * pair.fn, background + structure)


def _global_consistency_error(pair: MaskPair, _: MetricSettings) -> MetricValue:
    tp, fp, fn, tn = pair.tp, pair.fp, pair.fn, pair.tn
    of_reference = _refinement(tp, fn) + _refinement(tn, fp)
    of_prediction = _refinement(tp, fp) + _refinement(tn, fn)
    return pair.ratio(min(of_reference, of_prediction), pair.total)


def _refinement(shared: int, alone: int) -> float:
    """Sum of the local errors in a segment of which `shared` voxels lie in the other's segment of the same name."""
    return alone * (alone + 2 * shared) / (shared + alone) if alone else 0.0


METRICS = (
    MetricSpec(
        key='dice',
        title='Dice',
        family='overlap',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='2 tp / (2 tp + fp + fn)',
        summary='Overlap of the two masks, relative to their mean size.',
        blind_spot='Shape and distance of the errors. A voxel layer costs a small structure far more than a large one.',
        source='Dice 1945, doi:10.2307/1932409',
        compute=lambda pair, _: pair.ratio(2 * pair.tp, 2 * pair.tp + pair.fp + pair.fn),
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='iou',
        title='IoU (Jaccard)',
        short='IoU',
        family='overlap',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='tp / (tp + fp + fn)',
        summary='Overlap of the two masks, relative to their union. Ranks single cases exactly as Dice does.',
        blind_spot='As Dice: shape and distance of the errors, and structure size.',
        source='Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x',
        compute=lambda pair, _: pair.ratio(pair.tp, pair.tp + pair.fp + pair.fn),
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='precision',
        title='Precision',
        family='overlap',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='tp / (tp + fp)',
        summary='Share of the predicted voxels that are right. Also called positive predictive value; '
        'in ISO 5725 precision means random error.',
        blind_spot='Everything that was missed.',
        source=_TAHA,
        compute=lambda pair, _: pair.ratio(pair.tp, pair.tp + pair.fp),
        states=(None, 0, None),
    ),
    MetricSpec(
        key='recall',
        title='Recall',
        family='overlap',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='tp / (tp + fn)',
        summary='Share of the reference that was found. Also called sensitivity or true positive rate.',
        blind_spot='Everything that is extra.',
        source=_TAHA,
        compute=lambda pair, _: pair.ratio(pair.tp, pair.tp + pair.fn),
        states=(None, None, 0),
    ),
    MetricSpec(
        key='specificity',
        title='Specificity',
        family='overlap',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='tn / (tn + fp)',
        summary='Share of the background that was left alone. Also called true negative rate.',
        blind_spot='Anything, in a large field of view: background that is far from the structure drowns every error.',
        source=_TAHA,
        compute=lambda pair, _: pair.ratio(pair.tn, pair.tn + pair.fp),
        domain_dependent=True,
        states=(1, COMPUTED, 1),
    ),
    MetricSpec(
        key='false_positive_rate',
        title='False positive rate',
        family='overlap',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='fp / (fp + tn)',
        summary='Share of the background that was called structure: 1 - specificity. Also called fallout.',
        blind_spot='As specificity: background that is far from the structure drowns every error.',
        source=_TAHA,
        compute=lambda pair, _: pair.ratio(pair.fp, pair.fp + pair.tn),
        short='FPR',
        domain_dependent=True,
        states=(0, COMPUTED, 0),
    ),
    MetricSpec(
        key='false_negative_rate',
        title='False negative rate',
        family='overlap',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='fn / (tp + fn)',
        summary='Share of the reference that was missed: 1 - recall.',
        blind_spot='Everything that is extra.',
        source=_TAHA,
        compute=lambda pair, _: pair.ratio(pair.fn, pair.tp + pair.fn),
        short='FNR',
        states=(None, None, 1),
    ),
    MetricSpec(
        key='f_beta',
        title='F-beta',
        family='overlap',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='(1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp)',
        summary='Dice in which missed voxels weigh b^2 times as much as extra ones; with b = 1 it is Dice.',
        blind_spot='As Dice: shape and distance of the errors, and structure size.',
        source='Chinchor 1992, MUC-4 evaluation metrics, doi:10.3115/1072064.1072067',
        compute=_f_beta,
        convention='beta {s.beta:g}',
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='tversky_index',
        title='Tversky index',
        family='overlap',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='tp / (tp + a fp + b fn)',
        summary='Overlap with a price of its own for an extra voxel (a) and a missed one (b). '
        'With a = b = 0.5 it is Dice, with a = b = 1 IoU.',
        blind_spot='As Dice: shape and distance of the errors, and structure size.',
        source='Tversky 1977, doi:10.1037/0033-295X.84.4.327; weights after Salehi 2017, '
        'doi:10.1007/978-3-319-67389-9_44',
        compute=_tversky,
        convention='extra {s.error_weights[0]:g}, missed {s.error_weights[1]:g}',
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='weighted_hamming',
        title='Weighted Hamming distance',
        short='Hamming, weighted',
        family='overlap',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='(a fp + b fn) / (a (fp + tn) + b (tp + fn))',
        summary='Share of voxels that differ, with a price of its own for an extra voxel (a) and a missed one (b). '
        'With a = b it is 1 - accuracy.',
        blind_spot='As accuracy: background that is far from the structure drowns every error.',
        source='Hamming 1950, doi:10.1002/j.1538-7305.1950.tb00463.x',
        compute=_weighted_hamming,
        convention='extra {s.error_weights[0]:g}, missed {s.error_weights[1]:g}',
        domain_dependent=True,
        states=(0, COMPUTED, COMPUTED),
    ),
    MetricSpec(
        key='global_consistency_error',
        title='Global consistency error',
        short='GCE',
        family='overlap',
        unit=None,
        better='lower',
        range=(0, 1),
        formula='min(e(fn, tp) + e(fp, tn), e(fp, tp) + e(fn, tn)) / n, e(a, b) = a (a + 2 b) / (a + b)',
        summary='How far either segmentation is from being a refinement of the other; segments are the structure and '
        'its background. In the closed form of Taha & Hanbury a voxel outside the other structure errs in full.',
        blind_spot='Where the errors are; and background that is far from the structure drowns them.',
        source='Martin 2001, doi:10.1109/ICCV.2001.937655; closed form ' + _TAHA,
        compute=_global_consistency_error,
        domain_dependent=True,
        states=(0, COMPUTED, COMPUTED),
    ),
)
