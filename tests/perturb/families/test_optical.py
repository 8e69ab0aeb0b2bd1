"""Lenses, lights, slides and codecs against their laws, hand-worked cases and outsiders."""

from __future__ import annotations

import io

import numpy as np
import pytest
from scipy import ndimage

from napari_segrobust.perturb import make_field, new_perturbation, perturb
from napari_segrobust.perturb.families.optical._plane import Plane, Waves

UNIT = (0.0, 1.0)
SCENE = ('specular_reflection', 'haze', 'illumination_falloff', 'bubble', 'ink', 'uneven_focus')


def drawn(name, key, shape, seed=7, spacing=None):
    return make_field(name, seed, 1, shape, spacing or (1.0,) * len(shape))[key][0]


@pytest.fixture(scope='module')
def retina():
    """A fundus photograph (3, H, W), 0 to 255."""
    from skimage.data import retina

    return np.moveaxis(retina()[::6, ::6], -1, 0).astype(np.float32)


def test_lengths_are_fractions_of_the_shorter_side():
    plane = Plane.of((9, 5, 11), (7.0, 2.0, 1.0))
    y, x = plane.lines
    np.testing.assert_allclose(y[:, 0], np.array([-4, -2, 0, 2, 4]) / 10)
    np.testing.assert_allclose(x[0], np.arange(-5, 6) / 10)
    assert plane.distance((0.4, 0.3))[-1, 8] == pytest.approx(0, abs=1e-12)


def test_slopes_of_waves_are_the_derivatives_of_their_height():
    plane = Plane.of((300, 400), (1.0, 1.0))
    waves = Waves.drawn(np.random.default_rng(0), 1.0, 0.3)
    height, slopes = waves.height(plane), waves.slopes(plane)
    for axis, slope in enumerate(slopes):
        centre = (slice(1, -1), slice(1, -1))
        np.testing.assert_allclose(np.gradient(height, plane.step[axis], axis=axis)[centre], slope[centre], atol=0.3)
    assert slopes.std() > 30


@pytest.mark.parametrize('name', SCENE)
def test_things_in_the_scene_are_the_same_in_every_slice_and_channel(name):
    rng = np.random.default_rng(0)
    plane = rng.random((30, 40), dtype=np.float32)
    volume = np.broadcast_to(plane, (4, 30, 40))
    out = perturb(volume, name, 3, 7, intensity_range=UNIT)
    assert all(np.array_equal(out[0], other) for other in out[1:])
    colours = perturb(volume[:3], name, 3, 7, intensity_range=UNIT, channel_axis=0)
    if name != 'ink':
        assert all(np.array_equal(colours[0], other) for other in colours[1:])


def test_things_are_round_in_mm():
    loss = drawn('illumination_falloff', 'loss', (81, 160), spacing=(2.0, 0.5))
    row, column = np.unravel_index(loss.argmin(), loss.shape)
    y, x = np.indices(loss.shape)
    distance = np.hypot(2 * (y - row), 0.5 * (x - column)).ravel()
    order = np.argsort(distance)
    falls = np.maximum.accumulate(loss.ravel()[order]) - loss.ravel()[order]
    assert falls.max() < 0.03
    checked = 0
    for seed in range(6):
        bubbles, number = ndimage.label(drawn('bubble', 'bend', (100, 400), seed, (2.0, 0.5)).any(axis=0))
        for rows, columns in ndimage.find_objects(bubbles, number):
            inside = rows.start > 0 and rows.stop < 100 and columns.start > 0 and columns.stop < 400
            round_one = bubbles[rows, columns].astype(bool).mean() == pytest.approx(np.pi / 4, rel=0.1)
            if inside and round_one:  # two that overlap are not round
                assert 2 * (rows.stop - rows.start) == pytest.approx(0.5 * (columns.stop - columns.start), abs=7)
                checked += 1
    assert checked >= 3


def test_glints_add_light_until_the_camera_saturates():
    image = np.linspace(0, 1.4, 80 * 90, dtype=np.float32).reshape(80, 90)
    glare = drawn('specular_reflection', 'glare', image.shape)
    assert glare.max() == 1
    out = perturb(image, 'specular_reflection', 4, 7, intensity_range=UNIT)
    np.testing.assert_allclose(out, np.maximum(image, np.minimum(image + 6 * glare, 1)), atol=1e-6)
    assert (out[(glare > 0.5) & (image < 1)] == 1).all()


@pytest.mark.parametrize('seed', range(8))
def test_glints_grow_and_cover_a_small_part(seed):
    dark = np.zeros((128, 160), np.float32)
    saturated = [
        float((perturb(dark, 'specular_reflection', severity, seed, intensity_range=UNIT) == 1).mean())
        for severity in range(1, 6)
    ]
    assert saturated[0] == 0
    assert saturated[1:] == sorted(saturated[1:])
    assert 0 < saturated[4] < 0.25


