"""Styles of another image and other contrasts, against scikit-image, FDA's formula and hand-worked means."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data
from skimage.exposure import match_histograms

from napari_segrobust.perturb import perturb

ALL = {'floor': -100.0}
ROWS, COLUMNS = 60, 81


@pytest.fixture(scope='module')
def textures():
    """Two byte images of another size each."""
    return data.brick()[:ROWS, :COLUMNS], data.grass()[100:200, 50:120]


# --- histogram match


@pytest.mark.parametrize('kind', [np.uint8, np.float32])
def test_a_full_match_equals_scikit_image(textures, kind):
    source, target = (image.astype(kind) for image in textures)
    out = perturb(source, 'histogram_match', 5, target=target, parameters=ALL, scale='byte')
    # scikit-image rounds bytes down to bytes
    theirs = match_histograms(source.astype(np.int64), target.astype(np.int64))
    np.testing.assert_allclose(out, theirs, atol=1e-3)


def test_noise_of_many_values_takes_the_targets_quantiles():
    rng = np.random.default_rng(0)
    source, target = rng.standard_normal((200, 200)).astype(np.float32), rng.gamma(2.0, 1.0, (90, 110))
    out = perturb(source, 'histogram_match', 5, target=target, parameters=ALL, scale='minmax')
    lo, hi = target.min(), target.max()
    unit = (out - source.min()) / (source.max() - source.min()) * (hi - lo) + lo
    quantiles = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(np.quantile(unit, quantiles), np.quantile(target, quantiles), atol=0.02)
    order = np.argsort(source, axis=None)
    assert (np.diff(out.ravel()[order]) >= -1e-6).all()  # the order of grey values stays


def test_a_match_by_half_is_half_way(textures):
    source, target = textures
    options = {'target': target, 'scale': 'byte'}
    half, full = (perturb(source, 'histogram_match', 1, parameters={'share': share}, **options) for share in (50, 100))
    np.testing.assert_allclose(half - source, (full - source) / 2, atol=1e-4)


def test_air_stays_air_however_much_of_it_the_target_has(textures):
    source, target = (image.astype(np.float32) + 20 for image in textures)
    source[:, :40], target[:5] = 0, 0
    out = perturb(source, 'histogram_match', 5, target=target, scale='byte')
    assert not out[:, :40].any()
    tissue = match_histograms(source[:, 40:].astype(np.int64), target[5:].astype(np.int64))
    np.testing.assert_allclose(out[:, 40:], tissue, atol=1e-3)


def test_units_of_the_target_do_not_matter(textures):
    source, target = (image.astype(np.float32) for image in textures)
    for name in ('histogram_match', 'fourier_style'):
        one = perturb(source, name, 5, target=target)
        np.testing.assert_allclose(perturb(source, name, 5, target=target * 37 - 500), one, atol=0.02)


def test_values_that_the_clean_image_lacks_go_on_with_slope_one(textures):
    """Noise under the match leaves the range; nothing is cut."""
    from napari_segrobust.perturb import Clean, new_perturbation, perturb_block

    source, target = (image.astype(np.float32) for image in textures)
    clean = Clean(source[None], (0.0, 255.0), targets={'t': target})
    match = new_perturbation('histogram_match', 5, target='t', scale='byte', parameters=ALL)
    noise = new_perturbation('gaussian_noise', 5, 1)
    whole = tuple(slice(0, n) for n in source.shape)
    noisy, out = (perturb_block(clean, stack, block=whole)[0] for stack in ([noise], [noise, match]))
    for end, beyond in ((source.max(), noisy > source.max()), (source.min(), noisy < source.min())):
        leads = perturb(source, 'histogram_match', 5, target=target, scale='byte', parameters=ALL)[source == end][0]
        np.testing.assert_allclose(out[beyond] - leads, noisy[beyond] - end, atol=1e-3)


def test_colours_are_matched_one_by_one():
    source, target = (np.moveaxis(image, -1, 0) for image in (data.retina()[300:380, 300:400], data.coffee()[:70, :90]))
    out = perturb(source, 'histogram_match', 5, target=target, channel_axis=0, scale='byte', parameters=ALL)
    theirs = match_histograms(source.astype(np.int64), target.astype(np.int64), channel_axis=0)
    np.testing.assert_allclose(out, theirs, atol=1)  # theirs is cut to whole numbers


def test_a_match_with_itself_changes_nothing(textures):
    source = textures[0].astype(np.float32)
    for name in ('histogram_match', 'fourier_style'):
        np.testing.assert_allclose(perturb(source, name, 5, target=source), source, atol=0.02)


# --- Fourier style


def fda(source, target, b, share):
    """Yang and Soatto's swap, written with whole shifted transforms."""
    spectrum, other = (np.fft.fftshift(np.fft.fft2(image.astype(float))) for image in (source, target))
    amplitude, phase = np.abs(spectrum), np.angle(spectrum)
    row, column = (n // 2 for n in source.shape)
    low = (slice(row - b, row + b + 1), slice(column - b, column + b + 1))
    amplitude[low] += share * (np.abs(other)[low] - amplitude[low])
    return np.fft.ifft2(np.fft.ifftshift(amplitude * np.exp(1j * phase))).real


@pytest.mark.parametrize(('radius', 'b'), [(0, 0), (1, 0), (2, 1), (9, 5), (50, 29)])
@pytest.mark.parametrize('share', [40, 100])
def test_fourier_style_is_fda(textures, radius, b, share):
    source, target = textures[0], data.grass()[:ROWS, :COLUMNS]
    out = perturb(
        source, 'fourier_style', 1, target=target, parameters={'radius': radius, 'share': share}, scale='byte'
    )
    np.testing.assert_allclose(out, fda(source, target, b, share / 100), atol=0.01)


def test_a_larger_target_gives_the_amplitudes_of_its_fourier_interpolation(textures):
    source = textures[0]
    wave = 100 + 50 * np.cos(4 * np.pi * np.arange(120)[:, None] / 120)  # two cycles per image, whatever its size
    target, small = np.repeat(wave, 162, axis=1), np.repeat(wave[::2], COLUMNS, axis=1)
    options = {'parameters': {'radius': 9}, 'scale': 'byte'}
    one, two = (perturb(source, 'fourier_style', 5, target=other, **options) for other in (target, small))
    np.testing.assert_allclose(one, two, atol=0.01)


def test_slices_take_the_style_of_slices_at_the_same_depth(textures):
    source = np.stack([textures[0]] * 3)
    target = np.arange(5, dtype=np.float32).reshape(5, 1, 1) * 10 + np.zeros((5, 8, 9), np.float32)
    out = perturb(source, 'fourier_style', 5, target=target, scale='byte', parameters={'radius': 0})
    np.testing.assert_allclose(out.mean(axis=(1, 2)), [0, 20, 40], atol=1e-2)
    alone = perturb(source[0], 'fourier_style', 5, target=target, scale='byte', parameters={'radius': 0})
    assert alone.mean() == pytest.approx(20, abs=1e-2)


# --- label recontrast


@pytest.fixture
def tissues():
    """Three labels of means 0.2, 0.5 and 0.8 with noise, in surroundings of 0."""
    labels = np.zeros((40, 60), np.uint8)
    for k in range(3):
        labels[10:30, 15 * k + 10 : 15 * k + 20] = (2, 5, 9)[k]
    means = np.array([0, 0, 0.2, 0, 0, 0.5, 0, 0, 0, 0.8])
    return (means[labels] + 0.02 * np.random.default_rng(0).standard_normal(labels.shape)).astype(np.float32), labels


def test_means_move_towards_another_tissue_and_texture_stays(tissues):
    image, labels = tissues
    ways = set()
    for seed in range(6):
        out = perturb(image, 'label_recontrast', 5, seed, reference=labels, intensity_range=(0.0, 1.0))
        assert np.array_equal(out[labels == 0], image[labels == 0])
        for label in (2, 5, 9):
            part = labels == label
            np.testing.assert_allclose(np.ptp(out[part] - image[part]), 0, atol=1e-6)
            own = image[part].mean()
            others = [image[labels == other].mean() for other in (2, 5, 9) if other != label]
            way = [(out[part].mean() - own) / (other - own) for other in others]
            assert any(0.499 < w < 1.501 for w in way)
            ways.add(tuple(0.499 < w < 1.501 for w in way))
    assert len(ways) > 1


def test_a_lone_label_moves_towards_its_surroundings(tissues):
    image, labels = tissues
    lone = (labels == 9).astype(np.uint8)
    near = image.copy()
    near[labels == 0] = 0.3
    near[:3] = 5.0  # far away
    for seed in range(4):
        out = perturb(near, 'label_recontrast', 5, seed, reference=lone, intensity_range=(0.0, 1.0))
        way = (out - near)[lone == 1].mean() / (0.3 - 0.8)
        assert 0.49 < way < 1.51


def test_channels_follow_the_same_tissue(tissues):
    image, labels = tissues
    colours = np.stack([image, 1 - image])
    out = perturb(colours, 'label_recontrast', 5, 3, reference=labels, channel_axis=0, intensity_range=(0.0, 1.0))
    np.testing.assert_allclose(out[0] + out[1], 1, atol=1e-4 + 2 * abs(float((out[0] + out[1] - 1).mean())))
    np.testing.assert_allclose((out[0] - image)[labels > 0], -(out[1] - colours[1])[labels > 0], atol=1e-5)
