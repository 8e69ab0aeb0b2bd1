"""The same numbers from other tools, each with the convention that it shares with us."""

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from monai.metrics import (
    compute_average_surface_distance,
    compute_generalized_dice,
    compute_hausdorff_distance,
    compute_surface_dice,
)
from sklearn import metrics as sklearn_metrics

from napari_segrobust.compare import compare
from napari_segrobust.compare.packed import inner_border as border

TOLERANCE = 1.5
# MONAI 1.6 calls itself with an argument that it will drop in 1.7.
pytestmark = pytest.mark.filterwarnings('ignore:.*always_return_as_numpy:FutureWarning')


@pytest.fixture
def flat_pair(kind, pair):
    """The pair without axes of length one: others take each voxel of a single slice for border."""
    reference, prediction, spacing = pair
    if kind == 'one slice':
        return reference[0], prediction[0], spacing[1:]
    return reference, prediction, spacing


def values_of(pair):
    reference, prediction, spacing = pair
    found = compare(reference, prediction, spacing, tolerance_mm=TOLERANCE).metrics[1]
    return {key: value.value for key, value in found.items()}


def as_monai(mask):
    return torch.from_numpy((mask == 1).astype(np.float32))[None, None]


def test_distances_and_nsd_are_those_of_monai(flat_pair):
    found = values_of(flat_pair)
    reference, prediction = (as_monai(mask) for mask in flat_pair[:2])
    spacing = flat_pair[2] or (1.0,) * flat_pair[0].ndim
    common = {'include_background': True, 'spacing': spacing}
    expected = {
        'hd': compute_hausdorff_distance(prediction, reference, **common),
        'hd95': compute_hausdorff_distance(prediction, reference, percentile=95, **common),
        'assd': compute_average_surface_distance(prediction, reference, symmetric=True, **common),
        'asd_prediction_to_reference': compute_average_surface_distance(prediction, reference, **common),
        'asd_reference_to_prediction': compute_average_surface_distance(reference, prediction, **common),
        'nsd': compute_surface_dice(prediction, reference, [TOLERANCE], **common),
    }
    for key, value in expected.items():
        assert found[key] == pytest.approx(float(value), rel=2e-6, abs=1e-6), key


def test_overlap_and_hausdorff_are_those_of_simpleitk(flat_pair):
    found = values_of(flat_pair)
    reference, prediction, spacing = flat_pair
    steps = spacing or (1.0,) * reference.ndim

    def as_image(mask):
        image = sitk.GetImageFromArray(mask.astype(np.uint8))
        image.SetSpacing([float(step) for step in steps[::-1]])
        return image

    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(as_image(prediction), as_image(reference))
    assert found['dice'] == pytest.approx(overlap.GetDiceCoefficient(1), rel=1e-12)
    assert found['iou'] == pytest.approx(overlap.GetJaccardCoefficient(1), rel=1e-12)
    assert 1 - found['recall'] == pytest.approx(overlap.GetFalseNegativeError(1), abs=1e-12)
    # SimpleITK takes the distance between whole masks; given the borders it takes ours.
    hausdorff = sitk.HausdorffDistanceImageFilter()
    hausdorff.Execute(*(as_image(border(mask == 1)) for mask in (reference, prediction)))
    assert found['hd'] == pytest.approx(hausdorff.GetHausdorffDistance(), rel=1e-6, abs=1e-6)


def test_counting_metrics_are_those_of_scikit_learn(pair):
    found = values_of(pair)
    truth, guess = (mask.ravel() for mask in pair[:2])
    assert found['dice'] == pytest.approx(sklearn_metrics.f1_score(truth, guess), rel=1e-12)
    assert found['iou'] == pytest.approx(sklearn_metrics.jaccard_score(truth, guess), rel=1e-12)
    assert found['precision'] == pytest.approx(sklearn_metrics.precision_score(truth, guess), rel=1e-12)
    assert found['recall'] == pytest.approx(sklearn_metrics.recall_score(truth, guess), rel=1e-12)


@pytest.mark.parametrize('labels', [1, 3, 8])
def test_values_over_all_labels_are_those_of_scikit_learn(labels):
    rng = np.random.default_rng(labels)
    reference = rng.integers(0, labels + 1, (8, 9, 10)).astype(np.uint8)
    prediction = np.where(rng.random(reference.shape) < 0.3, rng.integers(0, labels + 1, reference.shape), reference)
    found = compare(reference, prediction).together
    truth, guess, classes = reference.ravel(), prediction.ravel(), range(1, labels + 1)
    assert found['cohen_kappa'].value == pytest.approx(sklearn_metrics.cohen_kappa_score(truth, guess), rel=1e-12)
    assert found['mcc'].value == pytest.approx(sklearn_metrics.matthews_corrcoef(truth, guess), rel=1e-12)
    for key, score in (('dice', sklearn_metrics.f1_score), ('iou', sklearn_metrics.jaccard_score)):
        for ours, average in (('mean', 'macro'), ('pooled', 'micro')):
            expected = score(truth, guess, labels=classes, average=average)
            assert found[f'{key}_{ours}'].value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize('missing', [None, 3])
def test_generalised_dice_is_that_of_monai(missing):
    rng = np.random.default_rng(0)
    reference = rng.choice(4, (12, 12, 12), p=[0.6, 0.25, 0.1, 0.05]).astype(np.uint8)
    prediction = np.where(rng.random(reference.shape) < 0.2, 0, reference)
    reference[reference == missing] = 0
    one_hot = [
        torch.from_numpy(np.stack([mask == k for k in range(4)])[None].astype(np.float32))
        for mask in (prediction, reference)
    ]
    expected = compute_generalized_dice(*one_hot, include_background=False, sum_over_classes=True)
    assert compare(reference, prediction).together['generalised_dice'].value == pytest.approx(float(expected), rel=1e-5)
