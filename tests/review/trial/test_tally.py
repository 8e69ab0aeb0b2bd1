"""Counts of answers: each case once, ties told, and the exact interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from napari_segrobust.review.trial import Entrant, Pair, tally
from napari_segrobust.review.trial.tally import interval, tallies


def pair(case, human='anna', other='net', kind='model'):
    one = Entrant(name=human, kind='rater', mask=f'{case}{human}')
    return Pair.drawn(case, one, Entrant(name=other, kind=kind, mask=f'{case}{other}'), seed=0)


def letter(pair, which):
    """What must be answered to choose the first or the second of a pair."""
    return 'AB'[(which == 'one') != (pair.a == 'one')]


def test_eighteen_of_thirty():
    pairs = [pair(str(i)) for i in range(33)]
    answers = {p.id: letter(p, 'one' if i < 18 else 'other') for i, p in enumerate(pairs[:30])}
    answers |= {pairs[30].id: 'both_plausible', pairs[31].id: 'undecidable', pairs[32].id: 'reference_wrong'}
    (found,) = tallies('human', pairs, answers)
    assert (found.cases, found.decided, found.chosen) == (33, 30, 18)
    assert found.answers == {'one': 18, 'other': 12, 'both_plausible': 1, 'undecidable': 1, 'reference_wrong': 1}
    assert found.words == (
        "the human's against the model's: 18 of 30 cases taken for the human's: 60 %, 95 % interval 41 to 77 %; "
        'chance is 50 %. 3 cases without a choice, not counted. '
        'This shows neither that they can be told apart nor that they cannot'
    )


def test_what_is_clear_is_not_hedged():
    pairs = [pair(str(i)) for i in range(12)]
    (found,) = tallies('use', pairs, {p.id: letter(p, 'other') for p in pairs})
    assert (found.chosen, found.low) == (0, 0)
    assert found.words.endswith('95 % interval 0 to 26 %; chance is 50 %')


def test_a_case_counts_once_however_many_its_pairs():
    pairs = [pair('1', name) for name in 'abc'] + [pair('2', name) for name in 'ab']
    which = ['one', 'one', 'other', 'one', 'other']
    (found,) = tallies('human', pairs, {p.id: letter(p, w) for p, w in zip(pairs, which, strict=True)})
    assert (found.cases, found.decided, found.chosen) == (2, 1, 1)
    assert found.answers['one'] == 3
    assert found.low == pytest.approx(0.025)


def test_no_choice_gives_no_share():
    pairs = [pair('1')]
    (found,) = tallies('human', pairs, {pairs[0].id: 'undecidable'})
    assert (found.share, found.low, found.high) == (None, None, None)
    assert 'no share, no interval. 1 case without a choice' in found.words
    assert tallies('human', pairs, {}) == ()


def test_nobody_calls_a_simulated_rater_human():
    pairs = [pair('1', 'simulated rater A')]
    (found,) = tallies('human', pairs, {pairs[0].id: 'undecidable'})
    assert found.one == "the simulated rater's"
    assert found.counted == (
        "1 answers: 0 the simulated rater's, 0 the model's, 0 both plausible, 0 reference wrong, 1 undecidable"
    )


def test_two_raters_are_counted_by_name():
    pairs = [pair('1', 'anna', 'ben', 'rater'), pair('1', 'anna', 'carla', 'rater')]
    found = tallies('use', pairs, {p.id: 'A' for p in pairs})
    assert [(t.one, t.other) for t in found] == [('anna', 'ben'), ('anna', 'carla')]


def test_the_ends_solve_the_tails():
    """Clopper and Pearson: at either end, what was seen or more extreme has a probability of 2.5 %."""
    low, high = interval(18, 30)
    upper = sum(math.comb(30, k) * low**k * (1 - low) ** (30 - k) for k in range(18, 31))
    lower = sum(math.comb(30, k) * high**k * (1 - high) ** (30 - k) for k in range(19))
    assert (upper, lower) == (pytest.approx(0.025, abs=1e-6), pytest.approx(0.025, abs=1e-6))


@given(st.integers(1, 60), st.data())
def test_it_is_the_interval_of_the_beta_distribution(decided, data):
    chosen = data.draw(st.integers(0, decided))
    low, high = interval(chosen, decided)
    beta = stats.beta.ppf([0.025, 0.975], [chosen, chosen + 1], [decided - chosen + 1, decided - chosen])
    np.testing.assert_allclose([low, high], np.where(np.isnan(beta), [0, 1], beta), atol=1e-9)
    assert low <= chosen / decided <= high
    assert tally.LEVEL == 0.95
