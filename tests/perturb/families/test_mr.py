"""MR artefacts against hand-worked cases, k-space composed by numpy, and MONAI and TorchIO."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from napari_segrobust.perturb import make_field, perturb
from napari_segrobust.perturb.families.mr import rigid_motion, spike, undersampling
from napari_segrobust.perturb.spec import FieldBlock

UNIT = (0.0, 1.0)


def whole(shape):
    return tuple(slice(0, n) for n in shape)


def given(shape, spacing=None, **arrays):
    """A field block of a whole one-channel case, with draws of our choice."""
    tensors = {name: torch.as_tensor(np.asarray(array, np.float32))[None] for name, array in arrays.items()}
    return FieldBlock(tensors, shape, spacing or (1.0,) * len(shape), whole(shape), whole(shape))


def tissue(shape, margin=0.25, seed=0):
    """A textured object on air."""
    rng = np.random.default_rng(seed)
    image = np.zeros(shape, np.float32)
    inner = tuple(slice(int(n * margin), n - int(n * margin)) for n in shape[-2:])
    inside = (*(slice(None),) * (len(shape) - 2), *inner)
    image[inside] = 0.3 + ndimage.gaussian_filter(rng.random(image[inside].shape), 1) * 0.7
    return image


def wave_of(image, cycles, phase, height):
    """A spike of a share of the k-space maximum, added by numpy."""
    spectrum = np.fft.fftn(image.astype(float))
    spectrum[cycles] += height * np.abs(spectrum).max() * np.exp(1j * phase)
    return np.fft.ifftn(spectrum).real


@pytest.mark.parametrize('shape', [(24, 31), (6, 24, 31)])
@pytest.mark.parametrize('seed', range(4))
def test_spikes_are_points_of_k_space(shape, seed):
    image = tissue(shape)
    points = make_field('spike', seed, 1, shape, (1.0,) * len(shape))['points'][0]
    expected = image.astype(float)
    for *cycles, phase, weight in points.tolist():
        expected += wave_of(image, tuple(int(k) for k in cycles), phase, 0.4 * weight) - image
    np.testing.assert_allclose(perturb(image, 'spike', 3, seed, intensity_range=UNIT), expected, atol=2e-6)
    assert points[:, -1].sum() == pytest.approx(1)


def spiked(image, cycles, phase, height):
    field = given(image.shape, points=[[*cycles, phase, 1]])
    field = FieldBlock(
        field.arrays, field.shape, field.spacing, field.block, field.keep, {'largest': torch.tensor([image.mean()])}
    )
    return spike.apply(torch.from_numpy(image.copy())[None], {'height': 100 * height}, field)[0].numpy()


def test_spike_equals_torchio():
    from torchio import ScalarImage, Spike

    image = tissue((8, 24, 30))
    cycles = np.array([1, -5, 7])
    position = (np.array(image.shape) // 2 + cycles + 0.5) / image.shape
    theirs = Spike(position[None], 0.7)(ScalarImage(tensor=image[None])).data[0].numpy()
    np.testing.assert_allclose(spiked(image, cycles, 0.0, 0.7), theirs, atol=2e-6)


def test_spike_equals_monai():
    from monai.transforms import KSpaceSpikeNoise

    image = tissue((24, 30))
    cycles = np.array([-5, 7])
    old = np.fft.fft2(image.astype(float))[tuple(cycles)]
    height = 0.5
    intensity = np.log(np.abs(old) + height * image.sum())  # MONAI sets the point's size and keeps its phase
    theirs = np.asarray(KSpaceSpikeNoise(tuple(np.array([12, 15]) + cycles), float(intensity))(image[None]))[0]
    np.testing.assert_allclose(spiked(image, cycles, np.angle(old), height), theirs, atol=5e-6)


@pytest.mark.parametrize(('lines', 'kept'), [(61, 10), (45, 3)])
def test_gibbs_equals_monai_on_a_line(lines, kept):
    from monai.transforms import GibbsNoise

    image = np.random.default_rng(0).random((1, lines), dtype=np.float32)
    alpha = 1 - (kept + 0.5) / (lines * np.sqrt(2) / 2)
    theirs = np.asarray(GibbsNoise(alpha)(image[None]))[0]
    ours = perturb(image, 'gibbs', 1, parameters={'kept': 100 * kept / (lines // 2)}, intensity_range=UNIT)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)


def test_gibbs_is_a_coarser_matrix_filled_with_zeros():
    image = tissue((3, 45, 61)).astype(np.float64)
    coarse = signal.resample(signal.resample(image, 2 * 11 + 1, axis=1), 2 * 15 + 1, axis=2)
    theirs = signal.resample(signal.resample(coarse, 45, axis=1), 61, axis=2)
    ours = perturb(image.astype(np.float32), 'gibbs', 1, parameters={'kept': 50}, intensity_range=UNIT)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)


def test_gibbs_lets_lines_go_one_by_one():
    image = tissue((1, 61))
    here, half, there = (
        perturb(image, 'gibbs', 1, parameters={'kept': 100 * k / 30}, intensity_range=UNIT) for k in (10, 9.5, 9)
    )
    np.testing.assert_allclose(half, (here + there) / 2, atol=1e-6)


@pytest.mark.parametrize('size', [64, 63])
@pytest.mark.parametrize('random', [False, True])
def test_undersampling_acquires_one_line_in_four(size, random):
    lots = np.random.default_rng(1).random(size, dtype=np.float32)
    left_out = undersampling.dropped_lines(size, 4, 0.08, random, 0.3, lots)
    assert len(left_out) == size // 2 + 1
    assert left_out[:3].max() == 0  # 8 % are lines -2 to 2
    both = left_out[1:].sum() + left_out[1 : (size + 1) // 2].sum()
    assert 1 - both / size == pytest.approx(0.31 if not random else 0.25, abs=0.09)
    assert undersampling.dropped_lines(size, 1, 0.0, random, 0.3, lots).max() == 0


@pytest.mark.parametrize('shape', [(33, 48), (3, 33, 48)])
@pytest.mark.parametrize('seed', range(4))
def test_undersampling_leaves_lines_of_k_space_out(shape, seed):
    image = tissue(shape)
    field = make_field('undersampling', seed, 1, shape, (1.0,) * len(shape))
    axis, random, first = field['scheme'][0].tolist()
    axis, size = int(axis), shape[int(axis)]
    k = np.round(np.fft.fftfreq(size) * size)
    centre = np.abs(k) < np.ceil(0.08 * size) / 2
    if random:
        acquired = field['lots'][0, :size] < (0.25 - 0.08) / 0.92
    else:
        acquired = np.floor((k + first * 4) % 4) == 0
    factor = np.where(acquired | centre, 1, 1 - 0.6)
    spectrum = np.moveaxis(np.fft.fft(image.astype(float), axis=axis), axis, -1) * factor
    theirs = np.fft.ifft(np.moveaxis(spectrum, -1, axis), axis=axis).real
    np.testing.assert_allclose(perturb(image, 'undersampling', 3, seed, intensity_range=UNIT), theirs, atol=2e-6)


def test_regular_undersampling_of_a_point_is_a_row_of_points():
    image = np.zeros((1, 64, 1), np.float32)
    image[0, 10] = 1
    weak = undersampling.apply(
        torch.from_numpy(image.copy()),
        {'dropped': 100, 'acceleration': 4, 'centre': 0},
        given((64, 1), scheme=[0, 0, 0.0], lots=np.zeros(64)),
    )[0, :, 0].numpy()
    expected = np.zeros(64)
    expected[[10, 26, 42, 58]] = 0.25
    np.testing.assert_allclose(weak, expected, atol=1e-6)


def test_wrap_around_of_a_line_by_hand():
    image = np.array([[1, 2, 3, 4, 5, 6, 7, 8]], np.float32)
    for seed in range(99):
        axis, place = make_field('wrap_around', seed, 1, (1, 8), (1.0, 1.0))['place'][0].tolist()
        if axis == 1 and 0.2 < place < 0.45:
            break
    out = perturb(image, 'wrap_around', 1, seed, parameters={'share': 50, 'field_of_view': 62.5}, intensity_range=UNIT)
    # five of eight lines from line round(3 x place) = 1 on: 1 wraps to where 6 is, 7 and 8 to where 2 and 3 are
    np.testing.assert_allclose(out[0], [0.5, 2 + 3.5, 3 + 4, 4, 5, 6 + 0.5, 3.5, 4])


@pytest.mark.parametrize('shape', [(40, 52), (3, 40, 52)])
@pytest.mark.parametrize('seed', range(6))
def test_wrap_around_folds_and_keeps_all_signal(shape, seed):
    image = tissue(shape, margin=0.2)
    axis, place = make_field('wrap_around', seed, 1, shape, (1.0,) * len(shape))['place'][0].tolist()
    axis = int(axis)
    first, extent = int(shape[axis] * 0.2), shape[axis] - 2 * int(shape[axis] * 0.2)
    size = round(0.75 * extent)
    start = first + round(place * (extent - size))
    lines = np.moveaxis(image, axis, 0).astype(float)
    expected = np.zeros_like(lines)
    for x, line in enumerate(lines):
        expected[start + (x - start) % size] += line
    out = perturb(image, 'wrap_around', 5, seed, intensity_range=UNIT)
    np.testing.assert_allclose(out, np.moveaxis(expected, 0, axis), atol=1e-5)
    assert out.sum() == pytest.approx(image.sum(), rel=1e-5)


def test_chemical_shift_moves_fat_and_leaves_water():
    image = np.full((9, 40), 0.4, np.float32)
    image[3:6, 10:20] = 1
    image[0, 0] = 0.85  # half way between water and fat
    fat = np.where(image > 0.8, image, 0) * np.where(image == 1, 1, 0.5)
    for seed in range(8):
        axis, sign = make_field('chemical_shift', seed, 1, image.shape, (1.0, 1.0))['readout'][0].tolist()
        for shift in (2.0, 2.75):
            asked = {'share': 60, 'shift': shift}
            out = perturb(image, 'chemical_shift', 1, seed, parameters=asked, intensity_range=UNIT)
            to = [sign * shift if a == axis else 0 for a in range(2)]
            moved = ndimage.shift(np.pad(fat.astype(float), 9), to, order=1)[9:-9, 9:-9]
            np.testing.assert_allclose(out, image + 0.6 * (moved - fat), atol=1e-6)


def composed(image, poses, starts, axis, spacing):
    """K-space lines taken from images that scipy moved; `starts` are the first lines of the poses."""
    lines = np.fft.fftshift(np.fft.fft(image.astype(float), axis=axis), axes=axis)
    stops = [*starts[1:], image.shape[axis]]
    for (angle, *shift), start, stop in zip(poses, starts, stops, strict=True):
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        scale = np.diag(spacing)
        matrix = np.linalg.inv(scale) @ np.array([[c, s], [-s, c]]) @ scale
        centre = (np.array(image.shape) - 1) / 2
        offset = centre - matrix @ (centre + np.array(shift) / spacing)
        still = ndimage.affine_transform(image.astype(float), matrix, offset, order=1)
        part = [slice(None)] * 2
        part[axis] = slice(start, stop)
        lines[tuple(part)] = np.fft.fftshift(np.fft.fft(still, axis=axis), axes=axis)[tuple(part)]
    return np.fft.ifft(np.fft.ifftshift(lines, axes=axis), axis=axis).real


def moved(image, poses, until, axis, share, spacing=(1.0, 1.0)):
    """Rigid motion with poses of our choice, in degrees and mm."""
    asked = {'moved': 100 * share, 'degrees': 1.0, 'translation': 1.0}
    field = given(image.shape, spacing, axis=[axis], until=until, poses=poses)
    return rigid_motion.apply(torch.from_numpy(image.copy())[None], asked, field)[0].numpy()


@pytest.mark.parametrize('axis', [0, 1])
def test_rigid_motion_is_k_space_of_several_poses(axis):
    image = tissue((61, 75))
    spacing, highest = (1.5, 1.0), image.shape[axis] // 2
    poses, first, second = [(6.0, 2.0, -3.0), (-5.0, 0.5, 4.0)], 4, 12
    ours = moved(image, poses, [(second - 1) / highest, 2], axis, (1 - (first - 1) / highest) / 2, spacing)
    theirs = composed(image, poses, [highest + first, highest + second], axis, spacing)
    np.testing.assert_allclose(ours, theirs, atol=2e-5)
    assert np.abs(ours - image).max() > 0.05


def test_rigid_motion_equals_torchio():
    """TorchIO turns about the origin of the world, so its image is given with its centre there."""
    import torchio

    image, spacing = tissue((61, 75)), (1.0, 1.5)
    affine = np.diag([1, *spacing, 1])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array([1, *image.shape]) - 1) / 2)
    degrees, shifts, times = [7.0, -4.0], [(2.0, -3.0), (-1.0, 2.5)], np.array([0.7, 0.85])
    transform = torchio.Motion(
        degrees=np.array([[angle, 0, 0] for angle in degrees]),
        translation=np.array([[0, *shift] for shift in shifts]),
        times=times,
        image_interpolation='linear',
    )
    theirs = transform(torchio.ScalarImage(tensor=image[None, None], affine=affine)).data[0, 0].numpy()

    poses = []
    for angle, (down, across) in zip(
        degrees, shifts, strict=True
    ):  # SimpleITK looks up where a voxel comes from, in LPS
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        poses.append((angle, *-(np.array([[c, s], [-s, c]]).T @ (-down, across))))
    highest = image.shape[1] // 2
    first, second = (times * image.shape[1]).astype(int) - highest
    ours = moved(image, poses, [(second - 1) / highest, 2], 1, (1 - (first - 1) / highest) / 2, spacing)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    assert np.abs(ours - image).max() > 0.05


@pytest.mark.parametrize('period', [5, 12, 40])
@pytest.mark.parametrize('seed', range(4))
def test_more_motion_never_brings_stripes_back(period, seed):
    """Stripes shifted by their period are where they were: poses that grow with severity fail here."""
    y, x = np.ogrid[:60, :60]
    image = (0.5 + 0.5 * np.cos(2 * np.pi * x / period) * np.cos(2 * np.pi * y / period)).astype(np.float32)
    changes = [
        np.square(perturb(image, 'rigid_motion', severity, seed, intensity_range=UNIT) - image).mean(dtype=float)
        for severity in np.arange(0.5, 5.1, 0.5)
    ]
    assert (np.diff(changes) >= -1e-9).all()
    assert changes[-1] > 1e-4


def test_a_still_patient_has_no_motion_artefact():
    image = tissue((40, 50))
    still = perturb(image, 'rigid_motion', 5, 3, parameters={'degrees': 0, 'translation': 0}, intensity_range=UNIT)
    np.testing.assert_allclose(still, image, atol=1e-5)
    outer = perturb(image, 'rigid_motion', 5, 3, parameters={'moved': 0}, intensity_range=UNIT)
    assert np.array_equal(outer, image)


@pytest.mark.parametrize('name', ['rigid_motion', 'gibbs', 'undersampling', 'wrap_around', 'chemical_shift'])
def test_artefacts_never_leave_the_slice(name):
    image = np.zeros((3, 24, 30), np.float32)
    image[1] = tissue((24, 30)) * 1.6
    out = perturb(image, name, 5, 3, intensity_range=UNIT)
    assert not out[[0, 2]].any()
    assert not np.array_equal(out[1], image[1])
