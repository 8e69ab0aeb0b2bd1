"""What must hold between metrics of the table of counts, and for probabilities and soft labels, whatever the masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from napari_segrobust.compare import MetricSettings, compare, metric_specs

FAMILIES = {'counts', 'overlap', 'volume', 'pair counting', 'information', 'probabilistic', 'detection'}
KEYS = [key for key, spec in metric_specs().items() if spec.family in FAMILIES and not spec.needs]
SYMMETRIC = (
    'dice',
    'iou',
    'accuracy',
    'rand_index',
    'adjusted_rand_index',
    'mutual_information_bits',
    'variation_of_information_bits',
    'cohen_kappa',
    'mcc',
    'icc_1_1',
    'probabilistic_distance',
    'global_consistency_error',
    'volumetric_similarity',
    'absolute_volume_difference_ml',
)
#: What does not ask which of the two segments is the structure.
OF_THE_PARTITION = (
    'accuracy',
    'rand_index',
    'adjusted_rand_index',
    'mutual_information_bits',
    'variation_of_information_bits',
    'cohen_kappa',
    'mcc',
    'icc_1_1',
    'global_consistency_error',
    'balanced_accuracy',
    'youden_index',
    'absolute_volume_difference_ml',
)
masks = npst.arrays(np.uint8, (4, 5), elements=st.integers(0, 1))
maps = npst.arrays(np.float64, (4, 5), elements=st.integers(0, 20).map(lambda n: n / 20))


def values(reference, prediction, metrics=KEYS, **kwargs):
    found = compare(reference, prediction, labels=[1], metrics=metrics, **kwargs).metrics[1]
    return {key: value.value for key, value in found.items()}


def assert_same(found, expected, key):
    assert found is expected is None or found == pytest.approx(expected, rel=1e-12, abs=1e-12), key


@given(masks, masks)
def test_swapping_the_masks(first, second):
    there, back = values(first, second), values(second, first)
    for key in SYMMETRIC:
        assert_same(there[key], back[key], key)
    assert_same(there['false_negative_rate'], None if back['precision'] is None else 1 - back['precision'], 'fnr')


@given(masks, masks)
def test_naming_the_background_the_structure(first, second):
    there, back = values(first, second), values(1 - first, 1 - second)
    for key in OF_THE_PARTITION:
        assert_same(there[key], back[key], key)
    assert_same(there['specificity'], back['recall'], 'specificity')
    assert_same(there['negative_predictive_value'], back['precision'], 'negative_predictive_value')
    assert_same(there['false_positive_rate'], back['false_negative_rate'], 'false_positive_rate')


@given(masks, masks)
def test_names_of_one_number(first, second):
    found = values(first, second, settings=MetricSettings(beta=1.0, error_weights=(0.5, 0.5)))
    assert_same(found['f_beta'], found['dice'], 'f_beta')
    assert_same(found['tversky_index'], found['dice'], 'tversky_index')
    assert_same(found['auc_hard'], found['balanced_accuracy'], 'auc_hard')
    assert_same(found['weighted_hamming'], 1 - found['accuracy'], 'weighted_hamming')
    if found['recall'] is not None and found['specificity'] is not None:
        assert_same(found['youden_index'], found['recall'] + found['specificity'] - 1, 'youden_index')
    if found['dice']:
        assert_same(found['probabilistic_distance'], 1 / found['dice'] - 1, 'probabilistic_distance')


@given(masks, masks, masks)
def test_variation_of_information_is_a_distance(a, b, c):
    ab, bc, ac = (
        values(x, y, ['variation_of_information_bits'])['variation_of_information_bits']
        for x, y in ((a, b), (b, c), (a, c))
    )
    assert ac <= ab + bc + 1e-12


@given(masks, masks, st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_larger_beta_moves_from_precision_to_recall(first, second, one, other):
    small, large = (values(first, second, ['f_beta', 'precision', 'recall'], beta=b) for b in sorted((one, other)))
    if small['precision'] is not None and small['recall'] is not None:
        drift = large['f_beta'] - small['f_beta']
        assert drift * (small['recall'] - small['precision']) >= -1e-15
        ends = sorted((small['precision'], small['recall']))
        assert ends[0] - 1e-12 <= small['f_beta'] <= ends[1] + 1e-12


@given(masks, maps)
def test_bounds_of_calibration(reference, probability):
    keys = ('ece', 'mce', 'ace', 'brier', 'auroc')
    found = values(reference, reference, keys, probability=probability)
    assert found['ece'] <= found['mce'] + 1e-12
    assert found['ace'] <= found['mce'] + 1e-12
    # The gap of the whole, in one bin, is at most the gaps of its parts; and squares bound means.
    alone = values(reference, reference, ['ece', 'volume_bias_ml'], probability=probability, bins=1)
    assert alone['ece'] <= found['ece'] + 1e-12
    assert alone['ece'] == pytest.approx(abs(alone['volume_bias_ml']) / reference.size, abs=1e-12)
    assert found['ece'] <= np.sqrt(found['brier']) + 1e-12


@given(masks, maps)
def test_ranking_does_not_ask_how_large_probabilities_are(reference, probability):
    keys = ('auroc', 'average_precision')
    there, curved = (values(reference, reference, keys, probability=p) for p in (probability, probability**2))
    assert there == curved
    if there['auroc'] is not None:
        turned = values(reference, reference, ['auroc'], probability=1 - probability)['auroc']
        assert there['auroc'] + turned == pytest.approx(1)


@given(maps, maps)
def test_order_of_the_soft_overlaps(x, y):
    keys = ('dice_semimetric', 'jaccard_semimetric', 'soft_dice', 'soft_dice_squared', 'thresholded_dice')
    mask = np.ones(x.shape, np.uint8)
    there, back = (values(mask, mask, keys, probability=a, soft_reference=b) for a, b in ((x, y), (y, x)))
    for key in keys:
        assert_same(there[key], back[key], key)
    if there['dice_semimetric'] is None:
        assert set(there.values()) == {None}
        return
    dice, jaccard = there['dice_semimetric'], there['jaccard_semimetric']
    assert jaccard == pytest.approx(dice / (2 - dice))
    assert there['soft_dice'] <= min(dice, there['soft_dice_squared']) + 1e-12
    itself = values(mask, mask, keys, probability=x, soft_reference=x)
    if x.any():
        assert itself['dice_semimetric'] == itself['jaccard_semimetric'] == pytest.approx(1)
        assert itself['soft_dice_squared'] == pytest.approx(1)


@given(masks, masks)
def test_hard_masks_as_soft_labels_give_the_overlap(first, second):
    keys = (
        'dice',
        'iou',
        'dice_semimetric',
        'jaccard_semimetric',
        'soft_dice',
        'soft_dice_squared',
        'thresholded_dice',
    )
    found = values(first, second, keys, soft_reference=first.astype(float))
    for key in ('dice_semimetric', 'soft_dice', 'soft_dice_squared', 'thresholded_dice'):
        assert_same(found[key], found['dice'], key)
    assert_same(found['jaccard_semimetric'], found['iou'], 'jaccard_semimetric')


@given(npst.arrays(np.uint8, (2, 3, 4, 5), elements=st.integers(0, 2)))
def test_slices_add_up_to_the_volume(pair):
    whole = compare(*pair, labels=[1, 2], metrics=['tp', 'fp', 'fn', 'tn'])
    for label in (1, 2):
        slices = [
            compare(*planes, labels=[label], metrics=['tp', 'fp', 'fn', 'tn']) for planes in zip(*pair, strict=True)
        ]
        for key, value in whole.metrics[label].items():
            assert value.value == sum(one.metrics[label][key].value for one in slices)
