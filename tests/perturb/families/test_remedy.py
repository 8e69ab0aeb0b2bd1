"""Each remedy against its formula and those who define the same thing; and what a survey is worth."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.perturb import Clean, get_spec, new_perturbation, perturb, perturb_block, perturbations
from napari_segrobust.perturb.families.remedy import histogram_equalisation
from napari_segrobust.perturb.families.remedy._n4 import log_gain

UNIT = (0.0, 1.0)
REMEDIES = sorted(name for name, spec in perturbations().items() if spec.stage == 'remedy')


def whole(shape):
    return tuple(slice(0, n) for n in shape)


@pytest.fixture
def scene():
    """Two flat regions with a curved border between them, from 0.2 to 0.8."""
    y, x = np.mgrid[:48, :56]
    return np.where((y - 20) ** 2 + (x - 30) ** 2 < 200, 0.8, 0.2).astype(np.float32)


@pytest.fixture
def noisy(scene):
    return perturb(scene, 'gaussian_noise', 1, 7, intensity_range=UNIT)


def rms(array):
    return float(np.sqrt(np.mean(np.square(array, dtype=float))))


def test_remedies_are_of_one_group_and_strength_is_their_amount():
    assert len(REMEDIES) == 9
    for name in REMEDIES:
        spec = get_spec(name)
        assert (spec.group, spec.parameters[0].name) == ('remedy', 'strength')
        assert spec.parameters[0].levels == (0, 20, 40, 60, 80, 100)
        assert all(parameter.fixed for parameter in spec.parameters[1:])


@pytest.mark.parametrize('name', [name for name in REMEDIES if get_spec(name).response == 'linear'])
def test_half_the_strength_is_half_the_way(name, noisy):
    dim = noisy * 0.6 + 0.1
    options = {'intensity_range': UNIT}
    full = perturb(dim, name, 5, **options)
    half = perturb(dim, name, 1, parameters={'strength': 50}, **options)
    np.testing.assert_allclose(half, (dim + full) / 2, atol=1e-6)


@pytest.mark.parametrize(
    'name', ['denoise_gaussian', 'denoise_median', 'denoise_non_local_means', 'denoise_total_variation', 'resample']
)
def test_denoising_brings_the_image_nearer_to_the_clean_one(name, scene, noisy):
    assert rms(perturb(noisy, name, 5, intensity_range=UNIT) - scene) < 0.9 * rms(noisy - scene)


@pytest.mark.parametrize('spacing', [None, (5.0, 0.7, 0.9)])
def test_gaussian_denoising_equals_scipy(spacing):
    image = np.random.default_rng(0).random((9, 20, 18), dtype=np.float32)
    theirs = ndimage.gaussian_filter(image, [1 / s for s in spacing or (1, 1, 1)], mode='nearest', truncate=4)
    out = perturb(image, 'denoise_gaussian', 5, spacing=spacing, intensity_range=UNIT)
    np.testing.assert_allclose(out, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ('spacing', 'radius', 'size'),
    [
        (None, 1, (1, 3, 3)),
        ((1.0, 0.5, 0.5), 1, (1, 5, 5)),
        ((1.0, 0.5, 2.1), 1, (1, 5, 1)),
        ((0.5, 3.0, 3.0), 1, (1, 3, 3)),
        (None, 9, (1, 5, 5)),
    ],
)
def test_median_equals_scipy(spacing, radius, size):
    image = np.random.default_rng(0).random((3, 20, 18), dtype=np.float32)
    out = perturb(image, 'denoise_median', 5, spacing=spacing, parameters={'radius': radius}, intensity_range=UNIT)
    np.testing.assert_allclose(out, ndimage.median_filter(image, size, mode='nearest'), atol=1e-6)


def test_median_takes_salt_and_pepper_out(scene):
    broken = perturb(scene, 'salt_and_pepper', 3, 7, intensity_range=UNIT)
    mended = perturb(broken, 'denoise_median', 5, intensity_range=UNIT)
    assert (abs(mended - scene) > 0.1).mean() < 0.2 * (abs(broken - scene) > 0.1).mean()


def naive_means(image, search, noise):
    """Non-local means, voxel by voxel."""
    padded = np.pad(image, search + 1, mode='edge').astype(float)
    out = np.empty(image.shape)
    for y, x in np.ndindex(image.shape):
        cy, cx = y + search + 1, x + search + 1
        own, total, weights = padded[cy - 1 : cy + 2, cx - 1 : cx + 2], 0.0, 0.0
        for dy in range(-search, search + 1):
            for dx in range(-search, search + 1):
                other = padded[cy + dy - 1 : cy + dy + 2, cx + dx - 1 : cx + dx + 2]
                distance = max(((own - other) ** 2).mean() - 2 * noise**2, 0)
                weight = np.exp(-distance / (0.8 * noise) ** 2)
                total, weights = total + weight * padded[cy + dy, cx + dx], weights + weight
        out[y, x] = total / weights
    return out


def test_non_local_means_by_hand():
    image = np.random.default_rng(0).random((9, 11), dtype=np.float32)
    parameters = {'noise': 0.3, 'search': 2}
    out = perturb(image, 'denoise_non_local_means', 5, parameters=parameters, intensity_range=UNIT)
    np.testing.assert_allclose(out, naive_means(image, 2, 0.3), atol=1e-5)


def test_non_local_means_is_near_to_scikit_image(noisy):
    from skimage.restoration import denoise_nl_means

    theirs = denoise_nl_means(noisy, patch_size=3, patch_distance=3, h=0.08, sigma=0.1, fast_mode=True)
    out = perturb(noisy, 'denoise_non_local_means', 5, intensity_range=UNIT)
    # where they have 3 x 3 surroundings, theirs are 2 x 2, and they drop weights below exp(-5): near, and no more
    assert rms(out - theirs) < 0.3 * rms(out - noisy)
    assert rms(theirs - np.where(noisy > 0.5, 0.8, 0.2)) == pytest.approx(
        rms(out - np.where(noisy > 0.5, 0.8, 0.2)), rel=0.3
    )


@pytest.mark.parametrize('weight', [0.1, 0.5])
def test_total_variation_equals_scikit_image(noisy, weight):
    from skimage.restoration import denoise_tv_chambolle

    theirs = denoise_tv_chambolle(noisy, weight=weight, eps=0, max_num_iter=21)
    out = perturb(noisy, 'denoise_total_variation', 5, parameters={'weight': weight}, intensity_range=UNIT)
    np.testing.assert_allclose(out, theirs, atol=2e-6)


def test_planes_are_denoised_one_by_one(noisy):
    stacked = np.stack([noisy, noisy[::-1]])
    for name in ('denoise_median', 'denoise_non_local_means', 'denoise_total_variation', 'clahe'):
        out = perturb(stacked, name, 5, intensity_range=UNIT)
        assert np.array_equal(out[0], perturb(noisy, name, 5, intensity_range=UNIT))


@pytest.mark.parametrize('spread', [1, 400])
def test_equalisation_equals_scikit_image(noisy, spread):
    from skimage.exposure import equalize_hist

    image = noisy * spread - spread / 3
    out = perturb(image, 'histogram_equalisation', 5, intensity_range=UNIT)
    np.testing.assert_allclose(out, equalize_hist(image), atol=1e-4)


def test_clahe_is_near_to_scikit_image():
    from skimage.exposure import equalize_adapthist

    image = ndimage.gaussian_filter(np.random.default_rng(0).random((128, 160)), 3)
    image = ((image - image.min()) / np.ptp(image)).astype(np.float32)
    theirs = equalize_adapthist(image, kernel_size=(16, 20), clip_limit=0.01)
    theirs = theirs * np.ptp(image)
    out = perturb(image, 'clahe', 5, intensity_range=UNIT)
    inside = (slice(16, -16), slice(20, -20))
    assert np.corrcoef(out[inside].ravel(), theirs[inside].ravel())[0, 1] > 0.98
    assert out[inside].std() > 1.2 * image[inside].std()


def test_clahe_without_a_bound_and_with_one_tile_is_equalisation():
    image = np.random.default_rng(0).random((15, 15), dtype=np.float32) / 2 + 0.25
    out = perturb(image, 'clahe', 5, parameters={'clip': 100}, intensity_range=UNIT)
    ranks = image.ravel().argsort().argsort().reshape(image.shape) / image.size
    np.testing.assert_allclose(out, ranks, atol=0.03)
    wide = image * 8 - 3
    far = perturb(wide, 'clahe', 5, intensity_range=UNIT)
    beyond = (wide < 0) | (wide > 1)
    np.testing.assert_allclose(far[beyond], wide[beyond], atol=1e-6)


def test_renormalise_undoes_a_change_of_gain_and_offset(scene):
    image = (scene + np.random.default_rng(0).random(scene.shape, dtype=np.float32) / 10)[None]
    clean, block = Clean(image, UNIT), whole(scene.shape)
    alone = perturb_block(clean, [new_perturbation('renormalise', 5)], block=block)
    np.testing.assert_allclose(alone, image, atol=1e-6)
    dimmed = perturb_block(clean, [new_perturbation('gamma', 3)], block=block)
    for scale in ('robust', 'minmax', 'byte'):
        stack = [new_perturbation('gamma', 3), new_perturbation('renormalise', 5, scale=scale)]
        out = perturb_block(clean, stack, block=block)
        np.testing.assert_allclose(np.percentile(out, (1, 99)), np.percentile(image, (1, 99)), atol=1e-4)
        assert rms(out - image) < 0.5 * rms(dimmed - image)


def test_renormalise_keeps_channels_apart():
    image = np.random.default_rng(0).random((2, 14, 15), dtype=np.float32) * np.array([1, 5]).reshape(2, 1, 1)
    image = image.astype(np.float32)
    stack = [new_perturbation('gamma', 2, channels=(1,)), new_perturbation('renormalise', 5)]
    out = perturb_block(Clean(image, UNIT), stack, block=whole((14, 15)))
    for channel in (0, 1):
        ends = np.percentile(image[channel], (1, 99))
        np.testing.assert_allclose(np.percentile(out[channel], (1, 99)), ends, rtol=1e-4)


def test_resample_by_hand():
    line = np.array([[0, 2, 4, 6, 8, 10]], np.float32)
    out = perturb(line, 'resample', 5, spacing=(2.0, 1.0), intensity_range=UNIT)
    np.testing.assert_allclose(out, [[1, 2, 4, 6, 8, 9]], atol=1e-6)  # means 1, 5, 9 at 0.5, 2.5, 4.5
    coarse = perturb(line, 'resample', 5, spacing=(2.0, 3.0), intensity_range=UNIT)
    np.testing.assert_allclose(coarse, line, atol=1e-6)
    third = perturb(line, 'resample', 5, spacing=(2.0, 1.0), parameters={'spacing': 1.5}, intensity_range=UNIT)
    means = [(0 + 2 / 2) / 1.5, (2 / 2 + 4) / 1.5, (6 + 8 / 2) / 1.5, (8 / 2 + 10) / 1.5]
    expected = np.interp(np.arange(6) + 0.5, (np.arange(4) + 0.5) * 1.5, means)
    np.testing.assert_allclose(third, expected[None], atol=1e-5)


def uneven(shape, seed=0):
    """Tissue of three intensities under a smooth gain, the gain, and where the tissue is."""
    rng = np.random.default_rng(seed)
    tissue = np.digitize(ndimage.gaussian_filter(rng.standard_normal(shape), 1.5), [-0.05, 0.05]) * 0.3 + 0.3
    grid = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing='ij')
    gain = 0.3 * grid[-1] - 0.2 * grid[0] ** 2 + 0.1 * grid[-1] * grid[-2]
    return tissue * np.exp(gain), gain - gain.mean(), np.ones(shape, bool)


@pytest.mark.parametrize('shape', [(40, 44), (14, 16, 18)])
def test_n4_finds_the_gain_that_simpleitk_finds(shape):
    import SimpleITK as sitk

    image, gain, mask = uneven(shape)
    ours = log_gain(image, mask, 0.15)
    itk = sitk.GetImageFromArray(image.astype(np.float32))
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations([20, 20, 20])
    corrector.Execute(itk, sitk.GetImageFromArray(mask.astype(np.uint8)))
    theirs = sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(itk))
    theirs = theirs - theirs.mean()
    assert rms(ours - theirs) < 0.15 * rms(gain)
    assert rms(ours - gain) < 1.2 * rms(theirs - gain)
    assert rms(ours - gain) < 0.4 * rms(gain)


def test_n4_has_nothing_to_say_of_nothing():
    flat = np.full((9, 9), 0.7)
    assert not log_gain(flat, flat > 0, 0.15).any()
    assert not log_gain(flat, flat > 1, 0.15).any()


def test_bias_correction_takes_most_of_a_bias_field_out_of_a_brain(shared_data):
    import nibabel

    file = nibabel.load(shared_data / 'mni/t1.nii.gz')
    image = np.asarray(file.dataobj, np.float32)[::2, ::2, ::2]
    lo, hi = 0.0, float(np.percentile(image, 99))
    spacing = tuple(2 * float(step) for step in file.header.get_zooms()[:3])
    biased = perturb(image, 'bias_field', 3, 7, spacing=spacing, intensity_range=(lo, hi))
    # N4 also finds the gain that the clean image has: what counts is that both come out alike
    options = {'spacing': spacing, 'intensity_range': (lo, hi)}
    mended, clean = (perturb(i, 'bias_correction', 5, **options) for i in (biased, image))
    brain = image > 0.4 * hi
    before, after = (np.std(np.log(a[brain] / b[brain])) for a, b in ((biased, image), (mended, clean)))
    assert after < 0.4 * before


def test_a_slice_is_a_slice_of_the_remedied_volume_whatever_acts_before():
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((9, 17, 15), dtype=np.float32), 1)[None]
    clean = Clean(image, (0.3, 0.7), (2.0, 1.0, 1.0))
    for name in REMEDIES:
        stack = [
            new_perturbation('gaussian_noise', 2, 3),
            new_perturbation('bias_correction', 3),
            new_perturbation(name, 4),
        ]
        expected = perturb_block(clean, stack, block=whole(image.shape[1:]))
        fresh = Clean(image, (0.3, 0.7), (2.0, 1.0, 1.0))
        part = (slice(4, 5), slice(0, 17), slice(3, 11))
        assert np.array_equal(perturb_block(fresh, stack, block=part), expected[(slice(None), *part)]), name


def test_remedies_act_after_what_stands_below_them():
    image = np.random.default_rng(0).random((1, 12, 13), dtype=np.float32)
    noise, remedy = new_perturbation('gaussian_noise', 2, 3), new_perturbation('histogram_equalisation', 5)
    clean = Clean(image, UNIT)
    one, other = (perturb_block(clean, stack, block=whole((12, 13))) for stack in ([noise, remedy], [remedy, noise]))
    assert np.array_equal(one, other)


@pytest.fixture
def surveys(monkeypatch):
    """How often the image that reaches a family was looked at."""
    found, spec = [], histogram_equalisation.SPEC

    def counted(u, amounts, field):
        found.append(tuple(u.shape))
        return spec.survey(u, amounts, field)

    monkeypatch.setitem(perturbations(), spec.name, replace(spec, survey=counted))
    return found


def test_the_image_is_surveyed_once_and_anew_when_it_changes(surveys):
    image = np.random.default_rng(0).random((6, 12, 13), dtype=np.float32)[None]
    clean = Clean(image, UNIT)

    def look(noise=2.0, strength=5.0, index=2, **options):
        stack = [
            new_perturbation('gaussian_noise', noise, 3),
            new_perturbation('histogram_equalisation', strength, **options),
        ]
        return perturb_block(clean, stack, block=(slice(index, index + 1), slice(0, 12), slice(0, 13)))

    look()
    look(index=4)  # another slice
    look(strength=1.0)  # another strength
    assert surveys == [(1, 6, 12, 13)]
    look(noise=2.5)
    assert len(surveys) == 2
    look(parameters={'bins': 64})
    assert len(surveys) == 3
    look()  # the first is still known
    assert len(surveys) == 3
    perturb_block(Clean(image + 1, UNIT), [new_perturbation('histogram_equalisation', 5)], block=whole((6, 12, 13)))
    assert len(surveys) == 4


def test_two_threads_find_the_same():
    image = np.random.default_rng(0).random((6, 12, 13), dtype=np.float32)[None]
    clean = Clean(image, UNIT)
    stack, block = [new_perturbation('bias_field', 2, 3), new_perturbation('bias_correction', 5)], whole((6, 12, 13))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(perturb_block(clean, stack, block=block))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(found[0], other) for other in found[1:])
    assert len(found) == 3


def test_a_survey_takes_voxels_that_are_not_finite_for_lo():
    image = np.random.default_rng(0).random((1, 12, 13), dtype=np.float32)
    broken, filled = image.copy(), image.copy()
    broken[0, 3, 4:6] = np.nan, np.inf
    filled[0, 3, 4:6] = 0
    for name in ('renormalise', 'histogram_equalisation', 'bias_correction'):
        stack = [new_perturbation('gamma', 2), new_perturbation(name, 5)]
        one, other = (perturb_block(Clean(i, UNIT), stack, block=whole((12, 13))) for i in (broken, filled))
        rest = np.isfinite(broken)
        assert np.array_equal(one[rest], other[rest])


@pytest.mark.parametrize('shape', [(20, 22, 3), (3, 20, 22), (1, 20, 22), (2, 2, 9), (1, 30)])
def test_bias_correction_of_thin_volumes(shape):
    image, _, _ = uneven((40, 44, 48))
    image = np.ascontiguousarray(image[tuple(slice(0, n) for n in shape)] if len(shape) == 3 else image[:1, :30, 0])
    out = perturb(image.astype(np.float32), 'bias_correction', 5, intensity_range=UNIT)
    assert np.isfinite(out).all()
    assert (out > 0).all()
