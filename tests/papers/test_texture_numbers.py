"""Drop, retained share, and where two courses cross."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.papers.scores import scores
from napari_segrobust.papers.texture_numbers import Crossing, Means, crossing, first_crossing, volume_ratio


def rows(by_model):
    """Rows of two seeds: model to (clean, values over speckle 0, 0.01, 0.02), the second seed 0.1 lower."""
    found = []
    for model, (clean, values) in by_model.items():
        for seed in (1, 2):
            off = 0.1 * (seed - 1)
            common = {'blended': 'foreground', 'model': model, 'seed': seed, 'case': 0}
            found.append({**common, 'kind': 'level', 'value': 2, 'dice': clean - off})
            found += [
                {**common, 'kind': 'speckle', 'value': place / 100, 'dice': value - off}
                for place, value in enumerate(values)
            ]
    return found


def test_score_drop_and_retained_share_belong_together():
    means = Means.of(rows({'U-Net': (0.9, (0.9, 0.5, 0.3))}))
    key = 'foreground', 'U-Net', 'speckle', 0.02
    assert means.seeds == (1, 2)
    assert means.at(*key) == pytest.approx([0.3, 0.2])
    assert means.drop(*key) == pytest.approx([0.6, 0.6])
    assert means.retained(*key) == pytest.approx([0.3 / 0.9, 0.2 / 0.8])


def test_a_network_that_finds_nothing_retains_nothing_that_is_defined():
    means = Means.of(rows({'U-Net': (0.0, (0.0, 0.0, 0.0))}))
    assert np.isnan(means.retained('foreground', 'U-Net', 'speckle', 0.01)[0])


@given(seed=st.integers(0, 999), share=st.floats(0, 1))
def test_the_volume_follows_from_dice_and_disagreement(seed, share):
    rng = np.random.default_rng(seed)
    reference = np.zeros((8, 8), bool)
    reference[2:6, 1:7] = True
    prediction = rng.random((8, 8)) < share
    assert volume_ratio(scores(prediction, reference)) == pytest.approx(prediction.sum() / reference.sum(), abs=1e-9)
    assert volume_ratio(scores(reference, reference)) == 1


def test_means_are_over_the_images():
    images = [
        {'blended': 'b', 'model': 'm', 'kind': 'alpha', 'value': 0.1, 'seed': 1, 'case': case, 'dice': dice}
        for case, dice in enumerate((0.2, 0.4, 0.9))
    ]
    assert Means.of(images).at('b', 'm', 'alpha', 0.1) == pytest.approx([0.5])


def test_a_crossing_is_found_for_each_seed():
    means = Means.of(rows({'U-Net': (0.95, (0.95, 0.5, 0.3)), 'NoSkip U-Net': (0.85, (0.85, 0.7, 0.6))}))
    found = crossing(means, 'foreground', 'U-Net', 'NoSkip U-Net', 'speckle')
    assert found.places == pytest.approx([0.01 / 3] * 2)
    assert found.words() == '0.00333 (2 of 2)'


def test_words_of_crossings():
    assert Crossing((), 3).words() == 'none in 3'
    assert Crossing((0.02, 0.01), 3).words() == '0.01 to 0.02 (2 of 3)'


@given(place=st.floats(0.05, 0.95), slope=st.floats(0.5, 5), sign=st.sampled_from([1, -1]))
def test_a_straight_line_crosses_where_it_is_zero(place, slope, sign):
    x = np.linspace(0, 1, 11)
    assert first_crossing(x, sign * slope * (x - place)) == pytest.approx(place)


@given(values=st.lists(st.floats(0.02, 1), min_size=2, max_size=9))
def test_what_stays_on_one_side_never_crosses(values):
    assert first_crossing(range(len(values)), values) is None
    assert first_crossing(range(len(values)), [-value for value in values]) is None


def test_two_courses_on_each_other_do_not_cross():
    assert first_crossing([0, 1, 2], [0.005, -0.005, 0.005]) is None
    assert first_crossing([0, 1, 2], [0.1, 0.0, -0.1]) == pytest.approx(1.0)
