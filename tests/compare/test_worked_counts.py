"""Worked examples of counts, probabilities and soft labels: by hand, or printed by others."""

from itertools import repeat

import numpy as np
import pytest

from napari_segrobust.compare import MetricSettings, compare


def square(shape, *boxes):
    mask = np.zeros(shape, np.uint8)
    for rows, columns in boxes:
        mask[slice(*rows), slice(*columns)] = 1
    return mask


def row(*runs):
    """Return an image of one row: (voxels, value) one after the other."""
    return np.concatenate([list(repeat(value, count)) for count, value in runs])[None].astype(np.uint8)


def values(reference, prediction, **kwargs):
    found = compare(reference, prediction, labels=[1], **kwargs).metrics[1]
    return {key: value.value for key, value in found.items()}


FOUR = square((12, 12), ((4, 8), (4, 8)))
SIX = square((16, 16), ((4, 10), (4, 10)))
EXAMPLES = {
    # Accuracy is no Rand index: that one counts pairs of voxels.
    'a square, shifted by one': (
        square((12, 12), ((3, 8), (3, 8))),
        square((12, 12), ((4, 9), (3, 8))),
        {'accuracy': 0.931, 'rand_index': 0.870, 'adjusted_rand_index': 0.683, 'icc_1_1': 0.759},
    ),
    'under-segmentation': (FOUR, square((12, 12), ((5, 7), (5, 7))), {'dice': 0.40, 'f_beta': 0.294}),
    'over-segmentation': (FOUR, square((12, 12), ((3, 9), (3, 9))), {'dice': 0.615, 'f_beta': 0.800}),
    'a band in the middle': (SIX, square((16, 16), ((4, 10), (6, 8))), {'volumetric_similarity': 0.5}),
    'shifted by half': (SIX, square((16, 16), ((4, 10), (7, 13))), {'volumetric_similarity': 1.0, 'dice': 0.5}),
    'disjoint, of one size': (
        square((16, 16), ((2, 6), (2, 6))),
        square((16, 16), ((10, 14), (10, 14))),
        {'volumetric_similarity': 1.0, 'dice': 0.0, 'cohen_kappa': -0.067, 'probabilistic_distance': None},
    ),
    'prevalence: small field of view': (
        SIX,
        square((16, 16), ((5, 11), (4, 10))),
        {'accuracy': 0.953, 'cohen_kappa': 0.806, 'mutual_information_bits': 0.339, 'auc_hard': 0.903, 'dice': 0.833},
    ),
    'prevalence: large field of view': (
        square((128, 128), ((4, 10), (4, 10))),
        square((128, 128), ((5, 11), (4, 10))),
        {'accuracy': 0.999, 'cohen_kappa': 0.833, 'mutual_information_bits': 0.016, 'auc_hard': 0.916, 'dice': 0.833},
    ),
    # Metrics Reloaded, supplementary note 2.9, and the unit tests of its reference implementation.
    'half positive': (
        row((50, 1), (50, 0)),
        row((45, 1), (5, 0), (10, 1), (40, 0)),
        {
            'mcc': 0.70,
            'cohen_kappa': 0.70,
            'precision': 0.82,
            'negative_predictive_value': 0.889,
            'positive_likelihood_ratio': 4.5,
            'balanced_accuracy': 0.85,
            'youden_index': 0.70,
        },
    ),
    'nine of ten positive': (
        row((90, 1), (10, 0)),
        row((81, 1), (9, 0), (2, 1), (8, 0)),
        {'mcc': 0.56, 'cohen_kappa': 0.53, 'precision': 0.98, 'negative_predictive_value': 0.47},
    ),
    'all but one positive': (
        row((1999, 1), (1, 0)),
        row((1499, 1), (501, 0)),
        {'mcc': 0.039, 'cohen_kappa': 0.003, 'balanced_accuracy': 0.87, 'youden_index': 0.75},
    ),
    'two ways to one accuracy: all of it': (row((30, 1), (75, 0)), row((105, 1)), {'accuracy': 0.286}),
    'two ways to one accuracy: a part': (
        row((35, 1), (70, 0)),
        row((20, 1), (15, 0), (60, 1), (10, 0)),
        {'accuracy': 0.286},
    ),
    # Counted on a napkin: tp, fp, fn and tn are 1 each.
    'one of each': (
        np.array([[1, 1, 0, 0]]),
        np.array([[0, 1, 1, 0]]),
        {
            'specificity': 0.5,
            'false_positive_rate': 0.5,
            'false_negative_rate': 0.5,
            'f_beta': 0.5,
            'tversky_index': 0.5,
            'weighted_hamming': 0.5,
            'global_consistency_error': 0.75,
            'rand_index': 0.333,
            'adjusted_rand_index': -0.5,
            'mutual_information_bits': 0.0,
            'variation_of_information_bits': 2.0,
            'cohen_kappa': 0.0,
            'mcc': 0.0,
            'probabilistic_distance': 1.0,
            'detection': 'TP',
        },
    ),
}


