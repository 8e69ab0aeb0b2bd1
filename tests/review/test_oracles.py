"""Kappa, alpha, ICC and Bland-Altman against krippendorff, statsmodels and pingouin, on whatever hypothesis draws."""

from __future__ import annotations

import krippendorff
import numpy as np
import pingouin
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pandas import DataFrame
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_cohen
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_kappa

import napari_segrobust as sr
from napari_segrobust.review.bland_altman import bland_altman
from napari_segrobust.review.chance import fleiss_kappa, krippendorff_alpha, randolph_kappa
from napari_segrobust.review.icc import icc_a1

#: Ratings, shape (units, raters), of up to four categories; -1 is missing.
complete = st.tuples(st.integers(2, 25), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 3))
)
with_holes = st.tuples(st.integers(2, 25), st.integers(2, 6)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(-1, 3))
)


def counted(ratings: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([(ratings == category).sum(axis=1) for category in range(4)], axis=1)


@given(complete)
def test_fleiss_and_randolph_are_those_of_statsmodels(ratings):
    assume(len(np.unique(ratings)) > 1)
    table, categories = aggregate_raters(ratings)
    assert len(categories) == table.shape[1]
    assert fleiss_kappa(table).value == pytest.approx(statsmodels_kappa(table, method='fleiss'), abs=1e-12)
    assert randolph_kappa(table).value == pytest.approx(statsmodels_kappa(table, method='randolph'), abs=1e-12)


@given(with_holes)
def test_alpha_with_missing_ratings_is_that_of_krippendorff(ratings):
    paired = ratings[(ratings >= 0).sum(axis=1) >= 2]
    # Krippendorff's package refuses what has one category; ours says that it is undefined.
    assume(len(np.unique(paired[paired >= 0])) > 1)
    table = np.where(ratings < 0, np.nan, ratings).T
    expected = krippendorff.alpha(reliability_data=table, level_of_measurement='nominal', value_domain=[0, 1, 2, 3])
    assert krippendorff_alpha(counted(ratings)).value == pytest.approx(expected, abs=1e-12)


def test_masks_with_missing_slices_give_the_alpha_of_krippendorff(ball):
    masks = {'A': ball(7), 'B': ball(7.4), 'C': ball(6.2)}
    looked = np.ones((24, 24, 24), bool)
    looked[12:] = False
    agreement = sr.agree(masks, valid={'C': looked}, margin=3)
    table = np.stack([masks['A'], masks['B'], np.where(looked, masks['C'], np.nan)]).astype(float)
    for where, cut in (('full', table), ('region', table[(slice(None), *agreement.region.box)])):
        expected = krippendorff.alpha(reliability_data=cut.reshape(3, -1), level_of_measurement='nominal')
        assert agreement.chance['krippendorff_alpha'][where].value == pytest.approx(expected, abs=1e-9)


def test_masks_give_the_kappas_of_statsmodels(ball):
    masks = np.stack([ball(7), ball(7.4), ball(6.2), ball(7, (12, 13, 12))])
    agreement = sr.agree(masks, margin=3)
    for where, cut in (('full', masks), ('region', masks[(slice(None), *agreement.region.box)])):
        table = aggregate_raters(cut.reshape(4, -1).T)[0]
        for key, method in (('fleiss_kappa', 'fleiss'), ('randolph_kappa', 'randolph')):
            assert agreement.chance[key][where].value == pytest.approx(statsmodels_kappa(table, method), abs=1e-9)
        both = np.array([[np.sum((cut[0] == i) & (cut[1] == j)) for j in (0, 1)] for i in (0, 1)])
        assert agreement.to_dict()['cohen_kappa'][where][0][1] == pytest.approx(statsmodels_cohen(both).kappa, abs=1e-9)


# Pingouin 0.7 says "inplace" to pandas 3.1.
@pytest.mark.filterwarnings('ignore:The inplace keyword')
@pytest.mark.parametrize('raters', [2, 3, 5])
@pytest.mark.parametrize('spread', [0.3, 2.0, 9.0])
@pytest.mark.parametrize('cases', [4, 12])
def test_icc_and_its_interval_are_those_of_pingouin(cases, raters, spread, monkeypatch):
    monkeypatch.setitem(pingouin.options, 'round.column.CI95', 9)
    rng = np.random.default_rng([cases, raters, int(10 * spread)])
    measured = 20 + spread * rng.normal(size=(cases, 1)) + rng.normal(size=(cases, raters)) + rng.normal(size=raters)
    rows = [{'case': i, 'rater': j, 'ml': ml} for (i, j), ml in np.ndenumerate(measured)]
    table = pingouin.intraclass_corr(DataFrame(rows), targets='case', raters='rater', ratings='ml').set_index('Type')
    found, expected = icc_a1(measured), table.loc['ICC(A,1)']
    assert found.value == pytest.approx(expected['ICC'], abs=1e-9)
    if found.low is None:
        assert found.value < 0
    else:
        assert (found.low, found.high) == pytest.approx(tuple(expected['CI95']), abs=1e-6)


@given(arrays(float, (9, 2), elements=st.floats(1, 400)))
def test_bias_and_limits_with_their_intervals_are_those_of_pingouin(measured):
    first, second = measured.T
    found = bland_altman(first, second, ('A', 'B'))
    # Scipy has no interval around equal numbers; ours has no width.
    assume(found.sd > 1e-9)
    axes = Figure().subplots()
    pingouin.plot_blandaltman(second, first, ax=axes, annotate=False)
    zero, *lines = (line.get_ydata()[0] for line in axes.lines)
    assert zero == 0
    low, high = found.limits
    assert [found.bias, high, low] == pytest.approx(lines, abs=1e-9)
    spans = [(patch.get_y(), patch.get_y() + patch.get_height()) for patch in axes.patches]
    for interval, span in zip((found.bias_interval, found.upper_interval, found.lower_interval), spans, strict=True):
        assert interval == pytest.approx(span, abs=1e-9)
