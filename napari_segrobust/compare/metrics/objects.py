"""Objects instead of voxels: panoptic quality, and lesions found, missed, merged and split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.lesions import lesions, matches
from napari_segrobust.compare.spec import COMPUTED, MetricSpec
from napari_segrobust.compare.value import MetricValue

if TYPE_CHECKING:
    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import MetricSettings


def _segmentation_quality(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    found = matches(pair, settings.connectivity)
    return pair.ratio(float(found.iou.sum()), len(found), 'no object was found with an IoU above 0.5')


def _recognition_quality(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    found = matches(pair, settings.connectivity)
    return pair.ratio(len(found), len(found) + (found.missed + found.spurious) / 2)


def _panoptic_quality(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    found = matches(pair, settings.connectivity)
    return pair.ratio(float(found.iou.sum()), len(found) + (found.missed + found.spurious) / 2)


_NO_LESION = 'no lesion is large enough'


def _recall(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    found = lesions(pair, settings)
    return pair.ratio(found.found, found.reference, _NO_LESION)


def _precision(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    found = lesions(pair, settings)
    return pair.ratio(found.right, found.prediction, _NO_LESION)


def _f1(pair: MaskPair, settings: MetricSettings) -> MetricValue:
    found = lesions(pair, settings)
    if not (found.reference and found.prediction):
        return pair.ratio(0, found.reference + found.prediction, _NO_LESION)
    recall, precision = found.found / found.reference, found.right / found.prediction
    return pair.number(2 * recall * precision / (recall + precision) if recall + precision else 0.0)


_KIRILLOV = 'Kirillov 2019, doi:10.1109/CVPR.2019.00963'
_LESIONS = 'Maier-Hein & Reinke 2024 (Metrics Reloaded), doi:10.1038/s41592-023-02151-z'
_MATCHED = ' Two objects are the same when their IoU is above 0.5.'
_COUNTED = ' A lesion is a connected object; which overlap suffices, and which size counts, are settings.'
_OBJECTS = '{s.connectivity} connectivity'
_RULE = '{s.connectivity} connectivity, overlap above {s.lesion_overlap:g}, from {s.lesion_minimum_ml:g} {volume}'

METRICS = (
    MetricSpec(
        key='panoptic_quality',
        title='Panoptic quality',
        short='PQ',
        family='objects',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='sum of IoU of matched objects / (objects_tp + objects_fp / 2 + objects_fn / 2)',
        summary='How well objects are found and outlined: recognition quality times segmentation quality.' + _MATCHED,
        blind_spot='Objects found with an IoU of 0.5 or less count as missed and as extra, however small the error.',
        source=_KIRILLOV,
        compute=_panoptic_quality,
        convention=_OBJECTS,
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='segmentation_quality',
        title='Segmentation quality',
        short='SQ',
        family='objects',
        unit=None,
        better='higher',
        range=(0.5, 1),
        formula='sum of IoU of matched objects / objects_tp',
        summary='Mean IoU of the objects that were found.' + _MATCHED,
        blind_spot='Every missed and every extra object.',
        source=_KIRILLOV,
        compute=_segmentation_quality,
        convention=_OBJECTS,
    ),
    MetricSpec(
        key='recognition_quality',
        title='Recognition quality',
        short='RQ',
        family='objects',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='objects_tp / (objects_tp + objects_fp / 2 + objects_fn / 2)',
        summary='F1 of objects: how many were found, and how few are extra.' + _MATCHED,
        blind_spot='How well the found ones are outlined.',
        source=_KIRILLOV,
        compute=_recognition_quality,
        convention=_OBJECTS,
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='objects_tp',
        title='Objects found',
        family='objects',
        unit=None,
        better=None,
        range=(0, None),
        formula='objects of R with an object of P at IoU > 0.5',
        summary='Objects that both masks have.' + _MATCHED,
        blind_spot='Everything that was missed or is extra.',
        source=_KIRILLOV,
        compute=lambda pair, settings: MetricValue(len(matches(pair, settings.connectivity))),
        convention=_OBJECTS,
        states=(0, 0, 0),
    ),
    MetricSpec(
        key='objects_fp',
        title='Objects extra',
        family='objects',
        unit=None,
        better='lower',
        range=(0, None),
        formula='objects of P without an object of R at IoU > 0.5',
        summary='Objects of the prediction that the reference does not have.' + _MATCHED,
        blind_spot='Their size, and whether they touch an object of the reference.',
        source=_KIRILLOV,
        compute=lambda pair, settings: MetricValue(matches(pair, settings.connectivity).spurious),
        convention=_OBJECTS,
        states=(0, COMPUTED, 0),
    ),
    MetricSpec(
        key='objects_fn',
        title='Objects missed',
        family='objects',
        unit=None,
        better='lower',
        range=(0, None),
        formula='objects of R without an object of P at IoU > 0.5',
        summary='Objects of the reference that the prediction does not have.' + _MATCHED,
        blind_spot='Their size, and whether a part of them was found.',
        source=_KIRILLOV,
        compute=lambda pair, settings: MetricValue(matches(pair, settings.connectivity).missed),
        convention=_OBJECTS,
        states=(0, 0, COMPUTED),
    ),
    MetricSpec(
        key='lesion_recall',
        title='Lesion recall',
        family='objects',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='lesions of R covered by lesions of P / lesions of R',
        summary='Share of the lesions that were found.' + _COUNTED,
        blind_spot='How well they are outlined, and every extra lesion.',
        source=_LESIONS,
        compute=_recall,
        convention=_RULE,
        states=(None, None, 0),
    ),
    MetricSpec(
        key='lesion_precision',
        title='Lesion precision',
        family='objects',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='lesions of P covered by lesions of R / lesions of P',
        summary='Share of the predicted lesions that are real.' + _COUNTED,
        blind_spot='Every missed lesion.',
        source=_LESIONS,
        compute=_precision,
        convention=_RULE,
        states=(None, 0, None),
    ),
    MetricSpec(
        key='lesion_f1',
        title='Lesion F1',
        family='objects',
        unit=None,
        better='higher',
        range=(0, 1),
        formula='2 x lesion_recall x lesion_precision / (lesion_recall + lesion_precision)',
        summary='Harmonic mean of lesion recall and lesion precision.' + _COUNTED,
        blind_spot='How well the lesions are outlined; several lesions found as one.',
        source=_LESIONS,
        compute=_f1,
        convention=_RULE,
        states=(None, 0, 0),
    ),
    MetricSpec(
        key='lesions_merged',
        title='Lesions merged',
        family='objects',
        unit=None,
        better='lower',
        range=(0, None),
        formula='lesions of P that touch more than one lesion of R',
        summary='Predicted lesions that run several real ones together.' + _COUNTED,
        blind_spot='How many they run together.',
        source=_LESIONS,
        compute=lambda pair, settings: MetricValue(lesions(pair, settings).merged),
        convention=_RULE,
        states=(0, 0, 0),
    ),
    MetricSpec(
        key='lesions_split',
        title='Lesions split',
        family='objects',
        unit=None,
        better='lower',
        range=(0, None),
        formula='lesions of R that touch more than one lesion of P',
        summary='Real lesions that the prediction broke into several.' + _COUNTED,
        blind_spot='Into how many.',
        source=_LESIONS,
        compute=lambda pair, settings: MetricValue(lesions(pair, settings).split),
        convention=_RULE,
        states=(0, 0, 0),
    ),
)
