"""Colours say better and worse the same way for every metric, and every number on them is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.ui.review.ramps import DIVERGING, SEQUENTIAL, difference_ramp, distance_ramp, ink_on, ratio_ramp
from napari_segrobust.ui.widgets.palette import TEXT_CONTRAST, contrast, luminance

NUMBERS = st.lists(st.floats(0, 1), min_size=1, max_size=9)


def test_a_perfect_pair_has_the_colour_of_better_by_every_metric():
    ratio, distance = ratio_ramp([0.71, 0.9]), distance_ramp([3.0, 5.0], 2.0)
    assert ratio.colour(1.0) == distance.colour(0.0) == SEQUENTIAL[-1].lower()
    assert ratio.colour(ratio.first) == distance.colour(5.0) == SEQUENTIAL[0].lower()
    assert (ratio.first, distance.first) == (0.7, 5.0)
    assert ratio.ends == ('worse 0.700', '1.00 better')
    assert distance.ends == ('worse 5.00', '0 better')


def test_small_differences_are_not_made_large():
    assert ratio_ramp([0.98, 0.99]).first == pytest.approx(0.8)
    assert distance_ramp([0.5], 2.0).first == 4.0
    assert difference_ramp([0.01], 10.0).last == 1.0
    assert difference_ramp([0.0], 0.0).last == 1.0


@given(NUMBERS, st.floats(0, 1), st.floats(0, 1))
def test_better_is_never_darker(values, one, other):
    ramp = ratio_ramp(values)
    low, high = sorted((one, other))
    # Colours are whole steps of 255.
    assert luminance(ramp.colour(high)) >= luminance(ramp.colour(low)) - 0.01


def test_a_difference_is_mirrored_around_grey():
    ramp = difference_ramp([-3.0, 2.0], 10.0)
    assert (ramp.first, ramp.last) == (-3.0, 3.0)
    assert ramp.colour(0.0) == DIVERGING[1].lower()
    assert [ramp.colour(end) for end in (-3.0, 3.0, 99.0)] == [DIVERGING[i].lower() for i in (0, 2, 2)]


@given(st.floats(0, 1), st.sampled_from([ratio_ramp([0.2]), difference_ramp([1.0], 1.0)]))
def test_ink_is_legible_on_every_colour(share, ramp):
    colour = ramp.at(share)
    assert contrast(ink_on(colour), colour) >= TEXT_CONTRAST
