"""Grids of models against MONAI, which is run on the same images."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.data import MetaTensor
from monai.transforms import CropForeground, Orientation, Spacing

from napari_segrobust.segment import source as sources
from napari_segrobust.segment.crop import foreground_box
from napari_segrobust.segment.grid import grid_of
from napari_segrobust.segment.resample import GridSource
from napari_segrobust.segment.see import see
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec

FOUND = (3.0, 0.8, 1.1)


def spec(**fields):
    return ModelSpec(**{'name': 'net', 'dimensions': 3, 'classes': ('a', 'b')} | fields)


def everything(source):
    return source.block(tuple(slice(0, n) for n in source.shape[1:]))


def smooth(shape, seed=0):
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=shape)
    return gaussian_filter(noise, [0, *[1] * (len(shape) - 1)]).astype(np.float32)


def monai_spacing(array, found, wanted, mode, padding='border', affine=None):
    affine = np.diag([*found, 1.0]) if affine is None else affine
    tensor = MetaTensor(torch.from_numpy(array.copy()), affine=torch.from_numpy(affine))
    return np.asarray(Spacing(wanted, mode=mode, padding_mode=padding)(tensor))


def test_a_native_model_sees_the_image_itself(image):
    plain = ArraySource(image((1, 4, 5, 6)), FOUND)
    seen, grid = see(spec(), plain)
    assert seen is plain
    assert grid.is_case
    same, grid = see(spec(spacing=(3.0004, 0.8, 1.1), orientation=None), plain)
    assert same is plain, 'a thousandth of a mm is no other voxel size'


@pytest.mark.parametrize('wanted', [(1.5, 1.5, 1.5), (3.0, 2.0, 0.7), (4.1, 0.8, 0.55), (9.0, 9.0, 9.0)])
@pytest.mark.parametrize(('order', 'mode'), [(1, 'bilinear'), (0, 'nearest')])
def test_resampling_is_that_of_monai(wanted, order, mode):
    array = smooth((2, 9, 31, 22))
    seen, grid = see(spec(spacing=wanted, channels=2, resample={'image': order}), ArraySource(array, FOUND))
    expected = monai_spacing(array, FOUND, wanted, mode)
    assert seen.shape == expected.shape
    assert seen.spacing == pytest.approx(wanted)
    # What lies halfway between two voxels may be either in MONAI, by a rounding of its coordinates.
    halves = np.zeros(expected.shape[1:], bool)
    for axis, found in enumerate(grid.axes):
        places = found.case_places(0, found.size)
        close = abs(places % 1 - 0.5) < 1e-6
        halves |= close.reshape([-1 if a == axis else 1 for a in range(3)]) & (order == 0)
    assert halves.mean() < 0.6
    np.testing.assert_allclose(everything(seen)[:, ~halves], expected[:, ~halves], atol=1e-5)


def test_cubic_resampling_is_that_of_monai_and_so_of_scipy():
    array = smooth((1, 12, 31, 22))
    seen, _ = see(spec(spacing=(2.0, 1.0, 1.0), resample={'image': 3}), ArraySource(array, FOUND))
    expected = monai_spacing(array, FOUND, (2.0, 1.0, 1.0), 3, 'nearest')
    np.testing.assert_allclose(everything(seen), expected, atol=2e-5)


def test_the_grid_begins_where_the_axes_of_the_model_do():
    """MONAI turns the image first, and lays the new grid from its new first corner."""
    array, wanted = smooth((1, 9, 31, 22)), (1.5, 1.3, 2.0)
    # Ours is (S, P, L); the affine says so, in (R, A, S).
    affine = np.array([[0, 0, -FOUND[2], 0], [0, -FOUND[1], 0, 0], [FOUND[0], 0, 0, 0], [0, 0, 0, 1.0]])
    tensor = MetaTensor(torch.from_numpy(array.copy()), affine=torch.from_numpy(affine))
    expected = np.asarray(Spacing(wanted)(Orientation('RAS', labels=None)(tensor)))
    model = spec(spacing=wanted, orientation='RAS', resample={'image': 1})
    seen, grid = see(model, ArraySource(array, FOUND))
    turned = np.flip(everything(seen).transpose(0, 3, 2, 1), (1, 2))
    np.testing.assert_allclose(turned, expected, atol=1e-5)
    assert grid.spacing == pytest.approx((2.0, 1.3, 1.5))


def test_a_slice_wise_model_is_resampled_in_its_slices_alone():
    array = smooth((1, 5, 31, 22))
    seen, grid = see(spec(dimensions=2, spacing=(1.5, 1.0), resample={'image': 1}), ArraySource(array, FOUND))
    for index in range(5):
        expected = monai_spacing(array[:, index], FOUND[1:], (1.5, 1.0), 'bilinear', affine=np.diag([0.8, 1.1, 1.0]))
        np.testing.assert_allclose(everything(seen)[:, index], expected, atol=1e-5)
    assert grid.axes[0].is_native


@settings(deadline=None, max_examples=60)
@given(
    order=st.sampled_from([0, 1, 3]),
    wanted=st.tuples(*[st.floats(0.3, 4)] * 3),
    edges=st.tuples(*[st.tuples(st.integers(0, 40), st.integers(1, 12))] * 3),
    keep=st.booleans(),
    crop=st.booleans(),
)
def test_a_block_equals_that_of_the_whole_to_the_bit(order, wanted, edges, keep, crop):
    array = smooth((1, 7, 12, 10))
    box = ((1, 6), (0, 11), (3, 10)) if crop else None
    grid = grid_of(spec(spacing=wanted), array.shape[1:], (1.0, 0.9, 1.3), box)
    whole = everything(GridSource(ArraySource(array, FOUND), grid, order))
    starts = [min(start, n - 1) for (start, _), n in zip(edges, grid.shape, strict=True)]
    block = tuple(slice(a, min(a + size, n)) for a, (_, size), n in zip(starts, edges, grid.shape, strict=True))
    found = GridSource(ArraySource(array, FOUND), grid, order, keep).block(block)
    np.testing.assert_array_equal(found, whole[(slice(None), *block)])


@settings(deadline=None, max_examples=100)
@given(
    found=st.floats(0.2, 5),
    wanted=st.floats(0.2, 5),
    n=st.integers(1, 60),
    start=st.integers(0, 59),
    length=st.integers(1, 60),
    turned=st.booleans(),
)
def test_the_voxels_around_a_block_hold_all_that_decides_it(found, wanted, n, start, length, turned):
    model = spec(dimensions=2, spacing=(wanted, wanted), orientation='AL' if turned else 'PL')
    axis = grid_of(model, (n, n), (found, found)).axes[0]
    start = min(start, n - 1)
    stop = min(start + length, n)
    lo, hi = axis.around(start, stop)
    places = axis.model_places(start, stop)
    assert lo <= places.min()
    assert places.max() <= hi - 1
    assert 0 <= lo < hi <= axis.size
    assert places.min() - lo < 1
    assert hi - 1 - places.max() < 1
    back = axis.first + axis.step * places
    assert np.abs(back - np.arange(start, stop)).max() <= axis.step / 2 + 1e-6, 'at most half a voxel beyond its ends'


def test_the_foreground_is_that_of_monai(image, monkeypatch):
    monkeypatch.setattr(sources, 'SLAB_VOXELS', 60)
    array = -np.abs(image((2, 9, 8, 10)))
    array[0, 3, 2:5, 4] = 1
    array[1, 6, 6, 7:9] = 0.5
    box = foreground_box(ArraySource(array, FOUND))
    assert box == ((3, 7), (2, 7), (4, 9))
    cropped = np.asarray(CropForeground()(array))
    np.testing.assert_array_equal(array[(slice(None), *(slice(*edge) for edge in box))], cropped)
    assert foreground_box(ArraySource(-np.abs(array), FOUND)) is None


def test_cropped_then_resampled_as_monai_does_it():
    array = smooth((1, 9, 31, 22)) - 0.1
    array[:, :2] = array[:, :, 27:] = array[:, :, :, :3] = -1
    wanted = (2.0, 1.3, 0.9)
    cropped = np.asarray(CropForeground()(array))
    expected = monai_spacing(cropped, FOUND, wanted, 'bilinear')
    model = spec(spacing=wanted, crop_foreground=True, resample={'image': 1})
    seen, grid = see(model, ArraySource(array, FOUND))
    np.testing.assert_allclose(everything(seen), expected, atol=1e-5)
    assert [hi - lo for lo, hi in grid.crop] == list(cropped.shape[1:])
    assert grid.around((slice(0, 2), slice(0, 31), slice(0, 22))) is None, 'outside the crop'


def test_an_image_without_foreground_is_not_cropped(image):
    dark = ArraySource(-np.abs(image((1, 4, 5, 6))), FOUND)
    assert see(spec(crop_foreground=True), dark)[0] is dark
