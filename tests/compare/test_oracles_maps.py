"""Probabilities and soft labels: the same numbers from other tools."""

import numpy as np
import pytest
import torch
from monai.losses import DiceLoss
from monai.metrics import CalibrationErrorMetric
from sklearn import metrics as sklearn_metrics
from torchmetrics.functional.classification import binary_calibration_error

from napari_segrobust.compare import MetricSettings, compare

CALIBRATION = ('ece', 'mce', 'ace', 'brier', 'nll', 'auroc', 'average_precision')


@pytest.fixture(params=[np.float32, np.float64])
def maps(request):
    """Return a reference, and probabilities that know something of it: many ties, many exact zeros, some ones."""
    rng = np.random.default_rng(5)
    reference = (rng.random((6, 20, 22)) < 0.2).astype(np.uint8)
    probability = np.clip(rng.normal(0.15 + 0.5 * reference, 0.3), 0, 1).round(3).astype(request.param)
    assert (probability == 0).any()
    assert (probability == 1).any()
    return reference, probability


def values_of(reference, probability, **kwargs):
    prediction = (probability > 0.5).astype(np.uint8)
    found = compare(reference, prediction, labels=[1], probability=probability, **kwargs).metrics[1]
    return {key: value.value for key, value in found.items()}


def test_scores_are_those_of_scikit_learn(maps):
    reference, probability = maps
    found = values_of(reference, probability, metrics=CALIBRATION)
    y, p = reference.ravel(), probability.ravel()
    tolerance = 1e-6 if p.dtype == np.float32 else 1e-12
    assert found['brier'] == pytest.approx(sklearn_metrics.brier_score_loss(y, p), rel=tolerance)
    assert found['nll'] == pytest.approx(sklearn_metrics.log_loss(y, p), rel=1e-5)
    assert found['auroc'] == pytest.approx(sklearn_metrics.roc_auc_score(y, p), rel=1e-12)
    assert found['average_precision'] == pytest.approx(sklearn_metrics.average_precision_score(y, p), rel=1e-12)


@pytest.mark.parametrize('bins', [1, 2, 10, 17])
@pytest.mark.parametrize(('key', 'name'), [('ece', 'expected'), ('ace', 'average'), ('mce', 'maximum')])
def test_calibration_errors_are_those_of_monai(maps, key, name, bins):
    reference, probability = maps
    metric = CalibrationErrorMetric(num_bins=bins, calibration_reduction=name)
    metric(*(torch.from_numpy(array.astype(np.float32))[None, None] for array in (probability, reference)))
    found = values_of(reference, probability, bins=bins, metrics=[key])[key]
    assert found == pytest.approx(float(metric.aggregate()), abs=2e-6)


def test_calibration_error_is_that_of_torchmetrics_but_for_certain_voxels(maps):
    """torchmetrics gives p = 1 a bin of its own, so that 1 is left out here."""
    reference, probability = (array[maps[1] < 1] for array in maps)
    tensors = torch.from_numpy(probability), torch.from_numpy(reference.astype(int))
    for key, norm in (('ece', 'l1'), ('mce', 'max')):
        expected = binary_calibration_error(*tensors, n_bins=7, norm=norm)
        found = values_of(reference[None], probability[None], bins=7, metrics=[key])[key]
        assert found == pytest.approx(float(expected), abs=2e-6)


@pytest.fixture
def soft(maps):
    """Return soft reference and probabilities."""
    rng = np.random.default_rng(6)
    reference, probability = maps
    return np.clip(reference - rng.random(reference.shape) * 0.4, 0, 1).astype(probability.dtype), probability


