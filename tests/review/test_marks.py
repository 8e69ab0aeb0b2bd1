"""Raters are told apart by letters and by dashes too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_segrobust.review.marks import RATER_COLORS, color_of, dashes_of, is_simulated, letter_of, letters_of


def test_letters():
    assert [letter_of(i) for i in (0, 25, 26, 27, 52)] == ['A', 'Z', 'AA', 'AB', 'BA']
    assert letters_of(['x', 'y']) == {'x': 'A', 'y': 'B'}


@given(st.integers(0, 31), st.integers(0, 31))
def test_no_two_of_32_look_alike(one, other):
    looks = [(color_of(i), dashes_of(i)) for i in (one, other)]
    assert (looks[0] == looks[1]) == (one == other)


def test_colours_repeat_only_after_all():
    assert len({color_of(i) for i in range(len(RATER_COLORS))}) == len(RATER_COLORS)


def test_a_simulated_rater_says_so():
    assert is_simulated('Simulated rater B (over-draws)')
    assert not is_simulated('anna')
