"""Rules for empty masks as tools have them, holes, and one number of many cases."""

import math

import numpy as np
import pytest
import SimpleITK as sitk
import surface_distance
import torch
from monai.metrics import compute_dice, compute_hausdorff_distance, compute_surface_dice

from napari_segrobust.compare import compare, metric_specs
from napari_segrobust.lab import EMPTY_POLICIES, HD95_DEFINITIONS, POLICIES, aggregate, outer_contour, scenes

pytestmark = [
    pytest.mark.filterwarnings('ignore:.*always_return_as_numpy:FutureWarning'),
    pytest.mark.filterwarnings('ignore:.*(nan|inf|empty|all 0|ground truth|prediction).*:UserWarning'),
    pytest.mark.filterwarnings('ignore:invalid value:RuntimeWarning'),
]

EMPTY = np.zeros((12, 12), np.uint8)
SQUARE = EMPTY.copy()
SQUARE[4:8, 4:8] = 1
#: Status: reference and prediction.
STATES = {
    'both_empty': (EMPTY, EMPTY),
    'reference_empty': (EMPTY, SQUARE),
    'prediction_empty': (SQUARE, EMPTY),
}
BY_TOOL = {policy.tool: policy for policy in EMPTY_POLICIES}


def words(value):
    return 'NaN' if math.isnan(value) else 'inf' if math.isinf(value) else f'{value:g}'


def test_every_policy_says_what_it_does():
    assert len(BY_TOOL) == len(EMPTY_POLICIES) == 12
    for policy in EMPTY_POLICIES:
        assert policy.at('ok') is None
        for status in STATES:
            assert policy.at(status).dice


@pytest.mark.parametrize('status', STATES)
def test_monai_does_what_we_say(status):
    reference, prediction = (torch.from_numpy(mask)[None, None].float() for mask in STATES[status])
    said = BY_TOOL['MONAI'].at(status)
    assert said.dice == words(float(compute_dice(prediction, reference)))
    assert said.hd == words(float(compute_hausdorff_distance(prediction, reference, include_background=True)))
    assert said.nsd == words(float(compute_surface_dice(prediction, reference, [1.0], include_background=True)))


@pytest.mark.parametrize('status', STATES)
def test_surface_distance_does_what_we_say(status, monkeypatch):
    # Its release knows the names of numpy 1 only, and cannot crop an empty mask: it is given distances of no surface.
    monkeypatch.setattr(np, 'NaN', np.nan, raising=False)
    monkeypatch.setattr(np, 'Inf', np.inf, raising=False)
    said = BY_TOOL['DeepMind surface-distance'].at(status)
    reference, prediction = (mask.astype(bool) for mask in STATES[status])
    assert said.dice == words(surface_distance.compute_dice_coefficient(reference, prediction))
    distances = {
        'distances_gt_to_pred': np.full(int(reference.any()), np.inf),
        'distances_pred_to_gt': np.full(int(prediction.any()), np.inf),
        'surfel_areas_gt': np.ones(int(reference.any())),
        'surfel_areas_pred': np.ones(int(prediction.any())),
    }
    assert said.hd == words(surface_distance.compute_robust_hausdorff(distances, 100))
    assert said.nsd == words(surface_distance.compute_surface_dice_at_tolerance(distances, 1))


@pytest.mark.parametrize('status', STATES)
def test_simpleitk_does_what_we_say(status):
    said = BY_TOOL['SimpleITK'].at(status)
    reference, prediction = (sitk.GetImageFromArray(mask) for mask in STATES[status])
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(prediction, reference)
    assert said.dice == words(overlap.GetDiceCoefficient())
    assert said.hd == 'error'
    with pytest.raises(RuntimeError):
        sitk.HausdorffDistanceImageFilter().Execute(reference, prediction)


def test_three_definitions_of_hd95_for_one_slip_of_the_pen():
    pane = scenes()['annotation_noise'].draw()[0]
    found = pane.compare(tuple(HD95_DEFINITIONS)).metrics[1]
    assert [round(found[key].value, 2) for key in HD95_DEFINITIONS] == [6.79, 2.26, 11.31]


