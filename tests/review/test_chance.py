"""Kappa and alpha: published examples, scikit-learn, and what they do when there is nothing to correct."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

import napari_segrobust as sr
from napari_segrobust.review.chance import fleiss_kappa, krippendorff_alpha, randolph_kappa, ratings

#: Fleiss 1971 as in textbooks: ten subjects, fourteen raters, five categories; kappa 0.210.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
)
#: Krippendorff 2011, example D: four observers, twelve units, 0 is missing; nominal alpha 0.743.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)


def counted(table):
    return np.stack([(table == category).sum(axis=0) for category in range(1, table.max() + 1)], axis=1)


def test_fleiss_of_the_textbook():
    assert fleiss_kappa(FLEISS).value == pytest.approx(0.2099, abs=5e-5)
    # Observed agreement 0.378, chance 1/5.
    assert randolph_kappa(FLEISS).value == pytest.approx((0.378022 - 0.2) / 0.8, abs=1e-5)


def test_alpha_of_its_author_with_missing_ratings():
    assert krippendorff_alpha(counted(KRIPPENDORFF)).value == pytest.approx(0.743, abs=5e-4)


def test_alpha_by_hand():
    # Two raters, four units: in-in, in-out, out-out, out-out. n = 8, n_in = 3, n_out = 5, one unit disagrees.
    table = np.array([[0, 2], [1, 1], [2, 0], [2, 0]])
    assert krippendorff_alpha(table).value == pytest.approx(1 - 7 * 2 / (64 - 9 - 25))


@given(arrays(np.int64, (5, 3), elements=st.integers(0, 4)), st.integers(1, 5))
def test_a_weight_is_a_repetition(table, times):
    weights = np.arange(5) % 2 * times + 1
    for function in (fleiss_kappa, randolph_kappa, krippendorff_alpha):
        weighted, repeated = function(table, weights), function(np.repeat(table, weights, axis=0))
        assert weighted.status == repeated.status
        if weighted.value is not None:
            assert weighted.value == pytest.approx(repeated.value)
            assert weighted.value <= 1 + 1e-12


def test_perfect_agreement_is_one_and_one_category_is_undefined():
    perfect, constant = np.array([[3, 0], [0, 3]]), np.array([[3, 0], [3, 0]])
    for function in (fleiss_kappa, randolph_kappa, krippendorff_alpha):
        assert function(perfect).value == pytest.approx(1)
    for function in (fleiss_kappa, krippendorff_alpha):
        assert function(constant).value is None
        assert function(constant).status == 'zero_denominator'
        assert function(np.array([[1, 0], [0, 1]])).status == 'not_applicable'
    assert randolph_kappa(constant).value == 1


def test_fleiss_leaves_incomplete_units_out_and_says_so():
    table = np.concatenate((FLEISS, [[3, 0, 0, 0, 0]]))
    value = fleiss_kappa(table)
    assert value.value == fleiss_kappa(FLEISS).value
    assert value.reason == '1 voxels that not all raters looked at are left out'


def test_cohen_of_each_pair_is_that_of_scikit_learn(disc):
    masks = np.stack([disc(6), disc(8), disc(7, (22, 19))])
    found = sr.agree(masks, margin=3).to_dict()['cohen_kappa']
    region = sr.agree(masks, margin=3).region
    for i in range(3):
        for j in range(3):
            full = cohen_kappa_score(masks[i].ravel(), masks[j].ravel())
            assert found['full'][i][j] == pytest.approx(full)
            cut = [masks[k][region.box].ravel() for k in (i, j)]
            assert found['region'][i][j] == pytest.approx(cohen_kappa_score(*cut))


def test_two_raters_alpha_of_the_votes_is_that_of_the_voxels(disc, votes):
    masks = [disc(6), disc(9)]
    patterns = votes(masks).patterns()
    voxels = np.stack(masks).reshape(2, -1).T
    table = np.stack((2 - voxels.sum(axis=1), voxels.sum(axis=1)), axis=1)
    assert krippendorff_alpha(ratings(patterns), patterns.counts).value == pytest.approx(
        krippendorff_alpha(table).value
    )
