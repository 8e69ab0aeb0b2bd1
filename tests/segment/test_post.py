"""Steps after the network: worked by hand, against their definition on random masks, and against MONAI and others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.segment.post import Post, finish_labels, size_unit

LARGEST, HOLES = Post(largest_component=True), Post(fill_holes=True)


def rows(*lines):
    return np.array([[int(c) for c in line] for line in lines], np.uint8)


@pytest.fixture(params=[(64, 70), (20, 24, 18)])
def blobs(request):
    """Labels 0 to 3 in blobs of many sizes, with holes."""
    rng = np.random.default_rng(3)
    smooth = ndimage.gaussian_filter(rng.normal(size=request.param), 1.2)
    return np.digitize(smooth, np.quantile(smooth, [0.5, 0.65, 0.85])).astype(np.uint8)


def test_nothing_is_done_by_default():
    labels = rows('101', '010')
    assert not Post().acts
    assert finish_labels(labels, Post(), None) is labels


@pytest.mark.parametrize('post', [LARGEST, HOLES, Post(minimum_ml=3)])
def test_nothing_becomes_nothing(post):
    assert not finish_labels(np.zeros((4, 5), np.uint8), post, None).any()


def test_the_largest_component_of_each_label_stays():
    labels = rows('1100220', '1000020', '0010000', '0001202')
    expected = rows('1100220', '1000020', '0000000', '0000000')
    np.testing.assert_array_equal(finish_labels(labels, LARGEST, None), expected)


def test_corners_connect_and_the_first_of_equals_stays():
    labels = rows('10001', '01010', '00000')
    np.testing.assert_array_equal(finish_labels(labels, LARGEST, None), rows('10000', '01000', '00000'))


def test_holes_are_filled_and_bays_are_not():
    labels = rows('1111100', '1001100', '1111111', '1000001', '1011111')
    expected = rows('1111100', '1111100', '1111111', '1000001', '1011111')
    np.testing.assert_array_equal(finish_labels(labels, HOLES, None), expected)


def test_a_way_out_over_a_corner_is_none():
    labels = rows('0110', '1001', '0110')
    np.testing.assert_array_equal(finish_labels(labels, HOLES, None), rows('0110', '1111', '0110'))


def test_filling_spares_other_labels_and_the_innermost_takes_the_hole():
    labels = rows('1111111', '1000001', '1022201', '1020201', '1022201', '1000001', '1111111')
    filled = finish_labels(labels, HOLES, None)
    np.testing.assert_array_equal(filled == 2, ndimage.binary_fill_holes(labels == 2))
    assert (filled != 0).all()
    np.testing.assert_array_equal(filled[labels > 0], labels[labels > 0])


def test_the_steps_come_in_their_order():
    ring = rows('11100100', '10100000', '11100000')
    full = finish_labels(ring, Post(fill_holes=True, minimum_ml=9), None)
    assert full.sum() == 9, 'the hole counts'
    assert not finish_labels(ring, Post(minimum_ml=9), None).any()
    bridged = rows('1111100', '1000100', '1010100', '1000100', '1111101')
    kept = finish_labels(bridged, Post(largest_component=True, fill_holes=True, minimum_ml=2), None)
    np.testing.assert_array_equal(kept, rows('1111100', '1111100', '1111100', '1111100', '1111100'))


@pytest.mark.parametrize(
    ('shape', 'spacing', 'minimum', 'unit'),
    [
        ((1, 1, 3), (2.0, 5.0, 10.0), 0.3, 'ml'),
        ((1, 1, 3), None, 3.0, 'voxels'),
        ((1, 3), (0.5, 0.2), 0.3, 'mm²'),
        ((1, 3), None, 3.0, 'px²'),
    ],
)
def test_the_minimum_is_in_the_unit_that_is_known(shape, spacing, minimum, unit):
    """Three voxels are just enough; 0.3 / 0.1 is above 3 in floating point."""
    labels = np.ones(shape, np.uint8)
    assert size_unit(labels.ndim, spacing) == unit
    assert finish_labels(labels, Post(minimum_ml=minimum), spacing).all()
    assert not finish_labels(labels, Post(minimum_ml=minimum * 1.01), spacing).any()
    assert unit in Post(minimum_ml=minimum).words(unit)


def test_input_and_type_stay(blobs):
    wide, before = blobs.astype(np.uint16), blobs.copy()
    done = finish_labels(wide, Post(largest_component=True, fill_holes=True, minimum_ml=5), None)
    assert done.dtype == np.uint16
    np.testing.assert_array_equal(wide, before)


def test_doing_it_twice_is_doing_it_once(blobs):
    for post in (LARGEST, HOLES, Post(minimum_ml=12), Post(largest_component=True, fill_holes=True, minimum_ml=4)):
        once = finish_labels(blobs, post, None)
        np.testing.assert_array_equal(finish_labels(once, post, None), once)


def test_the_largest_is_that_of_monai_and_of_scikit_image(blobs):
    from monai.transforms import KeepLargestConnectedComponent
    from skimage.measure import label, regionprops

    ours = finish_labels(blobs, LARGEST, None)
    theirs = KeepLargestConnectedComponent(is_onehot=False, independent=True)(blobs[None])
    np.testing.assert_array_equal(ours, np.asarray(theirs)[0])
    for value in (1, 2, 3):
        numbers = label(blobs == value, connectivity=blobs.ndim)
        assert (ours == value).sum() == max(region.area for region in regionprops(numbers))


def test_holes_are_those_of_scipy_and_of_monai(blobs):
    from monai.transforms import FillHoles

    binary = (blobs != 2).astype(np.uint8)
    ours = finish_labels(binary, HOLES, None)
    assert ours.sum() > binary.sum()
    np.testing.assert_array_equal(ours, ndimage.binary_fill_holes(binary))
    np.testing.assert_array_equal(ours, np.asarray(FillHoles(connectivity=1)(binary[None]))[0])
    filled = finish_labels(blobs, HOLES, None)
    enclosed = {value: ndimage.binary_fill_holes(blobs == value) for value in (1, 2, 3)}
    np.testing.assert_array_equal(filled > 0, (blobs > 0) | np.logical_or.reduce(list(enclosed.values())))
    new = (filled > 0) & (blobs == 0)
    assert all(enclosed[value][new & (filled == value)].all() for value in (1, 2, 3))


# MONAI still calls scikit-image by the old name of a parameter, which also drops what is just as large (0.26).
@pytest.mark.filterwarnings('ignore:Parameter `min_size` is deprecated:FutureWarning')
def test_what_is_small_is_what_monai_and_scikit_image_call_small(blobs):
    from monai.transforms import RemoveSmallObjects
    from skimage.morphology import remove_small_objects

    ours = finish_labels(blobs, Post(minimum_ml=6), None)
    theirs = RemoveSmallObjects(min_size=5, connectivity=blobs.ndim, independent_channels=False)
    for value in (1, 2, 3):
        alone = blobs == value
        np.testing.assert_array_equal(ours == value, remove_small_objects(alone, max_size=5, connectivity=blobs.ndim))
        np.testing.assert_array_equal(ours == value, np.asarray(theirs(alone[None].astype(np.uint8)))[0])


def test_it_can_be_interrupted(blobs):
    from napari_segrobust.compare.interrupt import Interrupted, cancellable

    with cancellable(lambda: True), pytest.raises(Interrupted):
        finish_labels(blobs, LARGEST, None)
