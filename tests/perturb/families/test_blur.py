"""Blurs against lines, disks and slices worked by hand, and against those who define the same thing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.perturb import Clean, make_field, new_perturbation, perturb, perturb_block
from napari_segrobust.perturb.families.blur import _lines
from napari_segrobust.perturb.families.blur.defocus import disk
from napari_segrobust.perturb.families.blur.motion_blur import line
from napari_segrobust.perturb.families.blur.slice_profile import profile, rectangle

UNIT = (0.0, 1.0)
PLANE = ('defocus', 'motion_blur')


def blurred(image, name, severity=1.0, seed=7, **options):
    return perturb(image, name, severity, seed, intensity_range=UNIT, **options)


@pytest.mark.parametrize('size', [0.3, 1.0, 2.5, 7.0])
@pytest.mark.parametrize('kernel', [disk, lambda size: line(size * 0.6, -size * 0.8)])
def test_kernels_are_averages_that_move_nothing(kernel, size):
    weights = kernel(size)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights, weights[::-1, ::-1], atol=1e-12)


@pytest.mark.parametrize('radius', [3, 6, 10])
def test_a_disk_is_even_inside_and_empty_outside(radius):
    weights = disk(float(radius))
    distance = np.hypot(*np.indices(weights.shape) - len(weights) // 2)
    np.testing.assert_allclose(weights[distance < radius - 1.5], 1 / (np.pi * radius**2), rtol=0.02)
    assert not weights[distance > radius + 1.5].any()
    # a uniform disk has the variance r^2 / 4 along either axis, to which linear interpolation adds 1 / 6
    assert (weights * (np.arange(len(weights)) - len(weights) // 2) ** 2).sum() == pytest.approx(
        radius**2 / 4 + 1 / 6, rel=0.02
    )


def test_a_line_by_hand():
    np.testing.assert_allclose(line(0.0, 1.0)[0], [1 / 4, 1 / 2, 1 / 4], atol=1e-5)
    np.testing.assert_allclose(line(2.0, 0.0)[:, 0], [1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8], atol=1e-4)
    slanted = line(3.0, 4.0)
    assert slanted[0, 0] > 0  # from left and above to right and below
    assert slanted[0, -1] == 0


@pytest.mark.parametrize('seed', range(4))
def test_motion_runs_along_the_drawn_angle_in_mm(seed):
    point = np.zeros((101, 101), np.float32)
    point[50, 50] = 1
    out = blurred(point, 'motion_blur', 1, seed, spacing=(1.0, 0.5), parameters={'length': 12.0}).clip(0, None)
    y, x = (np.indices(out.shape) - 50) * np.array([1.0, 0.5])[:, None, None]
    angle = float(make_field('motion_blur', seed, 1, point.shape, (1.0, 0.5))['angle'][0, 0])
    along, across = np.sin(angle) * y + np.cos(angle) * x, np.cos(angle) * y - np.sin(angle) * x
    assert (out * along**2).sum() == pytest.approx(12**2 / 12, rel=0.03)
    assert (out * across**2).sum() < 0.2
    assert out.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize('name', PLANE)
@pytest.mark.parametrize('severity', [0.2, 2, 5])
@pytest.mark.parametrize('shape', [(40, 53), (3, 41, 30), (9, 5)])
def test_planes_are_filtered_as_by_scipy(name, severity, shape):
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    if name == 'defocus':
        kernel = disk(np.interp(severity, range(6), (0, 3, 4, 6, 8, 10)))
    else:
        angle = float(make_field(name, 7, 1, shape, (1.0,) * len(shape))['angle'][0, 0])
        reach = np.interp(severity, range(6), (0, 6, 11, 17, 24, 30)) / 2 * np.array([np.sin(angle), np.cos(angle)])
        kernel = line(*(reach * min(1, max(shape[-2:]) / np.abs(reach).max())))
    theirs = ndimage.convolve(
        image.astype(float), kernel.reshape(*(1,) * (len(shape) - 2), *kernel.shape), mode='nearest'
    )
    np.testing.assert_allclose(blurred(image, name, severity), theirs, atol=2e-6)


@pytest.mark.parametrize('name', PLANE)
def test_planes_do_not_mix(name):
    image = np.zeros((5, 20, 20), np.float32)
    image[2, 10, 10] = 1
    out = blurred(image, name, 3)
    assert not out[[0, 1, 3, 4]].any()
    assert out[2].max() < 0.2


def test_defocus_is_near_the_disk_of_imagenet_c():
    """The disk of ImageNet-C without its anti-aliasing: ours differs by the soft rim alone."""
    radius = 6
    inside = np.hypot(*np.indices((13, 13)) - 6) <= radius
    theirs = inside / inside.sum()
    ours = disk(float(radius))[1:-1, 1:-1]
    assert np.abs(ours - theirs).sum() < 0.12
    assert (ours * theirs).sum() / np.sqrt((ours**2).sum() * (theirs**2).sum()) > 0.98


@pytest.mark.parametrize('name', ['gaussian_blur', 'slice_profile', *PLANE])
def test_change_never_falls_on_texture_ct_and_mr(name, shared_data):
    import nibabel
    from skimage import data

    images = [data.brick()[100:228, 100:228] / 255.0]
    for path in ('ct/ct.nii.gz', 'mr/mr.nii.gz'):
        volume = np.asarray(nibabel.load(shared_data / path).dataobj, np.float32)
        images.append(volume[:, :, volume.shape[2] // 2])
    for image in images:
        image = np.ascontiguousarray(image, np.float32)
        changes = [
            np.sqrt(np.mean((perturb(image, name, severity, 3) - image) ** 2, dtype=float))
            for severity in np.arange(0.25, 5.01, 0.25)
        ]
        assert (np.diff(changes) > 0).all()


@pytest.mark.parametrize('thickness', [0.5, 1.0, 2.0, 3.0, 6.4])
def test_a_slice_by_hand(thickness):
    """The mean of the linearly interpolated image over the slice."""
    weights = rectangle(thickness)
    full = np.concatenate([weights[:0:-1], weights])
    fine = np.linspace(-thickness / 2, thickness / 2, 40001)
    hat = np.clip(1 - np.abs(fine - (np.arange(len(full)) - len(full) // 2)[:, None]), 0, None)
    np.testing.assert_allclose(full, hat.mean(axis=1), atol=1e-4)
    assert full.sum() == pytest.approx(1)


@pytest.mark.parametrize('shape', [(40, 9, 8), (50, 12)])
def test_a_gaussian_slice_equals_scipy_along_the_first_axis(shape):
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    spacing = (1.5, 1.0, 1.0)[: len(shape)]
    sigma = 6.4 / 2.3548200450309493 / 1.5
    theirs = ndimage.gaussian_filter1d(image, sigma, axis=0, mode='nearest', truncate=4)
    np.testing.assert_allclose(blurred(image, 'slice_profile', 3, spacing=spacing), theirs, atol=1e-6)


def test_a_rectangular_slice_of_odd_thickness_equals_scipy():
    image = np.random.default_rng(0).random((40, 9, 8), dtype=np.float32)
    weights = rectangle(4.0)  # 1/8, 1/4, 1/4, 1/4, 1/8 is the mean of the two halves of uniform filters of 3 and 5
    np.testing.assert_allclose(weights, [0.25, 0.25, 0.125])
    theirs = ndimage.convolve1d(image, [0.125, 0.25, 0.25, 0.25, 0.125], axis=0, mode='nearest')
    out = blurred(image, 'slice_profile', 3, parameters={'thickness': 4.0, 'box': 1.0})
    np.testing.assert_allclose(out, theirs, atol=1e-6)
    mixed = profile(4.0, 0.5)
    assert mixed[0] * 2 == pytest.approx(profile(4.0, 0.0)[0] + 0.25)


@pytest.mark.parametrize('shape', [(70, 90), (40, 37, 45), (3, 600)])
def test_tiles_and_pairs_agree_and_every_block_has_the_bits_of_the_whole(shape, monkeypatch):
    rng = np.random.default_rng(0)
    clean = Clean(rng.random((2, *shape), dtype=np.float32), UNIT, (0.7,) * len(shape))
    record = new_perturbation('gaussian_blur', 2.5)
    expected = perturb_block(clean, [record], block=tuple(slice(0, n) for n in shape))
    for _ in range(12):
        starts = [int(rng.integers(0, n)) for n in shape]
        block = tuple(slice(s, int(rng.integers(s + 1, n + 1))) for s, n in zip(starts, shape, strict=True))
        assert np.array_equal(perturb_block(clean, [record], block=block), expected[(slice(None), *block)])
    monkeypatch.setattr(_lines, '_by_tiles', lambda *given: _lines._by_pairs(*given[:4]))
    pairs = perturb_block(clean, [record], block=tuple(slice(0, n) for n in shape))
    np.testing.assert_allclose(pairs, expected, atol=1e-6)
