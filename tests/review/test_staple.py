"""STAPLE against SimpleITK, by hand, and where it is known to mislead."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from napari_segrobust.errors import ReviewError
from napari_segrobust.review import staple, staple_labels


def of_itk(masks):
    tool = sitk.STAPLEImageFilter()
    tool.SetForegroundValue(1)
    found = tool.Execute([sitk.GetImageFromArray(np.asarray(mask, np.uint8)) for mask in masks])
    return sitk.GetArrayFromImage(found), tool


@pytest.mark.parametrize('seed', range(6))
def test_probability_and_performance_are_those_of_simpleitk(ball, votes, seed):
    rng = np.random.default_rng(seed)
    masks = [ball(rng.uniform(3, 7), rng.uniform(9, 14, 3)) for _ in range(2 + seed % 5)]
    made = votes(masks)
    patterns = made.patterns()
    found = staple(patterns)
    expected, tool = of_itk(masks)
    painted = made.paint(patterns, found.probability, float)
    assert np.abs(painted - expected).max() < 1e-6
    np.testing.assert_array_equal(painted > 0.5, expected > 0.5)
    assert found.voxels(patterns) == np.count_nonzero(expected > 0.5)
    np.testing.assert_allclose(found.sensitivity, tool.GetSensitivity(), atol=1e-6)
    np.testing.assert_allclose(found.specificity, tool.GetSpecificity(), atol=1e-6)
    assert found.iterations == tool.GetElapsedIterations() + 1, 'ITK does not count the one that changes nothing'
    assert found.converged


def test_first_step_by_hand(votes):
    """Two raters, three voxels: both in, one in, none. One step from the mean of the masks."""
    found = staple(votes([np.array([[1, 1, 0]]), np.array([[1, 0, 0]])]).patterns(), most_iterations=1)
    # Truth starts at 1, 1/2, 0: sensitivity (1 + 1/2) / (3/2) and 1 / (3/2); specificity 1 / (3/2) and 1.
    np.testing.assert_allclose(found.sensitivity, [1, 2 / 3])
    np.testing.assert_allclose(found.specificity, [2 / 3, 1])
    # Prior 1/2. Only the first in: 1 * 1/3 against 1/3 * 1; patterns in the order none, first alone, both.
    np.testing.assert_allclose(found.probability, [0, 0.5, 1], atol=1e-12)
    assert not found.converged


def test_one_rater_who_agrees_with_everybody_is_perfect(disc, votes):
    found = staple(votes([disc(6)] * 3).patterns())
    np.testing.assert_allclose(found.sensitivity, 1)
    np.testing.assert_allclose(found.specificity, 1)
    np.testing.assert_allclose(found.probability, [0, 1])


def test_nobody_draws_anything(votes):
    found = staple(votes([np.zeros((4, 4))] * 2).patterns())
    assert found.prior == 0
    np.testing.assert_array_equal(found.probability, [0])
    assert np.isnan(found.sensitivity).all(), 'nothing to see: undefined, not perfect'
    np.testing.assert_allclose(found.specificity, 1)


def test_a_missing_vote_is_no_vote_for_background(disc, votes):
    """A rater who looked at half of the image is as good there as the others, and silent elsewhere."""
    left = np.zeros((40, 40), bool)
    left[:, :20] = True
    masks = [disc(8), disc(8), disc(8)]
    missing = staple(votes(masks, [None, None, left]).patterns())
    np.testing.assert_allclose(missing.sensitivity, 1)
    as_background = staple(votes([*masks[:2], masks[2] * left]).patterns())
    assert as_background.sensitivity[2] < 0.6


def test_several_labels_are_those_of_simpleitk():
    rng = np.random.default_rng(5)
    base = np.zeros((14, 16, 18), np.uint8)
    base[3:9, 4:11, 5:12], base[7:12, 9:14, 3:9] = 1, 2
    masks = []
    for _ in range(5):
        mask = np.roll(base, rng.integers(-1, 2, 3), (0, 1, 2))
        wrong = rng.random(mask.shape) < 0.03
        mask[wrong] = rng.integers(0, 3, np.count_nonzero(wrong))
        masks.append(mask)
    tool = sitk.MultiLabelSTAPLEImageFilter()
    expected = sitk.GetArrayFromImage(tool.Execute([sitk.GetImageFromArray(mask) for mask in masks]))
    found = staple_labels(masks)
    assert found.values == (0, 1, 2)
    assert found.converged
    assert not found.tied.any()
    np.testing.assert_array_equal(found.labels, expected)
    for r in range(5):
        # ITK keeps a row for its undecided label.
        table = np.array(tool.GetConfusionMatrix(r)).reshape(-1, 3)[:3]
        np.testing.assert_allclose(found.confusion[r], table, atol=1e-4)


def test_one_label_of_several_is_the_binary_result(disc):
    masks = [disc(6), disc(8), disc(7, (22, 19))]
    found = staple_labels(masks)
    expected, _ = of_itk(masks)
    np.testing.assert_array_equal(found.labels, expected > 0.5)


def test_labels_keep_their_values_and_the_box_bounds_what_takes_part(disc):
    masks = [disc(6) * 7, disc(8) * 7, disc(7) * 7]
    found = staple_labels(masks, (slice(8, 33), slice(8, 33)))
    assert found.values == (0, 7)
    assert set(np.unique(found.labels)) == {0, 7}
    assert not found.labels[:8].any()
    np.testing.assert_allclose(found.confusion.sum(axis=1), 1)


def test_every_voxel_tied_is_said(votes):
    found = staple_labels([np.array([[0, 1]]), np.array([[1, 0]])])
    assert found.tied.all()
    with pytest.raises(ReviewError, match='No consensus'):
        staple_labels([np.zeros((2, 2), int)])
    with pytest.raises(ReviewError, match='No consensus'):
        staple_labels([np.zeros((2, 2), int), np.zeros((2, 3), int)])
