"""Overlap of two masks."""

from __future__ import annotations

from napari_segrobust.compare.spec import MetricSpec

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
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
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
        source='Taha & Hanbury 2015, doi:10.1186/s12880-015-0068-x',
        compute=lambda pair, _: pair.ratio(pair.tp, pair.tp + pair.fn),
        states=(None, None, 0),
    ),
)
