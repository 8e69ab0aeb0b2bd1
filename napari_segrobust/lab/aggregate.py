"""One number of many cases, in the four ways that people use; each says what became of undefined cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_segrobust.compare import MetricValue, compare, metric_specs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.compare import Comparison, MetricSpec

Policy = Literal['mean', 'pooled', 'dropped', 'worst']
#: Each way in words.
POLICIES: Mapping[Policy, str] = {
    'mean': 'mean over cases; empty in both masks counts as perfect',
    'dropped': 'mean over the cases that have a reference; the others are left out',
    'pooled': 'all voxels of all cases together: the largest case decides',
    'worst': 'mean over cases; one empty mask counts as the worst value, the diagonal of the image for a distance',
}
#: Families whose numbers follow from voxel counts alone.
_FROM_COUNTS = ('overlap', 'counts', 'probabilistic', 'pair counting', 'information')


def aggregate(cases: Sequence[Comparison], key: str, policy: Policy, label: int = 1) -> MetricValue:
    """Make one number of several cases.

    Parameters
    ----------
    cases : sequence of Comparison
        Each with the metric `key` of `label`.
    key : str
    policy : {'mean', 'pooled', 'dropped', 'worst'}
        See `POLICIES`.
    label : int

    Returns
    -------
    MetricValue
        Its reason says how many cases were undefined, left out or replaced.
    """
    spec = metric_specs()[key]
    if policy == 'pooled':
        return _pooled(cases, spec, label)
    values = [case.metrics[label][key] for case in cases]
    unit = values[0].unit
    found = [_number(case, value, spec, policy) for case, value in zip(cases, values, strict=True)]
    if policy == 'dropped':
        kept = [number for number in found if number is not None]
        missing = f'{len(found) - len(kept)} of {len(found)} cases left out' if len(kept) < len(found) else None
        if not kept:
            return MetricValue(None, unit, 'reference_empty', missing)
        return MetricValue(float(np.mean(kept)), unit, 'ok', missing)
    undefined = sum(number is None for number in found)
    if undefined:
        return MetricValue(None, unit, 'not_applicable', f'undefined in {undefined} of {len(found)} cases')
    replaced = sum(value.value is None for value in values)
    reason = f'{replaced} of {len(found)} cases have no value of their own' if replaced else None
    return MetricValue(float(np.mean([number for number in found if number is not None])), unit, 'ok', reason)


def _number(case: Comparison, value: MetricValue, spec: MetricSpec, policy: Policy) -> float | None:
    """Value that a case takes part with; None where it has none."""
    own = float(value.value) if isinstance(value.value, (int, float)) else None
    if policy == 'dropped':
        return None if value.status in ('reference_empty', 'both_empty') else own
    if own is not None:
        return own
    if value.status == 'both_empty':
        return spec.range[1] if spec.better == 'higher' else 0.0
    if policy == 'worst' and value.status in ('reference_empty', 'prediction_empty'):
        return _worst(case, spec)
    return None


def _worst(case: Comparison, spec: MetricSpec) -> float | None:
    if spec.better == 'higher':
        return spec.range[0]
    if spec.unit == 'mm':
        return float(np.linalg.norm(np.multiply(case.reference.shape, case.spacing or (1.0,) * case.reference.ndim)))
    return spec.range[1]


def _pooled(cases: Sequence[Comparison], spec: MetricSpec, label: int) -> MetricValue:
    if spec.family not in _FROM_COUNTS:
        return MetricValue(None, None, 'not_applicable', 'only numbers that follow from voxel counts can be pooled')
    # All voxels in one row: counts need no places.
    reference, prediction = (
        np.concatenate([np.ravel(mask == label) for mask in masks])[None]
        for masks in ([case.reference for case in cases], [case.prediction for case in cases])
    )
    together = compare(reference, prediction, labels=[1], metrics=[spec.key], settings=cases[0].settings)
    return together.metrics[1][spec.key]
