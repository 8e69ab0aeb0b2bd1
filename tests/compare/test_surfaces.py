"""Borders and exact distances, against scipy's distance transform of the whole image."""

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.compare import surfaces
from napari_segrobust.compare.surfaces import (
    Distances,
    Surface,
    border,
    bounding_box,
    surface_distances,
    voxel_distances,
)


def by_transform(start, target, spacing):
    """Distances at the border of `start` from the transform of the border of `target`."""
    sampling = spacing or (1.0,) * start.ndim
    return np.sort(ndimage.distance_transform_edt(~border(target), sampling=sampling)[border(start)])


def expand(distances):
    return np.sort(np.concatenate((np.zeros(distances.coincident), distances.apart)))


def test_border_of_a_square_is_its_frame():
    mask = np.zeros((7, 7), bool)
    mask[1:6, 1:6] = True
    expected = mask.copy()
    expected[2:5, 2:5] = False
    np.testing.assert_array_equal(border(mask), expected)


def test_border_is_mask_minus_erosion(pair):
    mask = pair[0] > 0
    flat = mask.squeeze()  # scipy takes an axis of length one for a neighbourhood
    np.testing.assert_array_equal(border(mask).squeeze(), flat & ~ndimage.binary_erosion(flat))


def test_an_axis_of_length_one_is_no_neighbourhood():
    mask = np.ones((1, 5, 5), bool)
    np.testing.assert_array_equal(border(mask)[0], border(mask[0]))
    assert border(mask).sum() == 16


def test_bounding_box():
    mask = np.zeros((5, 6, 7), bool)
    assert bounding_box(mask) is None
    mask[2, 1, 3] = mask[4, 1, 5] = True
    assert bounding_box(mask) == (slice(2, 5), slice(1, 2), slice(3, 6))
    assert bounding_box(mask[2]) == (slice(1, 2), slice(3, 4))


def test_distances_equal_the_distance_transform(pair):
    reference, prediction, spacing = pair
    first, second = Surface.of(reference, 1), Surface.of(prediction, 1)
    there, back = surface_distances(first, second, spacing or (1.0,) * reference.ndim)
    for ours, start, target in ((there, reference, prediction), (back, prediction, reference)):
        expected = by_transform(start > 0, target > 0, spacing)
        assert len(ours) == len(expected)
        # Bit by bit, but for ties between offsets whose lengths differ in the last bit only.
        np.testing.assert_array_max_ulp(expand(ours), expected, maxulp=2)


@pytest.mark.parametrize('spacing', [(1.0, 1.0, 1.0), (2.0, 0.5, 0.25)])
def test_distances_are_bit_identical_where_lengths_are_exact(spacing):
    rng = np.random.default_rng(5)
    masks = [ndimage.gaussian_filter(rng.standard_normal((20, 24, 28)), 2.0) > 0.05 for _ in range(2)]
    there, _ = surface_distances(*(Surface.of(mask, True) for mask in masks), spacing)
    np.testing.assert_array_equal(expand(there), by_transform(*masks, spacing))


def test_far_objects_are_found_by_the_tree():
    masks = np.zeros((2, 30, 80, 90), bool)
    masks[0, 2:5, 2:9, 2:9] = True
    masks[1, 25:28, 70:79, 80:88] = True
    spacing = (3.0, 0.7, 0.9)
    there, back = surface_distances(*(Surface.of(mask, True) for mask in masks), spacing)
    np.testing.assert_array_max_ulp(expand(there), by_transform(*masks, spacing), maxulp=2)
    np.testing.assert_array_max_ulp(expand(back), by_transform(*masks[::-1], spacing), maxulp=2)


def test_search_and_tree_agree(monkeypatch, pair):
    reference, prediction, spacing = pair
    both = [Surface.of(mask, 1) for mask in (reference, prediction)]
    steps = spacing or (1.0,) * reference.ndim
    searched = surface_distances(*both, steps)
    monkeypatch.setattr(surfaces, '_TREE_BUILD', 0)
    monkeypatch.setattr(surfaces, '_TREE_QUERY', 0)
    for ours, tree in zip(searched, surface_distances(*both, steps), strict=True):
        np.testing.assert_array_max_ulp(ours.apart, tree.apart, maxulp=2)


def test_voxel_distances_come_in_array_order():
    masks = np.zeros((2, 12, 15), bool)
    masks[0, 1:4, 1:4] = True
    masks[1, 6:9, 8:12] = True
    found = voxel_distances(Surface.of(masks[0], True), Surface.of(masks[1], True), (2.0, 1.5))
    expected = ndimage.distance_transform_edt(~masks[1], sampling=(2.0, 1.5))[masks[0]]
    np.testing.assert_array_max_ulp(found, expected, maxulp=2)


@pytest.mark.parametrize('percent', [0, 5, 50, 95, 99, 100])
@pytest.mark.parametrize('coincident', [0, 1, 7, 400])
def test_percentile_is_that_of_numpy(percent, coincident):
    apart = np.random.default_rng(coincident).uniform(0.1, 9, 23)
    distances = Distances(coincident, apart)
    everything = expand(distances)
    assert distances.percentile(percent) == pytest.approx(np.percentile(everything, percent), rel=1e-14)
    assert distances.mean() == pytest.approx(everything.mean(), rel=1e-14)
    assert distances.max() == everything.max()
    assert distances.within(4.0) == (everything <= 4).sum()


def test_coincident_borders_have_no_distance():
    distances = Distances(5, np.empty(0))
    assert (distances.max(), distances.mean(), distances.percentile(95), distances.within(0)) == (0, 0, 0, 5)
