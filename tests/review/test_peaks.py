"""Splitting at peaks: on lines by hand, and against skimage's h-maxima on random relief."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.morphology import h_maxima

from napari_segrobust.review.peaks import grouped, split_at_peaks


def pieces(height, prominence, mask=None):
    height = np.atleast_2d(np.asarray(height, float))
    mask = height > 0 if mask is None else mask
    return sorted(part.tolist() for part in split_at_peaks(mask, height, prominence))


@pytest.mark.parametrize(
    ('height', 'prominence', 'tops'),
    [
        ([1, 3, 1, 4, 2], 1.0, [3, 4]),
        ([1, 3, 1, 4, 2], 2.5, [4]),
        ([3, 2.5, 3, 1, 4], 1.0, [3, 4]),
        ([2, 0, 2], 1.0, [2, 2]),
        ([2, 2, 2], 1.0, [2]),
        ([0, 0, 0], 1.0, []),
    ],
)
def test_lines_by_hand(height, prominence, tops):
    found = pieces(height, prominence)
    assert [max(height[index] for index in part) for part in found] == tops
    assert list(chain(*found)) == [index for index, value in enumerate(height) if value], 'pieces of a line do not mix'


def test_unknown_height_is_not_split():
    mask = np.array([[1, 1, 0, 1]], bool)
    assert pieces([[np.inf, np.inf, 0, np.inf]], 1.0, mask) == [[0, 1], [3]]


@given(st.integers(0, 10_000), st.floats(0.2, 3))
def test_as_many_pieces_as_peaks_that_stand_out(seed, prominence):
    """Peaks of heights that differ: skimage finds as many with h-maxima, piece by piece."""
    rng = np.random.default_rng(seed)
    height = 0.5 + 4 * ndimage.gaussian_filter(rng.random((9, 10, 8)), 0.8)
    mask = ndimage.gaussian_filter(rng.random((9, 10, 8)), 1) > 0.48
    numbers, count = ndimage.label(mask, np.ones((3, 3, 3)))
    found = pieces(height, prominence, mask)
    assert sorted(chain(*found)) == np.flatnonzero(mask).tolist()
    for number in range(1, count + 1):
        part = numbers == number
        own = [piece for piece in found if part.ravel()[piece[0]]]
        values = np.where(part, height, 0)
        if np.ptp(height[part]) < prominence:
            assert len(own) == 1
        else:
            peaks = h_maxima(values, prominence, np.ones((3, 3, 3))).astype(bool) & part
            assert len(own) == ndimage.label(peaks, np.ones((3, 3, 3)))[1]


def test_groups_keep_their_order():
    parts = grouped(np.array([3, 5, 7, 9]), np.array([8, 2, 8, 2]))
    assert [part.tolist() for part in parts] == [[5, 9], [3, 7]]
    assert grouped(np.zeros(0, int), np.zeros(0, int)) == []
