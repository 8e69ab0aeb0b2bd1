"""Every metric in each of the four states of emptiness: what the registry says is what comes out."""

import json

import numpy as np
import pytest

from napari_segrobust.compare import compare, metric_specs
from napari_segrobust.compare.spec import COMPUTED

OK, BOTH, REFERENCE, PREDICTION = 'ok', 'both_empty', 'reference_empty', 'prediction_empty'
EMPTY_STATES = (BOTH, REFERENCE, PREDICTION)
FULL = np.zeros((4, 4, 4), np.uint8)
FULL[1:3, 1:3, 1:3] = 1
EMPTY = np.zeros_like(FULL)
PAIRS = {OK: (FULL, FULL), BOTH: (EMPTY, EMPTY), REFERENCE: (EMPTY, FULL), PREDICTION: (FULL, EMPTY)}
#: One voxel is 10 mm^3, the mask 0.08 ml.
SPACING = (1.0, 2.0, 5.0)
INPUTS = {
    'probability': np.linspace(0, 1, 64).reshape(1, 4, 4, 4),
    'soft_reference': np.full((1, 4, 4, 4), 0.25),
    'image': np.arange(64.0).reshape(4, 4, 4),
}


def measure(key, state, **kwargs):
    return compare(*PAIRS[state], SPACING, labels=[1], metrics=[key], **INPUTS, **kwargs).metrics[1][key]


@pytest.mark.parametrize('state', EMPTY_STATES)
@pytest.mark.parametrize('key', metric_specs())
def test_the_registry_says_what_an_empty_mask_gives(key, state):
    value = measure(key, state)
    cell = metric_specs()[key].states[EMPTY_STATES.index(state)]
    if cell == COMPUTED:
        assert value.value is not None
    elif isinstance(cell, str) or cell is None:
        assert value.value == cell
    else:
        assert value.value == pytest.approx(cell)
    assert value.status in ((OK, state) if value.value is not None else (state, 'not_applicable'))
    assert (value.reason is None) == (value.status == OK)


@pytest.mark.parametrize('key', metric_specs())
def test_two_equal_masks_have_every_number(key):
    value = measure(key, OK)
    assert value.value is not None or value.status in ('zero_denominator', 'not_applicable')
    assert (value.reason is None) == (value.status == OK)


@pytest.mark.parametrize('key', [key for key, spec in metric_specs().items() if spec.needs])
def test_what_is_missing_is_named(key):
    value = compare(FULL, FULL, SPACING, labels=[1], metrics=[key]).metrics[1][key]
    assert (value.value, value.status) == (None, 'not_applicable')
    assert value.reason.startswith('it needs')
    assert key not in compare(FULL, FULL, SPACING, labels=[1]).metrics[1]


#: Values that a person can check: (equal masks, both empty, reference empty, prediction empty).
BY_HAND = {
    'tp': (8, 0, 0, 0),
    'fp': (0, 0, 8, 0),
    'fn': (0, 0, 0, 8),
    'tn': (56, 64, 56, 56),
    'reference_volume_ml': (0.08, 0, 0, 0.08),
    'prediction_volume_ml': (0.08, 0, 0.08, 0),
    'volume_difference_ml': (0, 0, 0.08, -0.08),
    'dice': (1, None, 0, 0),
    'nsd': (1, None, 0, 0),
    'precision': (1, None, 0, None),
    'recall': (1, None, None, 0),
    'relative_volume_difference': (0, None, None, -1),
    'hd95': (0, None, None, None),
}


@pytest.mark.parametrize('key', BY_HAND)
def test_values_by_hand(key):
    for state, expected in zip(PAIRS, BY_HAND[key], strict=True):
        found = measure(key, state).value
        assert found is expected is None or found == pytest.approx(expected)


@pytest.mark.parametrize('state', PAIRS)
def test_nothing_is_nan_or_infinite(state):
    comparison = compare(*PAIRS[state], SPACING, labels=[1], **INPUTS)
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
        units = {'mm': length, 'ml': volume, 'voxels': 'voxels', 'bits': 'bits', None: None}
        if key in values and values[key].status != 'not_applicable':
            assert values[key].unit == units[spec.unit]
    voxel = 1.0 if spacing is None else np.prod(spacing) / (1000 if len(shape) == 3 else 1)
    assert values['reference_volume_ml'].value == pytest.approx(mask.size * voxel)
