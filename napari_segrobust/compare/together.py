"""Numbers over all labels at once, from the table of classes."""

from __future__ import annotations

from math import sqrt
from operator import mul
from typing import TYPE_CHECKING, Any

from napari_segrobust.compare.value import MetricValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_segrobust.compare.counts import LabelCounts


def together(counts: LabelCounts, metrics: Mapping[int, Mapping[str, MetricValue]]) -> dict[str, Any]:
    """Compute the values that need every label.

    Parameters
    ----------
    counts : LabelCounts
    metrics : mapping of label to mapping of key to MetricValue
        ``dice`` and ``iou`` of each label, where they were computed.

    Returns
    -------
    dict
        `MetricValue` by key, and ``confusion_matrix`` as ``{"labels", "counts"}``: rows are the reference, columns the
        prediction, the first of each is background (with every label that was not asked for).

    Notes
    -----
    ``dice_mean`` averages the labels whose Dice is defined; its reason says how many are not. ``generalised_dice``
    weighs each label by 1 / (reference volume)^2 (Crum 2006, doi:10.1109/TMI.2006.880587); a label absent from the
    reference weighs as much as the smallest one, as in MONAI. ``cohen_kappa`` (Cohen 1960) and ``mcc`` (Gorodkin 2004,
    doi:10.1016/j.compbiolchem.2004.09.006) include the background, so they grow with the field of view.
    """
    # Whole numbers of Python: the squares of the voxels of a volume do not fit 64 bits.
    table: list[list[int]] = counts.table.tolist()
    right = [row[i] for i, row in enumerate(table)]
    reference, prediction = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    overlap, sizes = sum(right[1:]), sum(reference[1:]) + sum(prediction[1:])
    smallest = min(filter(None, reference[1:]), default=1)
    weights = [float(size or smallest) ** -2.0 for size in reference[1:]]
    return {
        'dice_mean': _mean('dice', metrics),
        'dice_pooled': _ratio(2 * overlap, sizes),
        'iou_mean': _mean('iou', metrics),
        'iou_pooled': _ratio(overlap, sizes - overlap),
        'generalised_dice': _ratio(
            2 * _dot(weights, right[1:]), _dot(weights, reference[1:]) + _dot(weights, prediction[1:])
        ),
        'cohen_kappa': _kappa(sum(right), reference, prediction),
        'mcc': _mcc(sum(right), reference, prediction),
        'confusion_matrix': {'labels': [0, *counts.labels], 'counts': table},
    }


def _dot(one: Iterable[float], other: Iterable[float]) -> Any:
    """Sum of products; exact for whole numbers of any size."""
    return sum(map(mul, one, other))


def _ratio(numerator: float, denominator: float, reason: str = 'no label is present in either mask') -> MetricValue:
    if denominator == 0:
        return MetricValue(None, None, 'both_empty', reason)
    return MetricValue(float(numerator / denominator))


def _mean(key: str, metrics: Mapping[int, Mapping[str, MetricValue]]) -> MetricValue:
    found = [values[key].value for values in metrics.values() if key in values]
    defined = [float(value) for value in found if isinstance(value, int | float)]
    if not defined:
        return MetricValue(None, None, 'both_empty', 'no label is present in either mask')
    missing = len(found) - len(defined)
    reason = f'{missing} of {len(found)} labels are empty in both masks and left out' if missing else None
    return MetricValue(sum(defined) / len(defined), None, 'ok', reason)


def _kappa(right: int, reference: list[int], prediction: list[int]) -> MetricValue:
    total, chance = sum(reference), _dot(reference, prediction)
    if total == 0 or chance == total * total:
        return MetricValue(None, None, 'zero_denominator', 'both masks hold one and the same class everywhere')
    return MetricValue((right * total - chance) / (total * total - chance))


def _mcc(right: int, reference: list[int], prediction: list[int]) -> MetricValue:
    total = sum(reference)
    spread = (total * total - _dot(reference, reference)) * (total * total - _dot(prediction, prediction))
    if not spread:
        return MetricValue(None, None, 'zero_denominator', 'one of the masks holds one class everywhere')
    return MetricValue((right * total - _dot(reference, prediction)) / sqrt(spread))
