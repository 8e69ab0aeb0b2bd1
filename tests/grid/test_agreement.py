"""Votes counted by hand, and against SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import jaccard_score

from napari_segrobust.errors import CompareError
from napari_segrobust.grid import agreement_of

MASKS = [np.array([mask], np.uint8) for mask in ([0, 1, 1, 2], [0, 1, 0, 2], [0, 1, 0, 1])]


def test_models_that_agree():
    found = agreement_of([MASKS[0]] * 3)
    assert found.unanimous_share == 1
    assert found.shares == (1, 1, 1)
    assert not found.entropy_bits.any()
    assert not found.tied.any()
    np.testing.assert_array_equal(found.majority, MASKS[0])
    np.testing.assert_array_equal(found.pairwise, np.ones((3, 3)))


def test_votes_by_hand():
    found = agreement_of(MASKS)
    assert found.labels == (0, 1, 2)
    np.testing.assert_array_equal(found.counts[:, 0], [[3, 0, 2, 0], [0, 3, 1, 1], [0, 0, 0, 2]])
    np.testing.assert_array_equal(found.majority, [[0, 1, 0, 2]])
    np.testing.assert_array_equal(found.agreeing, [[3, 3, 2, 2]])
    np.testing.assert_array_equal(found.seen, [[0, 3, 1, 3]])
    third = -(2 / 3 * np.log2(2 / 3) + 1 / 3 * np.log2(1 / 3))
    np.testing.assert_allclose(found.entropy_bits, [[0, 0, third, third]], atol=1e-6)
    assert found.shares == pytest.approx((2 / 3, 1, 2 / 3))
    np.testing.assert_allclose(found.pairwise, [[1, 2 / 3, 1 / 3], [2 / 3, 1, 1 / 2], [1 / 3, 1 / 2, 1]])
    assert found.unanimous_share == pytest.approx(1 / 3)


def test_a_tie_goes_to_the_background_and_is_told():
    found = agreement_of([np.array([[1, 0]]), np.array([[0, 0]])])
    np.testing.assert_array_equal(found.majority, [[0, 0]])
    np.testing.assert_array_equal(found.tied, [[True, False]])
    assert found.entropy_bits.tolist() == [[1, 0]]


def test_one_label_alone_and_one_part_alone():
    found = agreement_of(MASKS, label=2, valid=np.array([[True, True, True, False]]))
    assert found.labels == (0,)
    assert found.shares == (None, None, None)
    assert found.unanimous_share is None
    assert np.isnan(found.pairwise).all()


def test_against_scipy_and_scikit_learn():
    rng = np.random.default_rng(1)
    masks = [rng.integers(0, 3, (20, 30)) for _ in range(5)]
    found = agreement_of(masks)
    np.testing.assert_allclose(found.entropy_bits, entropy(found.counts / 5, base=2), atol=1e-6)
    pairs = agreement_of(masks, label=1).pairwise
    assert pairs[1, 3] == pytest.approx(jaccard_score((masks[1] == 1).ravel(), (masks[3] == 1).ravel()))


@pytest.mark.parametrize('masks', [[], [np.zeros((2, 2)), np.zeros((2, 3))]])
def test_what_cannot_agree(masks):
    with pytest.raises(CompareError, match='No agreement'):
        agreement_of(masks)
