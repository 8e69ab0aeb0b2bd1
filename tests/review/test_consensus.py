"""Rules by hand on patterns of four raters, and what any rule must hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segrobust.errors import ReviewError
from napari_segrobust.review import ConsensusCode, Votes, consensus
from napari_segrobust.review.consensus import RULES, weights_of
from napari_segrobust.review.simple import simple

O, I, T, U = ConsensusCode  # noqa: E741  # as short as the table needs


def of(masks, looked=None):
    looked = (None,) * len(masks) if looked is None else tuple(looked)
    drawn = tuple(m if there is None else m & there for m, there in zip(masks, looked, strict=True))
    return Votes(tuple(map(str, range(len(masks)))), drawn, looked)


@pytest.mark.parametrize(
    ('rule', 'states'),
    [
        ('majority', [O, O, T, I, I]),
        ('at_least_half', [O, O, I, I, I]),
        ('union', [O, I, I, I, I]),
        ('intersection', [O, O, O, O, I]),
    ],
)
def test_voting_rules_by_the_number_of_votes(rule, states):
    masks = [np.array([[int(r < k) for k in range(5)]], bool) for r in range(4)]
    votes = of(masks)
    agreed = consensus(votes.patterns(), rule)
    np.testing.assert_array_equal(agreed.map(votes), [states])
    assert agreed.voxels == states.count(I)
    assert agreed.tie_voxels == states.count(T)


@given(st.integers(2, 6).flatmap(lambda n: arrays(np.bool_, (n, 3, 5))))
def test_rules_are_nested_and_keep_what_is_unanimous(masks):
    votes = of(masks)
    patterns = votes.patterns()
    found = {rule: consensus(patterns, rule) for rule in RULES}
    order = ['intersection', 'majority', 'at_least_half', 'union']
    for smaller, larger in pairwise(order):
        assert not (found[smaller].mask(votes) & ~found[larger].mask(votes)).any()
    assert found['at_least_half'].voxels == found['majority'].voxels + found['majority'].tie_voxels
    everybody, nobody = masks.all(axis=0), ~masks.any(axis=0)
    for rule in ('majority', 'at_least_half', 'union', 'intersection', 'weighted', 'simple'):
        mask = found[rule].mask(votes)
        assert mask[everybody].all()
        assert not mask[nobody].any()


def test_where_nobody_looked_is_a_state_of_its_own():
    masks = np.ones((2, 1, 3), bool)
    looked = np.array([[[1, 1, 0]], [[1, 0, 0]]], bool)
    votes = of(masks, looked)
    for rule in RULES:
        assert consensus(votes.patterns(), rule).map(votes)[0, 2] == U
    np.testing.assert_array_equal(consensus(votes.patterns()).map(votes), [[I, I, U]])


def test_weights_are_dice_with_the_majority_of_the_others(disc):
    masks = [disc(6) > 0, disc(7) > 0, disc(8) > 0]
    sizes = [int(mask.sum()) for mask in masks]
    # Others of the first agree on the disc of 7, of the second on that of 6, of the third on that of 6.
    expected = [
        2 * sizes[0] / (sizes[0] + sizes[1]),
        2 * sizes[0] / (sizes[0] + sizes[1]),
        2 * sizes[0] / (sizes[0] + sizes[2]),
    ]
    np.testing.assert_allclose(weights_of(of(masks).patterns()), expected)


def test_simple_drops_the_one_who_drew_something_else_and_the_vote_forgets_them(disc):
    masks = [disc(6) > 0, disc(6.5) > 0, disc(7) > 0, disc(6.2, (21, 20)) > 0, disc(7, (8, 8)) > 0]
    patterns = of(masks).patterns()
    found = simple(patterns)
    assert found.kept.tolist() == [True, True, True, True, False]
    assert found.weights[4] == 0
    assert (found.weights[:4] > 0.8).all()
    votes = of(masks)
    assert not (consensus(patterns, 'simple').mask(votes) & masks[4]).any()


def test_simple_keeps_everybody_who_agrees_and_never_fewer_than_three(disc):
    alike = [disc(r) > 0 for r in (8, 8.1, 8.2, 8.3, 8.5)]
    assert simple(of(alike).patterns()).kept.all()
    assert simple(of([disc(4) > 0, disc(9) > 0, disc(5, (30, 30)) > 0]).patterns()).kept.sum() == 3
    empty = simple(of([np.zeros((4, 4), bool)] * 3).patterns())
    assert empty.kept.all()


def test_an_unknown_rule_is_refused(disc):
    with pytest.raises(ReviewError, match='Unknown consensus: mode'):
        consensus(of([disc(4) > 0, disc(5) > 0]).patterns(), 'mode')
