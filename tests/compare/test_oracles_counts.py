"""Closed forms of the table of counts, and the same numbers from other tools that look at every voxel."""

from fractions import Fraction

import numpy as np
import pytest
import skimage.metrics
from pymia.evaluation.metric import categorical
from pymia.evaluation.metric.base import ConfusionMatrix
from sklearn import metrics as sklearn_metrics

from napari_segrobust.compare import MetricSettings, compare, metric_specs
from napari_segrobust.compare.pair import MaskPair
from napari_segrobust.compare.surfaces import Surface

PYMIA = {
    'accuracy': categorical.Accuracy(),
    'adjusted_rand_index': categorical.AdjustedRandIndex(),
    'auc_hard': categorical.AreaUnderCurve(),
    'cohen_kappa': categorical.CohenKappaCoefficient(),
    'dice': categorical.DiceCoefficient(),
    'f_beta': categorical.FMeasure(beta=2.0),
    'false_negative_rate': categorical.FalseNegativeRate(),
    'false_positive_rate': categorical.Fallout(),
    'global_consistency_error': categorical.GlobalConsistencyError(),
    'icc_1_1': categorical.InterclassCorrelation(),
    'iou': categorical.JaccardCoefficient(),
    'mutual_information_bits': categorical.MutualInformation(),
    'precision': categorical.Precision(),
    'probabilistic_distance': categorical.ProbabilisticDistance(),
    'rand_index': categorical.RandIndex(),
    'recall': categorical.Sensitivity(),
    'specificity': categorical.Specificity(),
    'variation_of_information_bits': categorical.VariationOfInformation(),
    'volumetric_similarity': categorical.VolumeSimilarity(),
}


def values_of(reference, prediction, **kwargs):
    return {key: value.value for key, value in compare(reference, prediction, **kwargs).metrics[1].items()}


@pytest.mark.parametrize('key', PYMIA)
def test_pymia(pair, key):
    reference, prediction, _ = pair
    metric = PYMIA[key]
    metric.reference, metric.prediction = reference, prediction
    metric.confusion_matrix = ConfusionMatrix(prediction, reference)
    assert values_of(reference, prediction, metrics=[key])[key] == pytest.approx(metric.calculate(), rel=1e-9, abs=1e-9)


def test_scikit_learn(pair):
    reference, prediction = (mask.ravel() for mask in pair[:2])
    found = values_of(*pair[:2])
    of_both = {
        'accuracy': sklearn_metrics.accuracy_score,
        'adjusted_rand_index': sklearn_metrics.adjusted_rand_score,
        'balanced_accuracy': sklearn_metrics.balanced_accuracy_score,
        'auc_hard': sklearn_metrics.roc_auc_score,
        'cohen_kappa': sklearn_metrics.cohen_kappa_score,
        'mcc': sklearn_metrics.matthews_corrcoef,
        'rand_index': sklearn_metrics.rand_score,
    }
    expected = {key: function(reference, prediction) for key, function in of_both.items()}
    nats = sklearn_metrics.mutual_info_score(reference, prediction)
    expected['mutual_information_bits'] = nats / np.log(2)
    expected['f_beta'] = sklearn_metrics.fbeta_score(reference, prediction, beta=2.0)
    expected['specificity'] = sklearn_metrics.recall_score(reference, prediction, pos_label=0)
    expected['negative_predictive_value'] = sklearn_metrics.precision_score(reference, prediction, pos_label=0)
    expected['positive_likelihood_ratio'], _ = sklearn_metrics.class_likelihood_ratios(reference, prediction)
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-11, abs=1e-12), key
    assert found['youden_index'] == pytest.approx(2 * expected['balanced_accuracy'] - 1, abs=1e-12)


def test_scikit_image(pair):
    both = skimage.metrics.variation_of_information(*pair[:2])
    assert values_of(*pair[:2])['variation_of_information_bits'] == pytest.approx(sum(both), abs=1e-12)


@pytest.mark.parametrize('beta', [0.5, 1.0, 3.0])
def test_beta_is_that_of_scikit_learn(beta):
    rng = np.random.default_rng(3)
    reference, prediction = rng.integers(0, 2, (2, 20, 20))
    expected = sklearn_metrics.fbeta_score(reference.ravel(), prediction.ravel(), beta=beta)
    assert values_of(reference, prediction, beta=beta)['f_beta'] == pytest.approx(expected, rel=1e-12)


def test_a_volume_of_a_billion_voxels_does_not_overflow():
    """Counts whose squares do not fit 64 bits; the values by rational numbers."""
    tp, fp, fn, tn = 3_000_000_017, 1_000_003, 2_000_029, 9_000_000_011
    n = Fraction(tp + fp + fn + tn)
    one = Surface.of(np.ones((1, 1), np.uint8), 1)
    pair = MaskPair(tp, fp, fn, tn, one, one)
    found = {
        key: metric_specs()[key].compute(pair, MetricSettings()).value
        for key in ('rand_index', 'adjusted_rand_index', 'cohen_kappa', 'mcc', 'icc_1_1')
    }
    together = sum(Fraction(size) * (size - 1) for size in (tp, fp, fn, tn))
    in_reference = sum(Fraction(size) * (size - 1) for size in (tp + fn, fp + tn))
    in_prediction = sum(Fraction(size) * (size - 1) for size in (tp + fp, fn + tn))
    every = n * (n - 1)
    assert found['rand_index'] == float((every + 2 * together - in_reference - in_prediction) / every)
    chance = in_reference * in_prediction / every
    expected = (together - chance) / ((in_reference + in_prediction) / 2 - chance)
    assert found['adjusted_rand_index'] == float(expected)
    agreement = (tp + tn) / n
    by_chance = (Fraction(tp + fn) * (tp + fp) + Fraction(fp + tn) * (fn + tn)) / n**2
    assert found['cohen_kappa'] == float((agreement - by_chance) / (1 - by_chance))
    mean = (2 * tp + fp + fn) / (2 * n)
    between = 2 * (tp * (1 - mean) ** 2 + (fp + fn) * (Fraction(1, 2) - mean) ** 2 + tn * mean**2) / (n - 1)
    within = Fraction(fp + fn, 2) / n
    assert found['icc_1_1'] == float((between - within) / (between + within))
    assert found['mcc'] == pytest.approx(found['cohen_kappa'], rel=1e-6)
