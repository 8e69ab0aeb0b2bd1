"""Every metric in each of the four states of emptiness."""

import json

import numpy as np
import pytest

from napari_segrobust.compare import compare, metric_specs

OK, BOTH, REFERENCE, PREDICTION = 'ok', 'both_empty', 'reference_empty', 'prediction_empty'
FULL = np.zeros((4, 4, 4), np.uint8)
FULL[1:3, 1:3, 1:3] = 1
EMPTY = np.zeros_like(FULL)
PAIRS = {OK: (FULL, FULL), BOTH: (EMPTY, EMPTY), REFERENCE: (EMPTY, FULL), PREDICTION: (FULL, EMPTY)}
#: One voxel is 10 mm^3, the mask 0.08 ml.
SPACING = (1.0, 2.0, 5.0)

_DISTANCE = {OK: (0, OK), BOTH: (None, BOTH), REFERENCE: (None, REFERENCE), PREDICTION: (None, PREDICTION)}
_OVERLAP = {OK: (1, OK), BOTH: (None, BOTH), REFERENCE: (0, REFERENCE), PREDICTION: (0, PREDICTION)}
TABLE = {
    'tp': {OK: (8, OK), BOTH: (0, OK), REFERENCE: (0, OK), PREDICTION: (0, OK)},
    'fp': {OK: (0, OK), BOTH: (0, OK), REFERENCE: (8, OK), PREDICTION: (0, OK)},
    'fn': {OK: (0, OK), BOTH: (0, OK), REFERENCE: (0, OK), PREDICTION: (8, OK)},
    'tn': {OK: (56, OK), BOTH: (64, OK), REFERENCE: (56, OK), PREDICTION: (56, OK)},
    'dice': _OVERLAP,
    'iou': _OVERLAP,
    'nsd': _OVERLAP,
    'precision': {OK: (1, OK), BOTH: (None, BOTH), REFERENCE: (0, REFERENCE), PREDICTION: (None, PREDICTION)},
    'recall': {OK: (1, OK), BOTH: (None, BOTH), REFERENCE: (None, REFERENCE), PREDICTION: (0, PREDICTION)},
    'reference_volume_ml': {OK: (0.08, OK), BOTH: (0, OK), REFERENCE: (0, OK), PREDICTION: (0.08, OK)},
    'prediction_volume_ml': {OK: (0.08, OK), BOTH: (0, OK), REFERENCE: (0.08, OK), PREDICTION: (0, OK)},
    'volume_difference_ml': {OK: (0, OK), BOTH: (0, OK), REFERENCE: (0.08, OK), PREDICTION: (-0.08, OK)},
    'relative_volume_difference': {
        OK: (0, OK),
        BOTH: (None, BOTH),
        REFERENCE: (None, REFERENCE),
        PREDICTION: (-1, PREDICTION),
    },
    'hd': _DISTANCE,
    'hd95': _DISTANCE,
    'hd95_pooled': _DISTANCE,
    'assd': _DISTANCE,
    'masd': _DISTANCE,
    'asd_reference_to_prediction': _DISTANCE,
    'asd_prediction_to_reference': _DISTANCE,
}


def test_the_table_has_every_metric():
    assert set(TABLE) == set(metric_specs())


@pytest.mark.parametrize('state', PAIRS)
@pytest.mark.parametrize('key', TABLE)
def test_value_and_status(key, state):
    value = compare(*PAIRS[state], SPACING, labels=[1], metrics=[key]).metrics[1][key]
    expected, status = TABLE[key][state]
    assert value.value == (None if expected is None else pytest.approx(expected))
    assert value.status == status
    assert (value.reason is None) == (status == OK)


@pytest.mark.parametrize('state', PAIRS)
def test_nothing_is_nan_or_infinite(state):
    comparison = compare(*PAIRS[state], SPACING, labels=[1])
    json.dumps(comparison.to_dict(), allow_nan=False)
    json.dumps(comparison.items.to_dict(), allow_nan=False)


def test_reasons_name_what_is_compared():
    roles = ('clean prediction', 'perturbed prediction')
    values = compare(FULL, EMPTY, labels=[1], roles=roles).metrics[1]
    assert values['hd'].reason == 'the perturbed prediction is empty'
    assert compare(EMPTY, FULL, labels=[1], roles=roles).metrics[1]['hd'].reason == 'the clean prediction is empty'
    assert 'reference' not in str([value.reason for value in values.values()])


@pytest.mark.parametrize(
    ('shape', 'spacing', 'length', 'volume'),
    [
        ((3, 4, 5), (1.0, 2.0, 3.0), 'mm', 'ml'),
        ((3, 4, 5), None, 'voxels', 'voxels'),
        ((4, 5), (1.0, 2.0), 'mm', 'mm^2'),
        ((4, 5), None, 'px', 'px^2'),
    ],
)
def test_units_follow_the_spacing(shape, spacing, length, volume):
    mask = np.ones(shape, np.uint8)
    values = compare(mask, mask, spacing).metrics[1]
    for key, spec in metric_specs().items():
        assert values[key].unit == {'mm': length, 'ml': volume, 'voxels': 'voxels', None: None}[spec.unit]
    voxel = 1.0 if spacing is None else np.prod(spacing) / (1000 if len(shape) == 3 else 1)
    assert values['reference_volume_ml'].value == pytest.approx(mask.size * voxel)
