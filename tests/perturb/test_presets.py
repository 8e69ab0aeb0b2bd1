"""Published levels: the parameters are those of the benchmarks, and the results are those of their code."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from skimage import data
from skimage.filters import gaussian
from skimage.transform import resize
from skimage.util import random_noise

from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    Clean,
    acts,
    amounts,
    get_preset,
    make_field,
    perturb_block,
    preset_levels,
    preset_stack,
    presets,
)
from napari_segrobust.perturb.presets import size_note

WHOLE = (slice(0, 256), slice(0, 256))
PHOTOGRAPH = (slice(0, 224), slice(0, 224))


@pytest.fixture(scope='module')
def face():
    """A photograph of 256 x 256, min-max scaled to 0 and 1, and a region in it."""
    image = resize(data.camera(), (256, 256), anti_aliasing=True)
    image = (image - image.min()) / (image.max() - image.min())
    mask = np.zeros((256, 256), np.uint8)
    mask[60:190, 80:170] = 1
    return image, mask


def published(preset, series, parameter):
    """First parameter of every level of a series."""
    return [entry.parameters[parameter] for level in presets()[preset].series[series] for entry in level.stack]


def test_their_names():
    assert list(presets()) == ['imagenet-c', 'kamath-2025', 'medmnist-c', 'rood-mri']
    for name, preset in presets().items():
        assert preset.name == name
        assert all((preset.title, preset.source, preset.note, preset.series))


@pytest.mark.parametrize(
    ('preset', 'series', 'parameter', 'levels'),
    [
        ('imagenet-c', 'gaussian_noise', 'sigma', [0.08, 0.12, 0.18, 0.26, 0.38]),
        ('imagenet-c', 'impulse_noise', 'share', [3, 6, 9, 17, 27]),
        ('imagenet-c', 'speckle_noise', 'sigma', [0.15, 0.2, 0.35, 0.45, 0.6]),
        ('imagenet-c', 'gaussian_blur', 'sigma', [1, 2, 3, 4, 6]),
        ('rood-mri', 'contrast_compression', 'gamma', [0.86, 0.72, 0.58, 0.44, 0.3]),
        ('rood-mri', 'contrast_expansion', 'gamma', [1.4, 1.8, 2.2, 2.6, 3.0]),
        ('rood-mri', 'smoothing', 'sigma', [0.8, 1.6, 2.4, 3.2, 4.0]),
        ('medmnist-c', 'retina_gaussian_noise', 'sigma', [0.04, 0.08, 0.12, 0.16, 0.20]),
        ('medmnist-c', 'organ_gaussian_noise', 'sigma', [0.04, 0.08, 0.12, 0.16, 0.20]),
        ('medmnist-c', 'chest_gaussian_noise', 'sigma', [0.04, 0.08, 0.12, 0.18, 0.26]),
        ('medmnist-c', 'pneumonia_gaussian_noise', 'sigma', [0.04, 0.05, 0.06, 0.07, 0.08]),
        ('medmnist-c', 'organ_speckle_noise', 'sigma', [0.05, 0.1, 0.2, 0.3, 0.4]),
        ('medmnist-c', 'breast_speckle_noise', 'sigma', [0.1, 0.15, 0.2, 0.25, 0.3]),
        ('medmnist-c', 'oct_speckle_noise', 'sigma', [0.15, 0.3, 0.4, 0.5, 0.6]),
        ('medmnist-c', 'organ_impulse_noise', 'share', [1, 2, 3, 5, 8]),
        ('medmnist-c', 'organ_gamma_up', 'gamma', [1.3, 1.4, 1.6, 1.8, 2.0]),
        ('medmnist-c', 'organ_gamma_down', 'gamma', [0.9, 0.8, 0.7, 0.6, 0.4]),
        ('imagenet-c', 'defocus_blur', 'radius', [3, 4, 6, 8, 10]),
        ('imagenet-c', 'contrast', 'contrast', [40, 30, 20, 10, 5]),
        ('imagenet-c', 'jpeg_compression', 'quality', [25, 18, 15, 10, 7]),
        ('rood-mri', 'affine', 'angle', [6, 12, 18, 24, 30]),
        ('rood-mri', 'affine', 'shift', [8, 16, 24, 32, 40]),
        ('rood-mri', 'elastic_deformation', 'displacement', [6, 12, 18, 24, 30]),
        ('rood-mri', 'motion', 'degrees', [1, 2, 3, 4, 5]),
        ('rood-mri', 'motion', 'translation', [2, 4, 6, 8, 10]),
        ('medmnist-c', 'path_defocus_blur', 'radius', [3, 4, 5, 6, 7]),
        ('medmnist-c', 'retina_defocus_blur', 'radius', [4, 5, 6, 7, 8]),
        ('medmnist-c', 'path_jpeg_compression', 'quality', [50, 30, 15, 10, 7]),
        ('medmnist-c', 'breast_brightness_up', 'gain', [140, 150, 160, 180, 200]),
        ('medmnist-c', 'breast_brightness_down', 'gain', [55, 50, 45, 40, 30]),
        ('medmnist-c', 'organ_contrast_up', 'contrast', [130, 140, 160, 170, 180]),
        ('medmnist-c', 'organ_contrast_down', 'contrast', [80, 70, 60, 55, 50]),
        # kernels of 11 to 21, which torchvision gives a sigma of 0.15 k + 0.35
        ('medmnist-c', 'organ_gaussian_blur', 'sigma', [2.0, 2.3, 2.6, 2.9, 3.5]),
    ],
)
def test_parameters_are_the_published_ones(preset, series, parameter, levels):
    assert published(preset, series, parameter) == levels


@pytest.mark.parametrize(
    ('preset', 'series', 'photons'),
    [
        ('imagenet-c', 'shot_noise', [60, 25, 12, 5, 3]),
        ('medmnist-c', 'organ_shot_noise', [200, 100, 50, 25, 15]),
        ('medmnist-c', 'pneumonia_shot_noise', [300, 200, 150, 100, 80]),
    ],
)
def test_photons_are_the_published_ones(preset, series, photons):
    assert [(100 / noise) ** 2 for noise in published(preset, series, 'noise')] == pytest.approx(photons, rel=1e-5)


@pytest.mark.parametrize(
    ('preset', 'series', 'parameter', 'factors'),
    [
        ('imagenet-c', 'pixelate', 'larger', [1 / 0.6, 1 / 0.5, 1 / 0.4, 1 / 0.3, 1 / 0.25]),
        ('rood-mri', 'anisotropic_downsampling', 'thicker', [2.8, 4.6, 6.4, 8.2, 10]),
        ('rood-mri', 'isotropic_downsampling', 'larger', [1.6, 2.2, 2.8, 3.4, 4]),
    ],
)
def test_factors_of_resolution_are_the_published_ones(preset, series, parameter, factors):
    assert [1 + larger for larger in published(preset, series, parameter)] == pytest.approx(factors, rel=1e-6)


@pytest.mark.parametrize(('radius', 'sigma', 'level'), [(10, 3, 1), (15, 5, 2), (15, 8, 3), (15, 12, 4), (20, 15, 5)])
def test_lines_have_the_spread_of_the_published_bells(radius, sigma, level):
    steps = np.arange(2 * radius + 1)  # ImageMagick's kernel: half a bell over twice the radius and one
    bell = np.exp(-(steps**2) / (2 * sigma**2))
    bell /= bell.sum()
    variance = bell @ steps**2 - (bell @ steps) ** 2
    length = presets()['imagenet-c'].series['motion_blur'][level - 1].stack[0].parameters['length']
    assert length**2 / 12 == pytest.approx(variance, rel=1e-3)


@pytest.mark.parametrize('preset', presets())
def test_every_level_fits_the_catalogue_and_acts(preset):
    for series in presets()[preset].series:
        for title, stack in preset_levels(preset, series, spacing=(2.0, 0.7, 0.7), seed=3):
            assert stack or title == 'clean'
            for entry in stack:
                assert acts(entry)
                assert entry.seed == 3
                assert set(entry.parameters) <= set(amounts(entry))


def test_kamath_says_what_it_is():
    preset = get_preset('kamath-2025')
    assert [level.title for level in preset.series['texture']] == ['easiest', 'easier', 'clean', 'harder', 'hardest']
    assert 'use the reference' in preset.note.replace('\n', ' ')
    assert 'no clinical degradation' in preset.note
    assert preset.size == (256, 256)
    for level in preset.series['texture']:
        assert all(entry.scale == 'minmax' and entry.clip for entry in level.stack)
    variances = [preset_stack(preset, 'texture', level)[0].parameters['sigma'] ** 2 for level in ('harder', 'hardest')]
    assert variances == pytest.approx([0.1, 0.3], rel=1e-12)


@pytest.mark.parametrize(('level', 'variance'), [('harder', 0.1), ('hardest', 0.3)])
def test_kamath_speckle_is_that_of_scikit_image(face, level, variance):
    image, _ = face
    stack = preset_stack('kamath-2025', 'texture', level, seed=4)
    out = perturb_block(Clean(image[None].astype(np.float32), (0.2, 0.7)), stack, block=WHOLE)[0]
    drawn = make_field('speckle', 4, 1, (256, 256), (1.0, 1.0))['normal'][0].astype(float) * np.sqrt(variance)

    class Drawn:
        """A generator that hands out the draw of ours."""

        def normal(self, loc, scale, size):
            assert (loc, size) == (0, image.shape)
            assert scale == pytest.approx(np.sqrt(variance))
            return drawn

    class Rng(Drawn, np.random.Generator):
        pass

    expected = random_noise(image, 'speckle', rng=Rng(np.random.PCG64(0)), var=variance)
    np.testing.assert_allclose(out, expected, atol=2e-6)
    assert out.min() == 0
    assert out.max() == 1


@pytest.mark.parametrize(('level', 'sigma'), [('easier', 3), ('easiest', 7)])
@pytest.mark.parametrize('spacing', [None, (0.4, 0.4)])
def test_kamath_blur_is_that_of_scikit_image_on_the_background(face, level, sigma, spacing):
    image, mask = face
    stack = preset_stack('kamath-2025', 'texture', level, spacing)
    clean = Clean(image[None].astype(np.float32), (0.2, 0.7), spacing, references={'r': mask})
    out = perturb_block(clean, stack, block=WHOLE)[0]
    expected = np.where(mask, image, gaussian(image, sigma))
    np.testing.assert_allclose(out, expected, atol=2e-6)


def test_bytes_are_the_scale_of_photographs():
    photograph = data.astronaut()[100:356, 100:356].transpose(2, 0, 1).astype(np.float32)
    clean = Clean(photograph, (30.0, 90.0))
    out = perturb_block(clean, preset_stack('imagenet-c', 'gaussian_noise', 3, seed=1), block=WHOLE)
    drawn = make_field('gaussian_noise', 1, 3, (256, 256), (1.0, 1.0))['normal']
    np.testing.assert_allclose(out, np.clip(photograph / 255 + 0.18 * drawn, 0, 1) * 255, atol=1e-4)
    blurred = perturb_block(
        Clean(photograph, (30.0, 90.0)), preset_stack('imagenet-c', 'gaussian_blur', 5), block=WHOLE
    )
    np.testing.assert_allclose(blurred, gaussian(photograph, 6, channel_axis=0), atol=1e-3)


@pytest.mark.parametrize(('level', 'quality'), [(1, 25), (5, 7)])
def test_jpeg_is_that_of_pillow(level, quality):
    photograph = data.astronaut()[100:324, 100:324]
    stream = BytesIO()
    Image.fromarray(photograph).save(stream, 'JPEG', quality=quality)
    image = photograph.transpose(2, 0, 1).astype(np.float32)
    out = perturb_block(Clean(image, (0, 255)), preset_stack('imagenet-c', 'jpeg_compression', level), block=PHOTOGRAPH)
    np.testing.assert_allclose(out, np.asarray(Image.open(stream)).transpose(2, 0, 1), atol=1e-4)


@pytest.mark.parametrize(('level', 'side'), [(2, 112), (5, 56)])
@pytest.mark.parametrize('spacing', [None, (0.3, 0.3)])
def test_pixelate_is_that_of_pillow(level, side, spacing):
    photograph = data.astronaut()[100:324, 100:324, 0].astype(np.float32)
    small = Image.fromarray(photograph).resize((side, side), Image.Resampling.BOX)
    expected = np.asarray(small.resize((224, 224), Image.Resampling.BOX))
    stack = preset_stack('imagenet-c', 'pixelate', level, spacing)
    out = perturb_block(Clean(photograph[None], (0, 255), spacing), stack, block=PHOTOGRAPH)[0]
    np.testing.assert_allclose(out, expected, atol=1e-2)


def test_contrast_and_brightness_are_their_formulas():
    image = data.camera()[100:324, 100:324].astype(np.float32)[None]
    clean = Clean(image, (30.0, 90.0))
    flat = perturb_block(clean, preset_stack('imagenet-c', 'contrast', 4), block=PHOTOGRAPH)
    np.testing.assert_allclose(flat, (image - image.mean()) * 0.1 + image.mean(), atol=1e-3)
    bright = perturb_block(clean, preset_stack('medmnist-c', 'breast_brightness_up', 5), block=PHOTOGRAPH)
    np.testing.assert_allclose(bright, np.minimum(2 * image, 255), atol=1e-3)


def test_units_of_lengths():
    thick = preset_stack('rood-mri', 'anisotropic_downsampling', 1, (3.0, 1.0, 1.0))[0]
    assert thick.parameters['thicker'] == pytest.approx(1.8 * 3)
    cubes = preset_stack('rood-mri', 'isotropic_downsampling', 5, (3.0, 1.5, 0.5))[0]
    assert cubes.parameters['larger'] == pytest.approx(3 * 0.5)


def test_pixels_become_mm_of_the_last_two_axes():
    volume, none, slices = ((3.0, 0.5, 0.5), None, (0.8, 0.8))
    sigmas = [preset_stack('imagenet-c', 'gaussian_blur', 2, s)[0].parameters['sigma'] for s in (volume, none, slices)]
    assert sigmas == [1.0, 2.0, 1.6]
    mm = preset_stack('rood-mri', 'smoothing', 2, volume)[0].parameters['sigma']
    assert mm == 1.6
    with pytest.raises(PerturbationError, match='Resample the image to square pixels'):
        preset_stack('imagenet-c', 'gaussian_blur', 2, (0.5, 1.0))
    assert preset_stack('imagenet-c', 'gaussian_noise', 2, (0.5, 1.0))  # no length, no matter


def test_levels_by_number_and_by_title():
    for level in (5, '5', 'hardest', 'Hardest'):
        assert preset_stack('kamath-2025', 'texture', level) == preset_stack('kamath-2025', 'texture', 5)
    assert preset_stack('kamath-2025', 'texture', 'clean') == ()


@pytest.mark.parametrize(
    ('ask', 'words'),
    [
        (('imagenet', 'gaussian_blur', 1), "Unknown preset: 'imagenet'. Did you mean 'imagenet-c'?"),
        (('imagenet-c', 'blur', 1), "Unknown series of imagenet-c: 'blur'"),
        (('imagenet-c', 'gaussian_blur', 6), 'Choose one of: 1, 2, 3, 4, 5.'),
        (('kamath-2025', 'texture', 'worst'), 'Choose one of: easiest, easier, clean, harder, hardest.'),
    ],
)
def test_unknown_words_are_refused(ask, words):
    with pytest.raises(PerturbationError) as caught:
        preset_stack(*ask)
    assert words in str(caught.value)


def test_another_size_is_said():
    preset = get_preset('kamath-2025')
    assert size_note(preset, (256, 256)) == size_note(preset, (20, 256, 256)) == ''
    assert 'defined on 256 x 256; this image is 512 x 512' in size_note(preset, (512, 512))
    assert size_note(get_preset('rood-mri'), (30, 40, 50)) == ''
