"""Vote, fraction and entropy maps, and who stands alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from napari_segrobust.review import entropy_map, fraction_map, vote_map
from napari_segrobust.review.maps import alone, entropy_bits, looked_map


@given(st.floats(0, 1))
def test_entropy_is_that_of_scipy(share):
    assert entropy_bits(np.array(share)) == pytest.approx(entropy([share, 1 - share], base=2), abs=1e-12)


def test_maps_by_hand(votes):
    made = votes([np.array([[1, 1, 0, 0]]), np.array([[1, 0, 0, 1]])])
    np.testing.assert_array_equal(vote_map(made), [[2, 1, 0, 1]])
    np.testing.assert_array_equal(looked_map(made), [[2, 2, 2, 2]])
    np.testing.assert_array_equal(fraction_map(made), [[1, 0.5, 0, 0.5]])
    np.testing.assert_array_equal(entropy_map(made), [[0, 1, 0, 1]])
    assert fraction_map(made).dtype == entropy_map(made).dtype == np.float32
    assert alone(made) == {'only_in': (1, 1), 'only_out': (1, 1)}


def test_fractions_are_of_those_who_looked(votes):
    looked = [np.array([[1, 1, 0, 0]], bool), np.array([[1, 1, 1, 0]], bool), np.array([[1, 0, 1, 0]], bool)]
    made = votes([np.array([[1, 1, 1, 1]]), np.array([[0, 0, 1, 1]]), np.array([[0, 1, 1, 1]])], looked)
    np.testing.assert_allclose(fraction_map(made), [[1 / 3, 0.5, 1, np.nan]], rtol=1e-6)
    np.testing.assert_array_equal(looked_map(made), [[3, 2, 2, 0]])
    assert np.isnan(entropy_map(made)[0, 3])
    assert alone(made)['only_in'] == (2, 0, 0)
    assert alone(made)['only_out'] == (0, 1, 0)


def test_exclusive_volumes_of_the_sample_add_up(ball, votes):
    masks = [ball(6), ball(6, (13, 12, 12)), ball(7, (12, 12, 10))]
    made = votes(masks, spacing=(2.0, 1.0, 1.0))
    inside = sum(mask.astype(int) for mask in masks)
    assert alone(made)['only_in'] == tuple(int(((inside == 1) & (mask > 0)).sum()) for mask in masks)
    assert alone(made)['only_out'] == tuple(int(((inside == 2) & (mask == 0)).sum()) for mask in masks)
