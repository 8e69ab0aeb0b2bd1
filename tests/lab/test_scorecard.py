"""The scorecard: what regridding, scaling and padding do to a metric."""

import numpy as np
import pytest

from napari_segrobust.compare import MetricSettings
from napari_segrobust.lab import TRIALS, scorecard

KEYS = ('dice', 'iou', 'hd', 'nsd', 'accuracy', 'recall')


def square(size, missing=1, side=40):
    reference = np.zeros((side, side), np.uint8)
    reference[10 : 10 + size, 10 : 10 + size] = 1
    prediction = reference.copy()
    prediction[10 : 10 + missing] = 0
    return reference, prediction


def card(*pair, spacing=(1.0, 1.0), metrics=KEYS, **changes):
    return scorecard(*pair, spacing, metrics, MetricSettings(tolerance_mm=1), **changes)


def test_equal_masks_stay_equal_in_every_trial():
    reference, _ = square(8)
    for marks in card(reference, reference).marks.values():
        for mark in marks.values():
            assert (mark.change, mark.invariant) == (0, True)


def test_dice_of_a_square_by_hand():
    marks = card(*square(10, 2)).marks
    dice = {name: mark.after.value for name, mark in marks['dice'].items()}
    # Twice the side, and still two rows missing; the ends of these rows are as much longer as the sides are.
    assert dice.pop('scaled_same_error') == pytest.approx(2 * 360 / 760, abs=0.01)
    assert dice == pytest.approx(dict.fromkeys(('coarser', 'finer', 'scaled', 'padded'), 2 * 80 / 180))
    assert {name: mark.invariant for name, mark in marks['dice'].items()} == {
        'coarser': True,
        'finer': True,
        'scaled': True,
        'padded': True,
        'scaled_same_error': False,
    }
    hd = {name: mark.after.value for name, mark in marks['hd'].items()}
    assert hd == {'coarser': 2, 'finer': 2, 'scaled': 4, 'scaled_same_error': 2, 'padded': 2}
    assert not marks['accuracy']['padded'].invariant
    assert marks['recall']['padded'].invariant


@pytest.mark.parametrize('depth', [2, 4, -3])
def test_a_fixed_error_keeps_its_depth_on_a_disk(depth):
    y, x = np.mgrid[:100, :100] - 49.5
    reference, prediction = (x * x + y * y <= radius**2 for radius in (30, 30 - depth))
    marks = card(reference, prediction, metrics=('hd', 'volume_difference_ml')).marks
    after = marks['volume_difference_ml']['scaled_same_error'].after.value
    assert after == pytest.approx(np.pi * ((60 - depth) ** 2 - 60**2), rel=0.12)
    assert marks['hd']['scaled_same_error'].after.value == pytest.approx(abs(depth), abs=1.5)
    assert marks['hd']['scaled'].after.value == 2 * marks['hd']['scaled'].before.value


def test_a_far_false_alarm_is_carried_along():
    reference, prediction = square(6)
    prediction[30:33, 11:14] = 1
    marks = card(reference, prediction, metrics=('components', 'fp', 'hd')).marks
    assert marks['fp']['scaled_same_error'].after.value > 0
    assert marks['hd']['scaled_same_error'].change == pytest.approx(0, abs=1.5)


def test_three_dimensions_and_odd_sizes():
    reference = np.zeros((7, 9, 11), np.uint8)
    reference[2:5, 2:7, 3:8] = 1
    found = card(reference, np.roll(reference, 1, axis=1), spacing=(2.0, 1.0, 1.0))
    assert set(found.marks['dice']) == {trial.name for trial in TRIALS}
    assert found.marks['dice']['finer'].invariant


def test_empty_masks_are_not_judged():
    reference, _ = square(6)
    marks = card(reference, np.zeros_like(reference), metrics=('hd', 'dice')).marks
    assert all(mark.invariant is None and mark.change is None for mark in marks['hd'].values())
    assert marks['dice']['padded'].invariant
    full = np.ones((6, 6), np.uint8)
    assert card(full, full, metrics=('dice',)).marks['dice']['scaled_same_error'].invariant


def test_verdicts_follow_the_tolerance_and_bounded_metrics_are_normalised():
    pair = square(10, 2)
    assert card(*pair, tolerance=0.5).marks['dice']['scaled_same_error'].invariant
    assert card(*pair).normalised == {
        'dice': True,
        'iou': True,
        'hd': False,
        'nsd': True,
        'accuracy': True,
        'recall': True,
    }
