"""Grey values and colours against their formulas and against those who define the same thing."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import Clean, get_spec, new_perturbation, perturb, perturb_block
from napari_segrobust.perturb.families.intensity.stain import DYES

UNIT = (0.0, 1.0)


@pytest.fixture
def ramp():
    """Values from 0.2 to 0.8."""
    return np.linspace(0.2, 0.8, 40 * 50, dtype=np.float32).reshape(40, 50)


@pytest.fixture
def slide():
    """Colours of a stained slide: mixtures of haematoxylin and eosin of many densities."""
    rng = np.random.default_rng(0)
    density = rng.uniform(0.05, 0.6, (2, 30, 40))
    return np.exp(-np.tensordot(density, DYES[:2], axes=(0, 0))).astype(np.float32)


@pytest.mark.parametrize(('severity', 'factor'), [(1, 0.8), (3, 0.4), (5, 0.1)])
def test_contrast_is_that_of_imagenet_c(severity, factor):
    image = np.random.default_rng(0).random((30, 40, 3), dtype=np.float32)
    means = np.mean(image, axis=(0, 1), keepdims=True)
    out = perturb(image, 'contrast', severity, intensity_range=UNIT, channel_axis=2)
    np.testing.assert_allclose(out, (image - means) * factor + means, atol=1e-6)


def test_contrast_of_a_block_is_about_the_mean_of_the_case(ramp):
    clean = Clean(ramp[None], UNIT)
    record = new_perturbation('contrast', 3)
    out = perturb_block(clean, [record], block=(slice(0, 5), slice(0, 50)))
    np.testing.assert_allclose(out[0], 0.5 + 0.4 * (ramp[:5] - 0.5), atol=1e-6)


def test_contrast_equals_pillow_but_for_its_rounding():
    from PIL import Image, ImageEnhance

    image = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    theirs = np.asarray(ImageEnhance.Contrast(Image.fromarray(image)).enhance(0.4)).astype(float)
    assert np.abs(perturb(image, 'contrast', 3) - theirs).max() < 1.5


def test_brightness_equals_monai_and_pillow(ramp):
    from monai.transforms import ScaleIntensity
    from PIL import Image, ImageEnhance

    theirs = np.asarray(ScaleIntensity(minv=None, maxv=None, factor=0.4)(ramp[None]))[0]
    np.testing.assert_allclose(perturb(ramp, 'brightness', 3, intensity_range=UNIT), theirs, atol=1e-6)
    image = np.arange(160, dtype=np.uint8).reshape(10, 16)
    enhanced = np.asarray(ImageEnhance.Brightness(Image.fromarray(image)).enhance(1.4)).astype(float)
    assert np.abs(perturb(image, 'brightness', 3, scale='byte') - enhanced).max() <= 1


def test_a_window_with_another_centre_by_hand():
    """Abdominal window -160 to 240 HU, centre 80 too high."""
    tissue = np.array([[-1000, -160, -100, 40, 240, 320, 1000]], np.float32)
    out = perturb(tissue, 'window_shift', 3, intensity_range=(-1000.0, 1000.0))
    np.testing.assert_allclose(out, [[-1000, -160, -160, -40, 160, 320, 1000]], atol=1e-3)
    other = perturb(tissue, 'window_shift', 3, intensity_range=(-1000.0, 1000.0), parameters={'shift': -80.0})
    np.testing.assert_allclose(other, [[-1000, -80, -20, 120, 240, 320, 1000]], atol=1e-3)


def test_the_network_sees_the_wrong_window(shared_data):
    """What is cut to the right window afterwards equals the image in the wrong one, below the upper end."""
    import nibabel

    image = np.asarray(nibabel.load(shared_data / 'ct/ct.nii.gz').dataobj, np.float32)[:, :, 15]
    seen = perturb(image, 'window_shift', 4).clip(-160, 240)
    inside = image <= 240
    np.testing.assert_allclose(seen[inside], (image - 120).clip(-160, 240)[inside], atol=1e-2)


def test_inversion_ends_at_the_negative(ramp):
    from skimage.util import invert

    np.testing.assert_allclose(perturb(ramp, 'inversion', 5, intensity_range=UNIT), invert(ramp), atol=1e-6)
    np.testing.assert_allclose(perturb(ramp, 'inversion', 2.5, intensity_range=UNIT), 0.5, atol=1e-6)


def test_air_stays_dark_where_asked():
    values = np.array([[-0.2, 0.0, 0.05, 0.1, 0.9]], np.float32)
    out = perturb(values, 'inversion', 5, intensity_range=UNIT, parameters={'dark': 0.1})
    np.testing.assert_allclose(out, [[-0.2, 0.0, 0.5, 0.9, 0.1]], atol=1e-6)


@pytest.mark.parametrize('seed', range(8))
def test_histogram_shift_is_a_smooth_curve_that_keeps_the_order(seed):
    values = np.linspace(-0.5, 1.5, 4001, dtype=np.float32).reshape(1, -1)
    for severity in (1, 3, 5):
        out = perturb(values, 'histogram_shift', severity, seed, intensity_range=UNIT).astype(float)[0]
        slope = np.diff(out) / np.diff(values[0].astype(float))
        loss = np.interp(severity, range(6), (0, 0.2, 0.4, 0.6, 0.8, 0.95))
        assert slope.min() == pytest.approx(1 - loss, abs=0.01)
        outside = (values[0] <= 0) | (values[0] >= 1)
        np.testing.assert_allclose(out[outside], values[0][outside], atol=1e-6)


@pytest.mark.parametrize('severity', [1, 3, 5])
def test_saturation_is_that_of_hsv(severity):
    from skimage.color import rgb2hsv

    image = np.random.default_rng(0).uniform(0.1, 0.9, (20, 30, 3)).astype(np.float32)
    out = perturb(image, 'saturation', severity, intensity_range=UNIT, channel_axis=2)
    before, after = rgb2hsv(image), rgb2hsv(out.clip(0, 1))
    np.testing.assert_allclose(after[..., 1], before[..., 1] * (1 - severity / 5), atol=1e-5)
    np.testing.assert_allclose(after[..., 2], before[..., 2], atol=1e-6)
    if severity < 5:
        np.testing.assert_allclose(np.cos(2 * np.pi * (after - before)[..., 0]), 1, atol=1e-4)


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('severity', [1, 3, 5])
def test_stain_changes_the_dyes_that_scikit_image_sees(slide, severity, seed):
    from skimage.color import rgb2hed

    from napari_segrobust.perturb import make_field

    out = perturb(slide, 'stain', severity, seed, intensity_range=UNIT, channel_axis=2)
    share = make_field('stain', seed, 3, slide.shape[:2], (1.0, 1.0))['dyes'][0]
    assert np.hypot(*share) == pytest.approx(1)
    change = np.interp(severity, range(6), (0, 0.05, 0.1, 0.2, 0.35, 0.5))
    before, after = rgb2hed(slide), rgb2hed(out)
    for dye in (0, 1):
        np.testing.assert_allclose(after[..., dye], before[..., dye] * (1 + change * share[dye]), atol=1e-5)
    np.testing.assert_allclose(after[..., 2], before[..., 2], atol=1e-5)


def test_the_empty_slide_stays_white():
    white = np.ones((5, 6, 3), np.float32)
    np.testing.assert_allclose(perturb(white, 'stain', 5, 1, intensity_range=UNIT, channel_axis=2), white, atol=1e-6)


@pytest.fixture
def organs():
    """An organ of mean 10, one of mean 4, and surroundings of 2 with a rim of air far away."""
    rng = np.random.default_rng(0)
    labels = np.zeros((20, 60, 60), np.uint8)
    labels[5:15, 20:30, 20:40], labels[5:15, 30:40, 20:40] = 3, 5
    image = rng.standard_normal(labels.shape).astype(np.float32) * 0.2 + np.array([2, 0, 0, 10, 0, 4])[labels]
    image[:, :, 50:] = -100
    return image.astype(np.float32), labels


@pytest.mark.parametrize('severity', [1, 3, 5])
def test_two_labels_meet_half_way_and_keep_their_texture(organs, severity):
    image, labels = organs
    out = perturb(image, 'label_contrast', severity, reference=labels, parameters={'label': 3, 'other': 5})
    one, two = labels == 3, labels == 5
    assert out[one].mean() - out[two].mean() == pytest.approx(
        (1 - severity / 5) * float(image[one].mean() - image[two].mean()), abs=1e-3
    )
    assert out[one].mean() + out[two].mean() == pytest.approx(float(image[one].mean() + image[two].mean()), abs=1e-3)
    for label in (one, two):
        assert out[label].std() == pytest.approx(float(image[label].std()), rel=1e-4)
    np.testing.assert_allclose(out[labels == 0], image[labels == 0], atol=1e-4)


def test_a_label_sinks_into_its_surroundings_and_other_labels_stay(organs):
    image, labels = organs
    out = perturb(image, 'label_contrast', 5, reference=labels, parameters={'label': 3})
    assert out[labels == 3].mean() == pytest.approx(2, abs=0.02)
    np.testing.assert_allclose(out[labels != 3], image[labels != 3], atol=1e-4)


def test_a_label_that_is_not_there_is_one_clear_line(organs):
    image, labels = organs
    with pytest.raises(PerturbationError, match=r'the reference has no label 7. Choose of: 3, 5\.'):
        perturb(image, 'label_contrast', 5, reference=labels, parameters={'label': 7})


@pytest.mark.parametrize('name', ['contrast', 'brightness', 'histogram_shift', 'window_shift', 'inversion'])
def test_no_two_are_the_same_change(name, shared_data):
    """Residuals on a real MR and CT point in different directions."""
    import nibabel

    others = ['contrast', 'brightness', 'histogram_shift', 'window_shift', 'inversion', 'gamma']
    same = dict.fromkeys(others, 0)
    for path in ('mr/mr.nii.gz', 'ct/ct.nii.gz'):
        image = np.ascontiguousarray(np.asarray(nibabel.load(shared_data / path).dataobj, np.float32)[:, :, 10])
        change = {other: (perturb(image, other, 3, 1) - image).ravel().astype(float) for other in others}
        for other in others:
            one, two = change[name], change[other]
            same[other] += abs(one @ two) / np.sqrt((one @ one) * (two @ two)) > 0.99
    assert [other for other in others if same[other] == 2] == [name]
    assert get_spec(name).group == 'intensity'