@pytest.mark.parametrize('name', EXAMPLES)
def test_values_are_those_printed(name):
    reference, prediction, expected = EXAMPLES[name]
    found = values(reference, prediction)
    for key, value in expected.items():
        if isinstance(value, float):
            digits = len(str(value).partition('.')[2])
            assert found[key] == pytest.approx(value, abs=0.5000001 * 10**-digits), key
        else:
            assert found[key] == value, key


#: Ten probabilities with their truth (Metrics Reloaded, supplementary note 2.24).
TEN = np.array([[0.22, 0.48, 0.49, 0.96, 0.55, 0.64, 0.78, 0.82, 0.34, 0.87]])
TRUTH = np.array([[0, 1, 0, 0, 1, 1, 1, 1, 1, 0]])


@pytest.mark.parametrize(('bins', 'ece', 'mce'), [(2, 0.11, 0.12), (5, 0.32, 0.55), (10, 0.36, 0.96)])
def test_calibration_errors_are_those_of_metrics_reloaded(bins, ece, mce):
    found = values(TRUTH, TRUTH, probability=TEN, bins=bins)
    assert found['ece'] == pytest.approx(ece, abs=0.0050001)
    assert found['mce'] == pytest.approx(mce, abs=0.0050001)


def test_background_that_is_certain_takes_part():
    """Where a bin leaves 0 out, as in one tool, the error stays at 0.359 however much background there is."""
    background = np.zeros((1, 90))
    probability, truth = np.hstack([TEN, background]), np.hstack([TRUTH, background.astype(int)])
    assert values(TRUTH, TRUTH, probability=TEN)['ece'] == pytest.approx(0.359, abs=5e-4)
    assert values(truth, truth, probability=probability)['ece'] == pytest.approx(0.0359, abs=5e-5)


def test_a_probability_of_one_lies_in_the_last_bin():
    found = values(np.array([[1, 0]]), np.array([[1, 1]]), probability=np.array([[0.95, 1.0]]))
    assert found['ece'] == found['mce'] == found['ace'] == pytest.approx(0.475)


@pytest.mark.parametrize('kind', [np.float32, np.float64])
def test_a_probability_on_an_edge_lies_below_it(kind):
    """0.3 as float32 is larger than 0.3 as float64, and still lies on the edge at 0.3."""
    probability = np.array([[0.25, 0.3, 0.35]], kind)
    found = values(np.array([[1, 0, 1]]), np.array([[1, 0, 1]]), probability=probability)
    assert found['mce'] == pytest.approx(0.65)
    assert found['ece'] == pytest.approx((abs(1 - 0.55) + 0.65) / 3)


def test_scores_of_metrics_reloaded():
    ranked, truth = np.array([[0.21, 0.35, 0.63, 0.92, 0.32, 0.79]]), np.array([[0, 0, 0, 1, 1, 1]])
    assert values(truth, truth, probability=ranked)['auroc'] == pytest.approx(0.78, abs=5e-3)
    # Trapezoids, as in that tool, would give 0.502.
    assert values(TRUTH, TRUTH, probability=TEN)['average_precision'] == pytest.approx(0.565, abs=5e-4)
    found = values(np.array([[1, 0]]), np.array([[1, 1]]), probability=np.array([[0.8, 0.6]]))
    # That tool sums both classes and gives 0.4; its logarithmic score is ours with the sign turned.
    assert found['brier'] == pytest.approx(0.2)
    assert found['nll'] == pytest.approx(0.57, abs=5e-3)


def test_certain_and_wrong_is_finite():
    found = values(np.array([[1, 0]]), np.array([[1, 0]]), probability=np.array([[0.0, 0.0]], np.float32))
    assert found['nll'] == pytest.approx(-np.log(np.finfo(np.float32).eps) / 2, rel=1e-6)