def test_haze_follows_koschmieder():
    image = np.random.default_rng(0).random((40, 50), dtype=np.float32)
    density = drawn('haze', 'density', image.shape)
    assert density.min() == pytest.approx(0.1)
    assert density.max() == pytest.approx(1)
    passed = np.exp(-1.7 * density)
    out = perturb(image, 'haze', 4, 7, intensity_range=UNIT)
    np.testing.assert_allclose(out, image * passed + 0.8 * (1 - passed), atol=1e-6)
    thick = perturb(image, 'haze', 1, 7, parameters={'depth': 50, 'veil': 0.6}, intensity_range=UNIT)
    np.testing.assert_allclose(thick[density > 0.4], 0.6, atol=1e-6)


def test_haze_takes_contrast_and_saturation_away(retina):
    from skimage.color import rgb2hsv

    def saturation(image):
        return rgb2hsv(np.moveaxis(image.clip(0, 255) / 255, 0, -1))[30:-30, 30:-30, 1].mean()

    found = [retina, *(perturb(retina, 'haze', s, 7, scale='byte', channel_axis=0) for s in (1, 3, 5))]
    assert [saturation(image) for image in found] == sorted((saturation(image) for image in found), reverse=True)
    spread = [image[0, 60:-60, 60:-60].std() for image in found]
    assert spread == sorted(spread, reverse=True)


@pytest.mark.parametrize('severity', [1, 3, 5])
@pytest.mark.parametrize('shape', [(50, 70), (3, 40, 30)])
def test_light_falls_off_to_what_it_says(severity, shape):
    gain = perturb(np.ones(shape, np.float32), 'illumination_falloff', severity, 7, intensity_range=UNIT)
    assert gain.max() == pytest.approx(1, abs=0.01)
    assert gain.min() == pytest.approx(1 - (25, 45, 65, 80, 92)[severity - 1] / 100, rel=1e-4)
    corners = gain[..., [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() == gain.min()


def test_light_falls_off_by_the_law_of_lenses():
    """At one loss it is cos^4 of the angle at which a lens sees the pixel."""
    loss = drawn('illumination_falloff', 'loss', (81, 121)).astype(float)
    row, column = np.unravel_index(loss.argmin(), loss.shape)
    y, x = np.indices(loss.shape)
    distance = np.hypot(y - row, x - column) / 81
    rest = []
    for focal in np.linspace(0.4, 0.8, 401):
        law = np.log1p((distance / focal) ** 2)
        scale = (law * loss).sum() / (law * law).sum()
        rest.append((np.abs(loss - scale * law).max(), focal, scale))
    error, focal, scale = min(rest)
    assert error < 0.02  # the centre lies between pixels
    gain = perturb(
        np.ones(loss.shape, np.float32),
        'illumination_falloff',
        1,
        7,
        parameters={'darker': 100 * (1 - np.exp(-2 / scale))},
        intensity_range=UNIT,
    )
    np.testing.assert_allclose(gain, np.cos(np.arctan(distance / focal)) ** 4, atol=0.04)


def test_bubbles_sample_what_scipy_samples():
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((60, 80)), 1).astype(np.float32)
    gain, bend = (drawn('bubble', key, image.shape) for key in ('gain', 'bend'))
    places = np.indices(image.shape) + bend
    theirs = gain * ndimage.map_coordinates(image, places, order=1, mode='nearest')
    out = perturb(image, 'bubble', 5, 7, intensity_range=UNIT)
    np.testing.assert_allclose(out, theirs, atol=2e-5)
    half = perturb(image, 'bubble', 1, 7, parameters={'strength': 50}, intensity_range=UNIT)
    np.testing.assert_allclose(half, (image + theirs) / 2, atol=2e-5)


@pytest.mark.parametrize('seed', range(8))
def test_bubbles_have_dark_walls_and_leave_the_rest_alone(seed):
    gain, bend = (drawn('bubble', key, (120, 150), seed) for key in ('gain', 'bend'))
    assert 0 < gain.min() < 0.3
    assert gain.max() < 1.3
    clear = gain == 1
    assert 0.4 < clear.mean() < 0.999
    flat = perturb(np.full((120, 150), 0.5, np.float32), 'bubble', 5, seed, intensity_range=UNIT)
    assert (flat[clear & ~bend.any(axis=0)] == 0.5).all()


def test_ink_absorbs_by_beer_and_lambert():
    image = np.random.default_rng(0).random((3, 70, 80), dtype=np.float32)
    ink, pen = drawn('ink', 'ink', (70, 80)), drawn('ink', 'pen', (70, 80))
    out = perturb(image, 'ink', 4, 7, intensity_range=UNIT, channel_axis=0)
    np.testing.assert_allclose(out, image * 10 ** (-pen[:, None, None] * ink), rtol=2e-5)
    twice = perturb(out, 'ink', 4, 7, intensity_range=UNIT, channel_axis=0)
    once = perturb(image, 'ink', 5, 7, intensity_range=UNIT, channel_axis=0)
    np.testing.assert_allclose(twice, once, rtol=1e-4)


def test_ink_is_drawn_in_strokes_of_every_pen():
    pens = set()
    for seed in range(24):
        ink = drawn('ink', 'ink', (90, 100), seed)
        pens.add(tuple(drawn('ink', 'pen', (90, 100), seed).round(2).tolist()))
        stroke = ink > 0.5
        assert 0.002 < stroke.mean() < 0.3
        assert ndimage.label(stroke, np.ones((3, 3)))[1] <= 6
        assert (ink == 0).mean() > 0.5
        assert ink.max() < 1.4
    assert len(pens) == 4


@pytest.mark.parametrize('spacing', [(1.0, 1.0), (2.0, 0.7)])
def test_uneven_focus_mixes_the_blurs_of_scipy(spacing):
    # smooth, as narrow Gaussians on a grid and in Fourier space differ at the finest detail
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((50, 70)), 2).astype(np.float32)
    expected = image.astype(float)
    for k in range(1, 5):
        share = drawn('uneven_focus', f'blur_{k}', image.shape, spacing=spacing)
        sigma = [3.5 * k / 4 / step for step in spacing]
        blurred = ndimage.gaussian_filter(image.astype(float), sigma, mode='nearest', truncate=6)
        expected += share * (blurred - image)
    out = perturb(image, 'uneven_focus', 3, 7, spacing=spacing, intensity_range=UNIT)
    np.testing.assert_allclose(out, expected, atol=1e-3)
    assert np.abs(out - image).max() > 0.02


