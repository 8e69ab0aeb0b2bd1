"""Distances as a histogram, against numpy on the distances one by one."""

import numpy as np
import pytest

from napari_segrobust.compare.distances import Distances

RNG = np.random.default_rng(0)


def histogram(values):
    return Distances(*np.unique(values, return_counts=True))


@pytest.mark.parametrize('percent', [0, 5, 50, 95, 99, 100])
@pytest.mark.parametrize('zeros', [0, 1, 7, 400])
def test_percentile_is_that_of_numpy(percent, zeros):
    everything = np.concatenate((np.zeros(zeros), RNG.choice(RNG.uniform(0.1, 9, 12), 23)))
    distances = histogram(everything)
    assert distances.percentile(percent) == pytest.approx(np.percentile(everything, percent), rel=1e-14)
    assert distances.mean() == pytest.approx(everything.mean(), rel=1e-14)
    assert distances.max() == everything.max()
    assert distances.total == len(everything)
    for limit in (-1.0, 0.0, 4.0, everything.max(), 99.0):
        assert distances.within(limit) == (everything <= limit).sum()


def test_pooling_is_that_of_the_single_distances():
    one, two = RNG.integers(0, 9, (2, 40)) / 2
    pooled, both = histogram(one) + histogram(two), np.concatenate((one, two))
    np.testing.assert_array_equal(np.repeat(pooled.lengths, pooled.weights), np.sort(both))
    assert pooled.percentile(95) == pytest.approx(np.percentile(both, 95))


def test_weights_may_be_areas():
    distances = Distances(np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.45, 0.05]))
    assert distances.mean() == pytest.approx(0.6)
    assert distances.within(1.0) == pytest.approx(0.95)
    assert [distances.reached(percent) for percent in (0, 50, 51, 94, 96, 100)] == [0, 0, 1, 1, 3, 3]


def test_one_distance():
    only = Distances(np.zeros(1), np.array([5]))
    assert (only.max(), only.mean(), only.percentile(95), only.within(0), only.total) == (0, 0, 0, 5, 5)
