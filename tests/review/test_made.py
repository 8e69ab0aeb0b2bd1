"""A consensus as an array: what is in, what is tied, and what a reference or a file holds of it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.errors import ReviewError
from napari_segrobust.review import ConsensusCode, agree, consensus
from napari_segrobust.review.consensus import RULES
from napari_segrobust.review.made import ALL_RULES, LABELS, SOFT, make_consensus, mask_of
from napari_segrobust.review.maps import alone, alone_map

TWO = {'anna': np.array([[0, 1, 1, 0]] * 3, np.uint8), 'ben': np.array([[0, 0, 1, 1]] * 3, np.uint8)}


@pytest.fixture
def discs():
    """Discs of five sizes in a wide field: STAPLE differs between the region and the whole."""
    row, column = np.ogrid[:80, :80]
    far = np.hypot(row - 40, column - 40)
    return {f'r{radius}{place}': (far <= radius).astype(np.uint8) for place, radius in enumerate((3, 9, 12, 15, 16))}


def test_every_rule_gives_an_array_of_the_case():
    agreement = agree(TWO)
    assert {make_consensus(agreement, rule, TWO).array.shape for rule in ALL_RULES} == {(3, 4)}


@pytest.mark.parametrize('rule', RULES)
def test_rules_are_those_of_consensus(rule, discs):
    agreement = agree(discs)
    made = make_consensus(agreement, rule)
    np.testing.assert_array_equal(made.array, agreement.consensus_map(rule))
    assert (made.voxels, made.ties, made.raters) == (np.sum(made.array == 1), np.sum(made.array == 2), 5)
    whole = make_consensus(agreement, rule, whole=True)
    np.testing.assert_array_equal(whole.array, consensus(agreement.full_patterns, rule).map(agreement.votes))
    assert rule == 'staple' or np.array_equal(whole.array, made.array)


def test_a_tie_is_out_of_a_reference_and_2_in_a_file():
    made = make_consensus(agree(TWO), 'majority')
    np.testing.assert_array_equal(made.to_save[0], [0, 2, 1, 2])
    np.testing.assert_array_equal(mask_of(made, 7)[0], [0, 0, 7, 0])
    assert made.ties == 6


def test_the_soft_label_is_the_share():
    made = make_consensus(agree(TWO), SOFT)
    np.testing.assert_array_equal(made.array[0], [0, 0.5, 1, 0.5])
    np.testing.assert_array_equal(mask_of(made, 1)[0], [0, 0, 1, 0])
    assert made.voxels == 6


def test_where_nobody_looked_there_is_no_share_and_no_mask():
    looked = np.ones((3, 4), bool)
    looked[0] = False
    agreement = agree(TWO, valid=dict.fromkeys(TWO, looked))
    soft, majority = make_consensus(agreement, SOFT), make_consensus(agreement, 'majority')
    assert np.isnan(soft.array[0]).all()
    assert not np.isnan(soft.to_save).any()
    assert (majority.array[0] == ConsensusCode.UNSEEN).all()
    assert not mask_of(majority, 1)[0].any()
    assert soft.unseen == majority.unseen == 4


def test_all_labels_keep_their_values_and_ties_are_out():
    masks = {'anna': np.array([[1, 1, 2, 0]] * 3), 'ben': np.array([[1, 1, 2, 2]] * 3)}
    made = make_consensus(agree(masks, margin=None), LABELS, masks)
    np.testing.assert_array_equal(mask_of(made, 9)[~made.tied], made.array[~made.tied])
    assert not mask_of(made, 9)[made.tied].any()
    assert made.ties == made.tied.sum()


def test_all_labels_want_masks_that_mean_the_same_everywhere():
    looked = np.zeros((3, 4), bool)
    looked[:2] = True
    with pytest.raises(ReviewError, match='did not look everywhere'):
        make_consensus(agree(TWO, valid={'ben': looked}), LABELS, TWO)
    with pytest.raises(ReviewError, match='no label masks'):
        make_consensus(agree(TWO), LABELS)
    other = {**TWO, 'ben': 5 * TWO['ben']}
    with pytest.raises(ReviewError, match='number the labels differently'):
        make_consensus(agree(other, label={'anna': 1, 'ben': 5}), LABELS, other)


def test_who_stands_alone_is_where_the_counts_say(discs):
    votes = agree(discs).votes
    counts = alone(votes)
    for rater in range(5):
        codes = alone_map(votes, rater)
        assert (np.sum(codes == 1), np.sum(codes == 2)) == (counts['only_in'][rater], counts['only_out'][rater])