@pytest.mark.parametrize('seed', range(5))
def test_uneven_focus_is_sharp_on_a_line_and_blurs_away_from_it(seed):
    """The variance of a point's image is sigma^2 times the square of its distance from the line, 1 the farthest."""
    shares = [drawn('uneven_focus', f'blur_{k}', (80, 80), seed).astype(float) for k in range(1, 5)]
    spread = sum(share * (k / 4) ** 2 for k, share in enumerate(shares, start=1))
    assert spread.max() == pytest.approx(1)
    assert spread.min() < 1e-3
    distance = np.sqrt(spread)
    assert [distance[0, 0], distance[0, -1], distance[-1, 0], distance[-1, -1]].count(distance.max()) >= 1
    signed = np.gradient(distance)
    steep = np.hypot(*signed)[distance > 0.1]
    assert np.percentile(steep, 95) == pytest.approx(np.percentile(steep, 5), rel=0.02)
    flat = perturb(np.full((80, 80), 0.3, np.float32), 'uneven_focus', 5, seed, intensity_range=UNIT)
    np.testing.assert_allclose(flat, 0.3, atol=1e-5)


def decoded(image, quality):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, 'JPEG', quality=quality)
    return np.asarray(Image.open(file)).astype(np.float32)


@pytest.mark.parametrize(('severity', 'quality'), [(1, 50), (2, 30), (2.4, 15), (4, 10), (5, 7)])
def test_jpeg_is_the_codec_of_pillow(severity, quality, retina):
    photograph = np.moveaxis(retina, 0, -1).astype(np.uint8)
    out = perturb(retina, 'jpeg', severity, scale='byte', channel_axis=0)
    np.testing.assert_allclose(np.moveaxis(out, 0, -1), decoded(photograph, quality), atol=1e-4)
    grey = perturb(retina[1], 'jpeg', severity, scale='byte')
    np.testing.assert_allclose(grey, decoded(photograph[..., 1], quality), atol=1e-4)


def test_jpeg_of_imagenet_c(retina):
    change = []
    for quality in (25, 18, 15, 10, 7):
        out = perturb(retina, 'jpeg', 1, parameters={'quality': quality}, scale='byte', channel_axis=0)
        change.append(float(np.square(out - retina).mean()))
    assert change == sorted(change)


def test_jpeg_carries_along_what_lies_outside_of_its_range():
    image = np.full((16, 16), 0.5, np.float32)
    image[4, 5], image[9, 3] = 7.0, -3.0
    out = perturb(image, 'jpeg', 1, parameters={'quality': 100}, intensity_range=UNIT)
    np.testing.assert_allclose(out, image, atol=0.02)


def test_two_channels_are_coded_one_by_one():
    image = np.random.default_rng(0).random((2, 16, 24), dtype=np.float32)
    both = perturb(image, 'jpeg', 5, intensity_range=UNIT, channel_axis=0)
    for one, alone in zip(both, image, strict=True):
        assert np.array_equal(one, perturb(alone, 'jpeg', 5, intensity_range=UNIT))


def test_a_volume_is_coded_slice_by_slice():
    volume = np.random.default_rng(0).random((3, 20, 24), dtype=np.float32)
    out = perturb(volume, 'jpeg', 3, intensity_range=UNIT)
    for index, plane in enumerate(volume):
        assert np.array_equal(out[index], perturb(plane, 'jpeg', 3, intensity_range=UNIT))
    assert new_perturbation('jpeg', 3).version == 1
