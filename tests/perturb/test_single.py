from __future__ import annotations

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    Clean,
    Region,
    intensity_range,
    make_field,
    new_perturbation,
    perturb,
    perturb_block,
)


@pytest.fixture
def image():
    return np.random.default_rng(0).random((12, 13, 14), dtype=np.float32) * 100


def test_the_package_is_the_verb(image):
    assert np.array_equal(sr.perturb(image, 'speckle', 2.0, seed=3), perturb(image, 'speckle', 2.0, seed=3))


def test_equals_the_engine(image):
    block = tuple(slice(0, n) for n in image.shape)
    entry = new_perturbation('gaussian_blur', 2.0)
    expected = perturb_block(Clean(image[None], intensity_range(image), (3.0, 1.0, 1.0)), [entry], block=block)[0]
    assert np.array_equal(perturb(image, 'gaussian_blur', 2.0, spacing=(3, 1, 1)), expected)


def test_draws_once(image, monkeypatch):
    drawn = []
    monkeypatch.setattr('napari_segrobust.perturb.stack._SLAB', 200)
    monkeypatch.setattr(
        'napari_segrobust.perturb.fields.make_field', lambda *key: drawn.append(key) or make_field(*key)
    )
    perturb(image, 'speckle', 2.0)
    assert len(drawn) == 1


def test_severity_zero_gives_a_copy(image):
    out = perturb(image, 'speckle', 0)
    assert np.array_equal(out, image)
    assert not np.shares_memory(out, image)
    assert out.flags.writeable


@pytest.mark.parametrize('dtype', [np.uint8, np.int16, np.int32, np.float16, np.float64, bool])
def test_any_real_dtype(image, dtype):
    given = image.astype(dtype)
    out = perturb(given, 'gaussian_noise', 1.0, intensity_range=(0, 100))
    assert out.dtype == np.float32
    assert np.array_equal(out, perturb(given.astype(np.float32), 'gaussian_noise', 1.0, intensity_range=(0, 100)))


def test_channels(image):
    channels = np.stack([image, image + 1], axis=-1)
    out = perturb(channels, 'speckle', 2.0, channel_axis=-1, intensity_range=(0, 1))
    assert out.shape == channels.shape
    assert np.array_equal(out[..., 0], perturb(image, 'speckle', 2.0, intensity_range=(0, 1)))
    flat = perturb(image, 'speckle', 2.0, channel_axis=0)
    assert flat.shape == image.shape


def test_regions(image):
    mask = np.zeros(image.shape, bool)
    mask[4:8, 4:8, 4:8] = True
    everywhere = perturb(image, 'speckle', 2.0)
    by_mask = perturb(image, 'speckle', 2.0, region=mask)
    assert np.array_equal(by_mask, np.where(mask, everywhere, image))
    for region in (Region(kind='box', box=((4, 8),) * 3), Region(kind='label', label=1), Region(kind='foreground')):
        assert np.array_equal(perturb(image, 'speckle', 2.0, region=region, reference=mask.astype(int)), by_mask)
    with pytest.raises(PerturbationError, match='no reference mask'):
        perturb(image, 'speckle', 2.0, region=Region(kind='background'))


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'spacing': (1, 1)}, 'Give 3 positive numbers'),
        ({'spacing': (1, 1, 0)}, 'Give 3 positive numbers'),
        ({'intensity_range': (1, 1)}, 'the smaller one first'),
        ({'intensity_range': (0, float('nan'))}, 'the smaller one first'),
        ({'device': 'warp'}, "Use 'cpu'"),
        ({'severity': 9}, 'Choose 0 to 5'),
        ({'parameters': {'x': 1}}, 'sigma'),
    ],
)
def test_user_mistakes_get_one_line(image, options, words):
    with pytest.raises(PerturbationError) as caught:
        perturb(image, 'speckle', **{'severity': 1, **options})
    assert words in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    'array', [np.zeros(5), np.zeros((2, 3, 4, 5)), np.zeros((0, 4)), np.array([['a']]), np.zeros((2, 2), complex)]
)
def test_arrays_that_are_no_images_are_refused(array):
    with pytest.raises(PerturbationError, match='Image unusable'):
        perturb(array, 'speckle', 1)


def test_intensity_range():
    ramp = np.arange(101, dtype=np.float32)
    assert intensity_range(ramp) == (1.0, 99.0)
    assert intensity_range(np.append(ramp, [np.nan, np.inf])) == (1.0, 99.0)
    assert intensity_range(ramp.astype(np.uint8)) == (0.0, 100.0)
    assert intensity_range(ramp.astype(np.int16)) == (1.0, 99.0)
    assert intensity_range(np.eye(200)) == (0.0, 1.0)
    assert intensity_range(np.full(5, 3.0)) == (3.0, 4.0)
    assert intensity_range(np.full(5, np.nan)) == (0.0, 1.0)