@pytest.mark.parametrize(
    ('key', 'options'),
    [
        ('dice_semimetric', {'soft_label': True}),
        ('jaccard_semimetric', {'soft_label': True, 'jaccard': True}),
        ('soft_dice', {}),
        ('soft_dice_squared', {'squared_pred': True}),
    ],
)
def test_soft_labels_are_those_of_the_losses_of_monai(soft, key, options):
    tensors = [torch.from_numpy(array.astype(np.float64))[None, None] for array in soft[::-1]]
    expected = 1 - float(DiceLoss(smooth_nr=0, smooth_dr=0, **options)(*tensors))
    labels = (soft[0] > 0.5).astype(np.uint8)
    found = values_of(labels, soft[1], soft_reference=soft[0], metrics=[key])[key]
    assert found == pytest.approx(expected, rel=1e-9)


def test_thresholded_dice_is_the_mean_of_nine_scores_of_scikit_learn(soft):
    reference, probability = (array.ravel() for array in soft)
    scores = []
    for threshold in range(1, 10):
        y, x = (np.round(array * 10, 4) >= threshold for array in (reference, probability))
        if y.any() or x.any():
            scores.append(sklearn_metrics.f1_score(y, x))
    labels = (soft[0] > 0.5).astype(np.uint8)
    found = values_of(labels, soft[1], soft_reference=soft[0], metrics=['thresholded_dice'])['thresholded_dice']
    assert found == pytest.approx(np.mean(scores), rel=1e-12)


def test_without_probabilities_the_mask_is_compared_with_the_soft_reference(soft):
    labels = (soft[0] > 0.5).astype(np.uint8)
    prediction = (soft[1] > 0.5).astype(np.uint8)
    common = {'labels': [1], 'soft_reference': soft[0], 'metrics': ['dice_semimetric', 'soft_dice']}
    alone = compare(labels, prediction, **common).metrics
    assert alone == compare(labels, prediction, probability=prediction, **common).metrics


def test_valid_voxels_alone_take_part(maps):
    reference, probability = maps
    valid = np.zeros(reference.shape, bool)
    valid[1:4, 3:18, 2:20] = True
    cut = (slice(1, 4), slice(3, 18), slice(2, 20))
    keys = (*CALIBRATION, 'soft_volume_ml', 'volume_bias_ml', 'dice_semimetric', 'thresholded_dice')
    inside = values_of(reference, probability, soft_reference=probability / 2, valid=valid, metrics=keys)
    alone = values_of(reference[cut], probability[cut], soft_reference=probability[cut] / 2, metrics=keys)
    for key in keys:
        assert inside[key] == pytest.approx(alone[key], rel=1e-12), key


def test_near_the_structure_is_the_box_of_both_masks_and_a_margin(maps):
    reference, probability = np.zeros_like(maps[0]), maps[1]
    reference[2:4, 8:11, 9:12] = 1
    prediction = np.roll(reference, 1, axis=2)
    spacing, margin = (2.0, 1.0, 0.5), 1.4
    box = (slice(2, 4), slice(7, 12), slice(7, 15))
    common = {'labels': [1], 'metrics': ['ece', 'ece_roi'], 'probability': probability}
    settings = MetricSettings(roi_margin_mm=margin)
    found = compare(reference, prediction, spacing, settings=settings, **common).metrics[1]
    alone = compare(reference[box], prediction[box], **{**common, 'probability': probability[box]}).metrics[1]
    assert found['ece_roi'].value == pytest.approx(alone['ece'].value, rel=1e-12)
    assert found['ece_roi'].value != found['ece'].value


def test_one_map_may_come_without_its_axis(maps):
    reference, probability = maps
    alone, stacked = (
        compare(reference, reference, labels=[1], probability=maps, metrics=CALIBRATION).metrics
        for maps in (probability, probability[None])
    )
    assert alone == stacked


def test_a_hard_mask_may_stand_for_probabilities(maps):
    reference, prediction = maps[0], np.roll(maps[0], 1, axis=2)
    found = compare(reference, prediction, labels=[1], probability=prediction).metrics[1]
    assert found['brier'].value == pytest.approx(1 - found['accuracy'].value)
    assert found['auroc'].value == pytest.approx(found['auc_hard'].value)
    assert found['volume_bias_ml'].value == found['volume_difference_ml'].value
