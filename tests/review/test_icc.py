"""ICC(A,1), intervals over cases, and Bland-Altman: published numbers and hand-worked cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from napari_segrobust.review.bland_altman import bland_altman
from napari_segrobust.review.bootstrap import bootstrap
from napari_segrobust.review.icc import icc_a1

#: Six targets by four judges, Shrout & Fleiss 1979, table 2: ICC(2,1) = 0.29.
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_icc_of_shrout_and_fleiss_with_its_interval():
    found = icc_a1(SHROUT)
    assert found.value == pytest.approx(0.2898, abs=5e-5)
    # As printed by R's psych::ICC and by pingouin for these data.
    assert (found.low, found.high) == pytest.approx((0.019, 0.761), abs=5e-4)
    assert (found.cases, found.raters) == (6, 4)


def test_icc_sees_a_rater_who_is_always_larger():
    cases = np.arange(1.0, 9.0)
    same = icc_a1(np.stack((cases, cases), axis=1))
    assert same.value == pytest.approx(1)
    larger = icc_a1(np.stack((cases, cases + 3), axis=1))
    # MSR = 2 var, MSC = 8 * 2 * 1.5^2, MSE = 0.
    variance = cases.var(ddof=1)
    assert larger.value == pytest.approx(2 * variance / (2 * variance + 2 * 36 / 8))
    assert larger.low < larger.value < larger.high


def test_icc_is_null_for_one_case_and_leaves_incomplete_cases_out():
    one = icc_a1(SHROUT[:1])
    assert one.value is None
    assert one.to_dict()['status'] == 'not_applicable'
    assert '1 and 4' in one.reason
    assert icc_a1(np.full((4, 3), 2.0)).value is None
    assert icc_a1(SHROUT[:, :1]).value is None
    holes = np.concatenate((SHROUT, [[np.nan, 1, 2, 3]]))
    assert icc_a1(holes) == icc_a1(SHROUT)


@given(st.integers(0, 10_000), st.integers(2, 7), st.integers(2, 5), st.sampled_from([0.0, 0.3, 5.0]))
def test_icc_lies_in_its_interval(seed, cases, raters, between):
    rng = np.random.default_rng(seed)
    found = icc_a1(rng.normal(size=(cases, raters)) + between * rng.normal(size=(cases, 1)))
    assert found.value <= 1
    if found.low is None:
        assert found.value < 0, 'above 0 there always is one'
    else:
        assert found.low <= found.value <= found.high <= 1


def test_interval_covers_and_repeats():
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(60):
        found = bootstrap(lambda rows: float(rows.mean()), rng.normal(3, 1, 25), repeats=300)
        covered += found.low <= 3 <= found.high
    assert 50 <= covered <= 60
    cases = rng.normal(size=12)
    assert bootstrap(lambda rows: float(rows.mean()), cases) == bootstrap(lambda rows: float(rows.mean()), cases)
    assert bootstrap(np.mean, cases, seed=1) != bootstrap(np.mean, cases, seed=2)


def test_interval_is_that_of_scipy():
    cases = np.random.default_rng(2).gamma(2, size=40)
    found = bootstrap(lambda rows: float(np.median(rows)), cases, repeats=4000)
    expected = stats.bootstrap((cases,), np.median, method='percentile', n_resamples=4000, rng=3).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.08)


def test_one_case_has_no_interval():
    found = bootstrap(np.mean, np.array([0.8]))
    assert (found.value, found.low, found.high) == (0.8, None, None)
    assert found.few
    assert bootstrap(np.mean, np.zeros(0)).value is None
    undefined = bootstrap(lambda rows: None if rows[0] else 1.0, np.array([0.0, 1, 1, 1]))
    assert (undefined.value, undefined.low) == (1.0, None)


def test_bland_altman_by_hand():
    found = bland_altman(np.array([10.0, 20, 30, np.nan]), np.array([11.0, 23, 32, 5]), ('A', 'B'))
    assert found.differences == (1, 3, 2)
    assert found.means == (10.5, 21.5, 31)
    assert (found.bias, found.sd) == (2, 1)
    assert found.limits == pytest.approx((0.04, 3.96))
    half = stats.t.ppf(0.975, 2) / np.sqrt(3)
    assert found.bias_interval == pytest.approx((2 - half, 2 + half))
    assert found.upper_interval == pytest.approx((3.96 - np.sqrt(3) * half, 3.96 + np.sqrt(3) * half))
    one = bland_altman(np.array([1.0]), np.array([2.0]), ('A', 'B'))
    assert (one.bias, one.sd, one.limits) == (1, None, None)
    assert bland_altman(np.zeros(0), np.zeros(0), ('A', 'B')).to_dict()['bias'] is None


def test_cases_that_do_not_differ_have_nothing_to_agree_on():
    found = icc_a1(np.tile([7.32, 5.36, 9.96], (6, 1)))
    assert (found.value, found.low, found.high) == (0.0, None, None)