def test_equal_soft_labels_agree_in_the_semimetrics_alone():
    soft = np.array([[1, 0.5, 0.5, 0]])
    found = values(soft > 0, soft > 0, soft_reference=soft, probability=soft)
    for key in ('dice_semimetric', 'jaccard_semimetric', 'soft_dice_squared', 'thresholded_dice'):
        assert found[key] == 1
    assert found['soft_dice'] == 0.75


def test_a_mask_against_a_soft_label():
    found = values(np.array([[1, 1, 0, 0]]), np.array([[1, 1, 0, 0]]), soft_reference=np.array([[1, 0.6, 0.4, 0]]))
    for key, expected in {'dice_semimetric': 0.80, 'soft_dice': 0.80, 'soft_dice_squared': 0.909}.items():
        assert found[key] == pytest.approx(expected, abs=5e-4), key
    assert found['jaccard_semimetric'] == pytest.approx(0.80 / (2 - 0.80))
    # At 0.1 to 0.4 three voxels against two, at 0.5 and 0.6 two against two, above it one against two.
    assert found['thresholded_dice'] == pytest.approx((4 * 4 / 5 + 2 * 1 + 3 * 2 / 3) / 9)


@pytest.mark.parametrize('kind', [np.float32, np.float64])
def test_three_of_five_raters_reach_six_tenths(kind):
    raters = np.array([[[1, 1]], [[1, 1]], [[1, 0]], [[0, 0]], [[0, 0]]], kind)
    share = raters.mean(axis=0)
    found = values(np.ones((1, 2), int), np.ones((1, 2), int), soft_reference=share)
    # Both voxels at 0.1 to 0.4, one at 0.5 and 0.6, none above.
    assert found['thresholded_dice'] == pytest.approx((4 * 1 + 2 * 2 / 3 + 3 * 0) / 9)


@pytest.mark.parametrize(
    ('threshold', 'spacing', 'expected'),
    [(0.0, (1, 1, 1), 'TP'), (0.004, (1, 1, 1), 'FN'), (0.008, (1, 1, 1), 'TN'), (4, None, 'FN'), (3.9, None, 'TP')],
)
def test_a_mask_of_at_most_the_threshold_counts_as_empty(threshold, spacing, expected):
    reference, prediction = np.zeros((2, 4, 4, 4), np.uint8)
    reference[1:3, 1:3, 1:3] = 1
    prediction[1, 1:3, 1:3] = 1
    found = values(reference, prediction, spacing=spacing, detection_threshold_ml=threshold)
    assert found['detection'] == expected


def test_weights_of_errors():
    reference, prediction = row((6, 1), (4, 0)), row((4, 1), (2, 0), (1, 1), (3, 0))
    half, one, price = (
        values(reference, prediction, settings=MetricSettings(error_weights=weights))
        for weights in ((0.5, 0.5), (1.0, 1.0), (1.0, 3.0))
    )
    assert half['tversky_index'] == half['dice']
    assert one['tversky_index'] == one['iou']
    assert half['weighted_hamming'] == one['weighted_hamming'] == pytest.approx(1 - one['accuracy'])
    assert price['tversky_index'] == pytest.approx(4 / (4 + 1 + 6))
    assert price['weighted_hamming'] == pytest.approx((1 + 6) / (4 + 18))


def test_volumes():
    reference, prediction = row((6, 1), (4, 0)), row((4, 1), (2, 0), (1, 1), (3, 0))
    probability = np.full((1, 1, 10), 0.7)
    found = values(reference[None], prediction[None], spacing=(10, 10, 5), probability=probability)
    assert found['volume_difference_ml'] == pytest.approx(-0.5)
    assert found['absolute_volume_difference_ml'] == pytest.approx(0.5)
    assert found['soft_volume_ml'] == pytest.approx(3.5)
    assert found['volume_bias_ml'] == pytest.approx(0.5)
    assert found['volumetric_similarity'] == pytest.approx(1 - 1 / 11)


def test_a_perfect_prediction_has_no_likelihood_ratio():
    value = compare(SIX, SIX).metrics[1]['positive_likelihood_ratio']
    assert (value.value, value.status) == (None, 'zero_denominator')
    assert value.reason == 'nothing is extra: the ratio is infinite'
