"""Counts of all labels in one pass."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from napari_segrobust.compare import compare
from napari_segrobust.compare.counts import as_labels, count_labels
from napari_segrobust.errors import CompareError


@pytest.mark.parametrize('labels', [1, 2, 4, 5, 41])
@pytest.mark.parametrize('shape', [(9, 11), (5, 7, 9)])
def test_the_table_is_that_of_scikit_learn(labels, shape):
    rng = np.random.default_rng(labels)
    reference, prediction = rng.integers(0, labels + 1, (2, *shape)).astype(np.uint8)
    counts = count_labels(reference, prediction)
    classes = [0, *counts.labels]
    np.testing.assert_array_equal(counts.table, confusion_matrix(reference.ravel(), prediction.ravel(), labels=classes))
    assert counts.total == reference.size
    for i, label in enumerate(counts.labels):
        tp = ((reference == label) & (prediction == label)).sum()
        assert counts.of(label)[0] == tp == counts.slice_overlap[:, i].sum()
        assert (reference == label).sum() == counts.slice_reference[:, i].sum()
        assert (prediction == label).sum() == counts.slice_prediction[:, i].sum()


def test_counts_of_a_slice_are_those_of_the_slice_alone():
    rng = np.random.default_rng(3)
    reference, prediction = rng.integers(0, 4, (2, 5, 7, 9)).astype(np.uint8)
    counts = count_labels(reference, prediction, [1, 2, 3])
    for z in range(5):
        alone = count_labels(reference[z], prediction[z], [1, 2, 3])
        np.testing.assert_array_equal(counts.slice_overlap[z], alone.slice_overlap[0])
        np.testing.assert_array_equal(counts.slice_prediction[z], alone.slice_prediction[0])


def test_labels_that_were_not_asked_for_count_as_background():
    reference, prediction = np.array([[0, 1, 2, 3]]), np.array([[3, 1, 1, 0]])
    counts = count_labels(reference, prediction, [2, 1])
    assert counts.labels == (2, 1)
    np.testing.assert_array_equal(counts.table, [[2, 0, 0], [0, 0, 1], [0, 0, 1]])
    assert count_labels(reference, prediction, [7]).of(7) == (0, 0, 0, 4)


def test_large_label_values_cost_no_memory():
    reference, prediction = np.array([[0, 5000, 60_000]]), np.array([[5000, 5000, 0]])
    counts = count_labels(reference, prediction)
    assert counts.labels == (5000, 60_000)
    np.testing.assert_array_equal(counts.table, [[0, 1, 0], [0, 1, 0], [1, 0, 0]])


def test_invalid_voxels_are_nowhere_counted():
    rng = np.random.default_rng(0)
    for labels in (1, 3, 9):
        reference, prediction = rng.integers(0, labels + 1, (2, 4, 6, 6)).astype(np.uint8)
        valid = np.zeros((4, 6, 6), bool)
        valid[1:3, 2:, 1:5] = True
        cut = (slice(1, 3), slice(2, None), slice(1, 5))
        np.testing.assert_array_equal(
            count_labels(reference, prediction, range(1, labels + 1), valid).table,
            count_labels(reference[cut], prediction[cut], range(1, labels + 1)).table,
        )


def test_empty_masks_have_no_labels():
    nothing = np.zeros((3, 4), np.uint8)
    assert count_labels(nothing, nothing).labels == ()
    assert compare(nothing, nothing).metrics == {}


@pytest.mark.parametrize(
    ('array', 'why'),
    [
        (np.zeros((2, 2), float), 'float64'),
        (np.array([[-1, 0]]), '-1'),
        (np.zeros(3, int), '1 axes'),
        (np.zeros((1, 1, 1, 1), int), '4 axes'),
        (np.array([[70_000]]), '70000'),
    ],
)
def test_what_is_no_label_mask_is_refused_in_one_line(array, why):
    with pytest.raises(CompareError, match=why):
        as_labels(array)
