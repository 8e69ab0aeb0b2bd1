"""Thick slices, large voxels, mixed interfaces and lost slices against hand-worked cases, theorems and outsiders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_segrobust.perturb import Region, make_field, perturb
from napari_segrobust.perturb.families.resolution._slabs import rung

UNIT = (0.0, 1.0)


def thick(image, millimetres, interpolation=0.0, **options):
    parameters = {'thicker': millimetres, 'interpolation': interpolation}
    return perturb(image, 'anisotropic', 1, parameters=parameters, intensity_range=UNIT, **options)


def large(image, millimetres, interpolation=0.0, **options):
    parameters = {'larger': millimetres, 'interpolation': interpolation}
    return perturb(image, 'isotropic', 1, parameters=parameters, intensity_range=UNIT, **options)


@pytest.fixture
def noise():
    return np.random.default_rng(0).random((32, 24, 40), dtype=np.float32)


def test_rungs_double_and_blend_between():
    assert rung(0.4, 9) == rung(1, 9) == rung(7, 1) == (1, 0.0)
    assert rung(1.5, 9) == (1, 0.5)
    assert rung(2, 9) == (2, 0.0)
    assert rung(5, 9) == (4, 0.25)
    assert rung(16, 9) == rung(99, 9) == (16, 0.0)


def test_slabs_by_hand():
    line = np.arange(6, dtype=np.float32)[:, None] / 10
    np.testing.assert_allclose(thick(line, 1).ravel(), np.array([5, 5, 25, 25, 45, 45]) / 100, atol=1e-7)
    np.testing.assert_allclose(thick(line, 3).ravel(), np.array([15, 15, 15, 15, 45, 45]) / 100, atol=1e-7)
    np.testing.assert_allclose(thick(line, 2).ravel(), np.array([10, 10, 20, 20, 45, 45]) / 100, atol=1e-7)
    np.testing.assert_allclose(thick(line, 100).ravel(), 0.25, atol=1e-7)
    linear = np.interp(np.arange(6), [1.5, 4.5], [0.15, 0.45])
    np.testing.assert_allclose(thick(line, 3, 1).ravel(), linear, atol=1e-7)
    np.testing.assert_allclose(thick(line, 3, 0.5).ravel(), (linear + np.repeat([0.15, 0.45], [4, 2])) / 2, atol=1e-7)


def test_only_the_first_axis_gets_thick(noise):
    flat = np.broadcast_to(noise[:1], noise.shape)
    np.testing.assert_allclose(thick(flat, 5), flat, atol=1e-6)
    np.testing.assert_allclose(thick(noise[:, 3], 5), thick(noise, 5)[:, 3], atol=1e-6)


@pytest.mark.parametrize('factor', [2, 4, 8])
def test_slabs_equal_scikit_image(noise, factor):
    from skimage.transform import downscale_local_mean

    coarse = downscale_local_mean(noise, (factor, 1, 1))
    out = thick(noise, 3.0 * (factor - 1), spacing=(3.0, 1.0, 1.0))
    np.testing.assert_allclose(out, coarse.repeat(factor, axis=0), atol=1e-6)
    cubes = downscale_local_mean(noise, (factor,) * 3)
    for axis in range(3):
        cubes = cubes.repeat(factor, axis=axis)
    np.testing.assert_allclose(large(noise, factor - 1), cubes, atol=1e-6)


@pytest.mark.parametrize('share', [0.5, 0.25])
def test_large_voxels_equal_the_pixelate_of_imagenet_c(noise, share):
    from PIL import Image

    image = noise[:, :, 0]
    small = Image.fromarray(image).resize((int(24 * share), int(32 * share)), Image.Resampling.BOX)
    theirs = np.asarray(small.resize((24, 32), Image.Resampling.BOX))
    np.testing.assert_allclose(large(image, 1 / share - 1), theirs, atol=1e-6)


@pytest.mark.parametrize('factor', [2, 4])
def test_interpolated_voxels_equal_monai(noise, factor):
    """MONAI takes every n-th voxel, so the image is made of cubes already."""
    from monai.transforms import RandSimulateLowResolution

    cubes = large(noise, factor - 1)
    theirs = RandSimulateLowResolution(prob=1, zoom_range=(1 / factor, 1 / factor))(cubes[None])
    np.testing.assert_allclose(large(noise, factor - 1, 1), np.asarray(theirs)[0], atol=1e-6)


@pytest.mark.parametrize('factor', [2, 4, 8])
def test_interpolated_slices_equal_torchio(noise, factor):
    """TorchIO takes every n-th slice, so the image is made of slabs already."""
    import torch
    import torchio

    slabs = thick(noise, factor - 1)
    transform = torchio.RandomAnisotropy(axes=(0,), downsampling=(factor, factor))
    theirs = transform(torch.from_numpy(slabs[None]))[0].numpy()
    ours = thick(noise, factor - 1, 1)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize('spacing', [(1.0, 1.0, 1.0), (5.0, 0.8, 0.8), (0.5, 2.0, 1.0)])
def test_large_voxels_are_cubes_in_mm(noise, spacing):
    out = large(noise, 3.0, spacing=spacing)
    edge = min(spacing) + 3
    for axis, step in enumerate(spacing):
        flat = np.broadcast_to(noise.mean(axis=tuple(a for a in range(3) if a != axis), keepdims=True), noise.shape)
        theirs = perturb(
            np.moveaxis(flat, axis, 0),
            'anisotropic',
            1,
            parameters={'thicker': max(edge - step, 0)},
            intensity_range=UNIT,
            spacing=(step, *spacing[:axis], *spacing[axis + 1 :]),
        )
        np.testing.assert_allclose(large(flat, 3.0, spacing=spacing), np.moveaxis(theirs, 0, axis), atol=1e-6)
    assert out.mean() == pytest.approx(noise.mean(), rel=1e-5)


@given(st.floats(0, 20), st.floats(0, 20), st.integers(0, 99), st.sampled_from([(21, 18), (1, 30), (9, 6, 13)]))
def test_the_change_never_falls_on_any_image(one, other, seed, shape):
    image = np.random.default_rng(seed).standard_normal(shape).cumsum(axis=seed % 2).astype(np.float32)
    spacing = (1.0, 0.6, 1.7)[-len(shape) :]
    for resample in (thick, large):
        low, high = (np.linalg.norm(resample(image, mm, spacing=spacing) - image) for mm in sorted((one, other)))
        assert low <= high * (1 + 1e-5) + 1e-5


def halves(shape=(20, 24)):
    labels = np.zeros(shape, np.uint8)
    labels[..., shape[-1] // 2 :] = 3
    return labels


@pytest.mark.parametrize('width', [1.0, 2.5, 6.0])
@pytest.mark.parametrize('spacing', [(1.0, 1.0), (2.0, 0.5)])
def test_a_flat_interface_is_blurred_by_the_triangular_profile(width, spacing):
    labels = halves()
    image = (labels > 0) * 0.6 + np.float32(0.2)
    out = perturb(
        image, 'partial_volume', 1, parameters={'width': width}, reference=labels, spacing=spacing, intensity_range=UNIT
    )
    fine = 40  # parts of a voxel
    profile = np.maximum(1 - np.abs(np.arange(-4000, 4001)) / (width / spacing[1] * fine), 0)
    line = np.repeat(image[0].astype(float), fine)
    blurred = ndimage.convolve1d(line, profile[profile > 0] / profile.sum(), mode='nearest')
    theirs = (blurred[fine // 2 - 1 :: fine] + blurred[fine // 2 :: fine]) / 2
    np.testing.assert_allclose(out, np.broadcast_to(theirs, out.shape), atol=1e-3)


def test_partial_volume_blurs_nothing_but_the_interface(noise):
    image, labels = noise[:20, :24, 0], halves()
    out = perturb(image, 'partial_volume', 3, reference=labels, intensity_range=UNIT)
    assert np.array_equal(out[:, :7], image[:, :7])
    assert np.array_equal(out[:, 17:], image[:, 17:])
    assert (out[:, 8:16] != image[:, 8:16]).all()
    same = perturb(image, 'partial_volume', 3, reference=np.full_like(labels, 3), intensity_range=UNIT)
    np.testing.assert_array_equal(same, image)


def test_partial_volume_mixes_every_label_with_the_nearest_other():
    labels = np.zeros((5, 30), np.int32)
    labels[:, 8:16], labels[:, 16:24] = 1, 700
    image = np.choose((labels > 0).astype(int) + (labels > 1), [0.1, 0.5, 0.9]).astype(np.float32)
    out = perturb(image, 'partial_volume', 1, parameters={'width': 2}, reference=labels, intensity_range=UNIT)
    near = 0.5 * (1 - 0.5 / 2) ** 2
    steps = [(7, 0.4), (8, -0.4), (15, 0.4), (16, -0.4), (23, -0.8), (24, 0.8)]
    for column, step in steps:
        np.testing.assert_allclose(out[:, column], image[:, column] + near * step, atol=1e-3)


def test_partial_volume_takes_the_tissue_from_the_whole_neighbourhood():
    """What lies beyond is a local mean of that label alone, as a normalised convolution gives it."""
    rng = np.random.default_rng(0)
    labels = halves((30, 31))
    image = rng.random(labels.shape, dtype=np.float32) + labels
    inside = labels > 0
    mean = ndimage.gaussian_filter(np.where(inside, image, 0), 2, mode='constant')[inside]
    mean = (mean / ndimage.gaussian_filter(inside.astype(float), 2, mode='constant')[inside]).reshape(30, -1)
    out = perturb(image, 'partial_volume', 1, parameters={'width': 4}, reference=labels, intensity_range=UNIT)
    first = 31 // 2
    expected = image[:, first - 1] + 0.5 * (1 - 0.5 / 4) ** 2 * (mean[:, 0] - image[:, first - 1])
    np.testing.assert_allclose(out[:, first - 1], expected, atol=2e-3)


def test_partial_volume_on_one_side_only(noise):
    image, labels = noise[:20, :24, 0], halves()
    out = perturb(image, 'partial_volume', 3, reference=labels, region=Region(kind='foreground'), intensity_range=UNIT)
    assert np.array_equal(out[labels == 0], image[labels == 0])
    assert (out != image).any()


@pytest.mark.parametrize('seed', range(6))
def test_slices_are_lost_one_after_the_other(seed):
    image = np.ones((50, 6, 7), np.float32)
    before = np.zeros(50, bool)
    for severity, lost in zip(range(1, 6), (1.5, 3, 5, 9, 15), strict=True):
        left = perturb(image, 'missing_slices', severity, seed, intensity_range=UNIT)
        assert (left == left[:, :1, :1]).all()
        light = left[:, 0, 0]
        assert (1 - light).sum() == pytest.approx(lost, abs=1e-4)
        assert ((light > 0) & (light < 1)).sum() == (lost % 1 > 0)
        assert not (before & (light == 1)).any()
        before = light < 1
    assert not before[[0, -1]].any()
    runs = ndimage.find_objects(ndimage.label(before)[0])
    assert max(run.stop - run.start for (run,) in runs) <= 3


@pytest.mark.parametrize('seed', range(6))
def test_lost_slices_are_filled_linearly_from_those_that_are_never_lost(seed, noise):
    order = make_field('missing_slices', seed, 1, noise.shape, (1.0,) * 3)['order'][0]
    kept = np.flatnonzero(order == 32)
    filled = np.apply_along_axis(lambda line: np.interp(np.arange(32), kept, line[kept]), 0, noise.astype(float))
    weight = np.clip(0.25 * 32 - order, 0, 1)[:, None, None]
    out = perturb(noise, 'missing_slices', 1, seed, parameters={'share': 25, 'filled': 1}, intensity_range=UNIT)
    np.testing.assert_allclose(out, (1 - weight) * noise + weight * filled, atol=1e-6)
    half = perturb(noise, 'missing_slices', 1, seed, parameters={'share': 25, 'filled': 0.5}, intensity_range=UNIT)
    np.testing.assert_allclose(half, (1 - weight) * noise + weight * filled / 2, atol=1e-6)


def test_a_ramp_survives_lost_slices_that_are_filled():
    ramp = np.broadcast_to(np.linspace(0, 1, 40, dtype=np.float32)[:, None, None], (40, 4, 5))
    out = perturb(ramp, 'missing_slices', 5, 3, parameters={'filled': 1}, intensity_range=UNIT)
    np.testing.assert_allclose(out, ramp, atol=1e-6)
    assert np.abs(perturb(ramp, 'missing_slices', 5, 3, intensity_range=UNIT) - ramp).max() > 0.5