def test_outer_contours_alone_are_blind_to_a_hole():
    pane = scenes()['holes'].draw()[0]
    filled = outer_contour(pane.prediction)
    np.testing.assert_array_equal(filled, pane.reference)
    found = compare(outer_contour(pane.reference), filled, tolerance_mm=1).metrics[1]
    assert (found['hd'].value, found['nsd'].value) == (0, 1)


def test_a_hole_that_another_label_fills_is_no_hole():
    mask = np.zeros((9, 9), np.uint8)
    mask[1:8, 1:8], mask[3:6, 3:6] = 1, 2
    np.testing.assert_array_equal(outer_contour(mask), mask)
    mask[4, 4] = 0
    assert outer_contour(mask)[4, 4] == 1 or outer_contour(mask)[4, 4] == 2
    assert outer_contour(np.ones((3, 3), bool)).dtype == np.uint8


def cases(*pairs, spacing=None, metrics=('dice', 'hd', 'accuracy')):
    return [compare(*pair, spacing, labels=[1], metrics=metrics) for pair in pairs]


SHIFTED = np.roll(SQUARE, 2, axis=0)
GOOD, HALF = (SQUARE, SQUARE), (SQUARE, SHIFTED)
BOTH, ALARM, MISSED = STATES.values()


@pytest.mark.parametrize('policy', ['mean', 'dropped', 'worst'])
def test_without_empty_masks_all_means_are_one(policy):
    found = aggregate(cases(GOOD, HALF), 'dice', policy)
    assert (found.value, found.status, found.reason) == (0.75, 'ok', None)


@pytest.mark.parametrize(
    ('pairs', 'key', 'expected'),
    [
        ((HALF, BOTH), 'dice', {'mean': 0.75, 'dropped': 0.5, 'worst': 0.75, 'pooled': 0.5}),
        ((HALF, ALARM), 'dice', {'mean': 0.25, 'dropped': 0.5, 'worst': 0.25, 'pooled': 1 / 3}),
        ((HALF, MISSED), 'dice', {'mean': 0.25, 'dropped': 0.25, 'worst': 0.25, 'pooled': 1 / 3}),
        ((HALF, BOTH), 'hd', {'mean': 1.0, 'dropped': 2.0, 'worst': 1.0, 'pooled': None}),
        ((HALF, ALARM), 'hd', {'mean': None, 'dropped': 2.0, 'worst': (2 + math.hypot(12, 12)) / 2, 'pooled': None}),
        ((ALARM,), 'dice', {'mean': 0, 'dropped': None, 'worst': 0, 'pooled': 0}),
    ],
)
def test_what_becomes_of_empty_masks(pairs, key, expected):
    for policy, value in expected.items():
        found = aggregate(cases(*pairs), key, policy)
        assert found.value == pytest.approx(value), policy
        assert (found.value is None) <= (found.status != 'ok')
    assert set(expected) == set(POLICIES)


def test_reasons_count_the_cases():
    found = cases(HALF, BOTH, ALARM)
    assert aggregate(found, 'dice', 'dropped').reason == '2 of 3 cases left out'
    assert aggregate(found, 'dice', 'mean').reason == '1 of 3 cases have no value of their own'
    assert aggregate(found, 'hd', 'mean').reason == 'undefined in 1 of 3 cases'


def test_the_worst_distance_is_the_diagonal_in_mm():
    found = aggregate(cases(ALARM, spacing=(2, 0.5)), 'hd', 'worst')
    assert found.value == pytest.approx(math.hypot(24, 6))
    assert found.unit == 'mm'


def test_pooling_is_one_large_case():
    pairs = [GOOD, HALF, ALARM, BOTH]
    whole = compare(*(np.concatenate(masks) for masks in zip(*pairs, strict=True)), labels=[1])
    counted = [spec.key for spec in metric_specs().values() if spec.family in ('overlap', 'probabilistic', 'counts')]
    several = cases(*pairs, metrics=counted)
    for key in counted:
        assert aggregate(several, key, 'pooled').value == pytest.approx(whole.metrics[1][key].value), key
