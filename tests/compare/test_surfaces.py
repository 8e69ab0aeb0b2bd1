"""Borders and exact distances, against scipy's distance transform of the whole image."""

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.compare import search
from napari_segrobust.compare.packed import eroded, eroded_squares
from napari_segrobust.compare.packed import inner_border as border
from napari_segrobust.compare.surfaces import (
    Surface,
    bounding_box,
    mask_distances,
    surface_distance_map,
    surface_distances,
    voxel_distances,
)


def by_transform(start, target, spacing):
    """Distances at the border of `start` from the transform of the border of `target`."""
    sampling = spacing or (1.0,) * start.ndim
    return np.sort(ndimage.distance_transform_edt(~border(target), sampling=sampling)[border(start)])


def expand(distances):
    assert (np.diff(distances.lengths) >= 0).all()
    return np.repeat(distances.lengths, distances.weights)


def test_border_of_a_square_is_its_frame():
    mask = np.zeros((7, 7), bool)
    mask[1:6, 1:6] = True
    expected = mask.copy()
    expected[2:5, 2:5] = False
    np.testing.assert_array_equal(border(mask), expected)


def test_border_is_mask_minus_erosion(pair):
    mask = pair[0] > 0
    np.testing.assert_array_equal(border(mask), mask & ~ndimage.binary_erosion(mask))


@pytest.mark.parametrize('shape', [(9, 11, 13), (20, 70), (1, 5), (7,), (30, 2, 9), (3, 64, 64)])
def test_erosion_is_that_of_the_distance_transform(shape):
    rng = np.random.default_rng(len(shape))
    spacing = (2.5, 0.8, 0.7)[-len(shape) :]
    mask = ndimage.gaussian_filter(rng.standard_normal(shape), 1.0) > -0.2
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[(slice(1, -1),) * len(shape)]
    for width in (0.5, 0.7, 0.8, 1.6, 2.0, 3.1, 30.0):
        np.testing.assert_array_equal(eroded(mask, width, spacing), depth >= width - 1e-9)


@pytest.mark.parametrize('steps', [1, 2, 5, 40])
def test_erosion_by_squares_is_repeated_erosion_of_each_slice(steps):
    mask = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((3, 40, 30)), 3.0) > -0.05
    for z, plane in enumerate(mask):
        expected = ndimage.binary_erosion(plane, np.ones((3, 3)), steps)
        np.testing.assert_array_equal(eroded_squares(mask, steps)[z], expected)
        np.testing.assert_array_equal(eroded_squares(plane, steps), expected)


def test_an_axis_of_length_one_is_no_neighbourhood():
    assert Surface.of(np.ones((1, 5, 5), np.uint8), 1).border_size == 16


def test_an_object_on_a_single_slice_is_all_border():
    mask = np.zeros((3, 7, 7), np.uint8)
    mask[1, 1:6, 1:6] = 1
    assert Surface.of(mask, 1).border_size == 25


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
        keep = tuple(n > 1 for n in start.shape)
        flat = [mask.squeeze() > 0 for mask in (start, target)]
        expected = by_transform(*flat, spacing and tuple(s for s, kept in zip(spacing, keep, strict=True) if kept))
        assert ours.total == len(expected)
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
    monkeypatch.setattr(search, '_TREE', 0)
    monkeypatch.setattr(search, '_TREE_BUILD', 0)
    monkeypatch.setattr(search, '_TREE_QUERY', 0)
    for ours, tree in zip(searched, surface_distances(*both, steps), strict=True):
        np.testing.assert_array_max_ulp(expand(ours), expand(tree), maxulp=2)


def test_voxel_distances_come_in_array_order():
    masks = np.zeros((2, 12, 15), bool)
    masks[0, 1:4, 1:4] = True
    masks[1, 6:9, 8:12] = True
    found = voxel_distances(Surface.of(masks[0], True), Surface.of(masks[1], True), (2.0, 1.5))
    expected = ndimage.distance_transform_edt(~masks[1], sampling=(2.0, 1.5))[masks[0]]
    np.testing.assert_array_max_ulp(found, expected, maxulp=2)


def test_distances_of_all_voxels_are_those_to_the_other_mask(pair):
    reference, prediction, spacing = pair
    steps = spacing or (1.0,) * reference.ndim
    found = mask_distances(*(Surface.of(mask, 1) for mask in (reference, prediction)), steps)
    for ours, start, target in zip(found, (reference, prediction), (prediction, reference), strict=True):
        expected = ndimage.distance_transform_edt(target == 0, sampling=steps)[start > 0]
        np.testing.assert_array_max_ulp(expand(ours), np.sort(expected), maxulp=2)


def test_the_distance_map_is_signed_and_only_on_the_border():
    reference, prediction = np.zeros((2, 4, 20, 24), bool)
    reference[1:3, 5:15, 5:15] = True
    prediction[1:3, 7:15, 5:18] = True
    found = surface_distance_map(reference, prediction, (2.0, 1.0, 0.5))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(~np.isnan(found), border(prediction))
    expected = ndimage.distance_transform_edt(~border(reference), sampling=(2.0, 1.0, 0.5))
    here = border(prediction)
    np.testing.assert_allclose(found[here], np.where(reference, -expected, expected)[here])
    assert found[1, 10, 17] == 1.5
    assert np.nanmin(found) == 0  # a mask of two slices is all border


def test_the_distance_map_is_negative_where_the_prediction_is_too_small():
    reference, prediction = np.zeros((2, 20, 20), bool)
    reference[2:18, 2:18] = True
    prediction[6:14, 6:14] = True
    assert (surface_distance_map(reference, prediction)[border(prediction)] <= -4).all()


def test_the_distance_map_ends_where_the_valid_voxels_do():
    mask = np.zeros((9, 9), bool)
    mask[2:7, 2:7] = True
    valid = np.ones((9, 9), bool)
    valid[:, :4] = False
    found = surface_distance_map(mask, mask, None, valid)
    np.testing.assert_array_equal(found == 0, border(mask & valid))
    assert np.isnan(found[~border(mask & valid)]).all()


@pytest.mark.parametrize('empty', [0, 1])
def test_without_a_border_there_is_no_distance(empty):
    masks = np.ones((2, 4, 4), bool)
    masks[empty] = False
    assert np.isnan(surface_distance_map(*masks)).all()


@pytest.mark.parametrize('spacing', [(100.0, 0.01, 0.01), (0.01, 0.01, 100.0), (5.0, 0.02, 3.0)])
def test_very_thin_voxels_are_searched_exactly(spacing):
    rng = np.random.default_rng(1)
    masks = [ndimage.gaussian_filter(rng.standard_normal((9, 12, 10)), 1.0) > 0.2 for _ in range(2)]
    there, _ = surface_distances(*(Surface.of(mask, True) for mask in masks), spacing)
    np.testing.assert_allclose(expand(there), by_transform(*masks, spacing), rtol=1e-12)
