"""Borders of masks as lines, and lines as dashes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_segrobust.ui.review.lines import borders, dashed


def lengths_of(pieces):
    return np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1)


def test_nothing_has_no_border():
    assert borders(np.zeros((4, 5), bool)) == []


def test_one_pixel_is_a_diamond_around_its_centre():
    mask = np.zeros((5, 5), bool)
    mask[2, 3] = True
    (line,) = borders(mask)
    assert {tuple(point) for point in line} == {(1.5, 3), (2.5, 3), (2, 2.5), (2, 3.5)}
    np.testing.assert_array_equal(line[0], line[-1])


def test_a_border_at_the_end_of_the_slice_is_closed():
    (line,) = borders(np.ones((3, 4), bool))
    np.testing.assert_array_equal(line.min(axis=0), (-0.5, -0.5))
    np.testing.assert_array_equal(line.max(axis=0), (2.5, 3.5))


@given(arrays(bool, (6, 7)))
def test_every_line_is_closed_and_between_two_pixels(mask):
    for line in borders(mask):
        np.testing.assert_array_equal(line[0], line[-1])
        # One of the two is whole, the other half: the point lies between an inner and an outer pixel.
        assert (line % 1 == 0.5).sum() == len(line)


def test_a_full_line_is_its_own_pieces():
    line = np.array([[0.0, 0], [3, 4], [3, 5]])
    np.testing.assert_array_equal(dashed(line, ()), [[[0, 0], [3, 4]], [[3, 4], [3, 5]]])


def test_dashes_of_a_straight_line():
    pieces = dashed(np.array([[0.0, 0], [0, 10]]), (3, 2))
    np.testing.assert_array_equal(pieces[:, :, 1], [[0, 3], [5, 8]])


def test_a_dash_bends_with_its_line():
    pieces = dashed(np.array([[0.0, 0], [0, 2], [2, 2]]), (3, 1))
    np.testing.assert_allclose(pieces, [[[0, 0], [0, 2]], [[0, 2], [1, 2]]])


@given(st.lists(st.floats(0.5, 4), min_size=1, max_size=3).flatmap(lambda one: st.just([*one, *one])))
def test_as_much_is_drawn_as_the_pattern_says(lengths):
    """Of whole periods of the pattern: the dashes of each."""
    period = sum(lengths)
    pieces = dashed(np.array([[0.0, 0], [5 * period, 0]]), lengths)
    np.testing.assert_allclose(lengths_of(pieces).sum(), 5 * sum(lengths[::2]))
