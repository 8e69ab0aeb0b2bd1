"""Noise of coils, photons, CT dose and ultrasound against the distributions that they are named after."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from napari_segrobust.perturb import make_field, perturb
from napari_segrobust.perturb.families.noise.ct_dose_noise import noise_power
from napari_segrobust.perturb.families.noise.ultrasound_speckle import FULL

UNIT = (0.0, 1.0)


@pytest.mark.parametrize('coils', [2, 3, 8, 32])
@pytest.mark.parametrize('signal', [0.0, 0.1, 0.5])
def test_non_central_chi_noise_is_non_central_chi(signal, coils):
    image = np.full((150, 200), signal, np.float32)
    out = perturb(image, 'non_central_chi', 1, 7, parameters={'sigma': 0.05, 'coils': coils}, intensity_range=UNIT)
    law = stats.ncx2(2 * coils, (signal / 0.05) ** 2) if signal else stats.chi2(2 * coils)
    assert stats.kstest((out.ravel() / 0.05) ** 2, law.cdf).pvalue > 0.01


def test_the_veil_of_many_coils_is_where_theory_puts_it():
    air = np.zeros((100, 100), np.float32)
    for coils in (4, 16):
        out = perturb(air, 'non_central_chi', 1, 3, parameters={'sigma': 0.1, 'coils': coils}, intensity_range=UNIT)
        assert np.sqrt(np.mean(out**2)) == pytest.approx(0.1 * np.sqrt(2 * coils), rel=0.005)


def test_values_below_air_are_carried_along():
    out = perturb(np.full((30, 30), -0.25, np.float32), 'non_central_chi', 2, 3, intensity_range=UNIT)
    again = perturb(np.zeros((30, 30), np.float32), 'non_central_chi', 2, 3, intensity_range=UNIT)
    np.testing.assert_allclose(out, again - 0.25, atol=1e-6)


@pytest.mark.parametrize(('severity', 'photons'), [(1, 60), (2, 25), (3, 12), (4, 5), (5, 3)])
@pytest.mark.parametrize('signal', [0.3, 1.0])
def test_shot_noise_has_the_moments_of_poisson_counts(signal, severity, photons):
    """The levels of ImageNet-C, whose model is numpy's ``poisson(x * c) / c``."""
    image = np.full((500, 500), signal, np.float32)
    counts = perturb(image, 'shot_noise', severity, 7, intensity_range=UNIT).astype(float) * photons
    expected = signal * photons
    assert counts.mean() == pytest.approx(expected, abs=5 * np.sqrt(expected / counts.size))
    # what whole counts have and smoothed ones have not is at most 1 / 18 of a photon
    assert counts.var() == pytest.approx(expected, abs=1 / 18 + 0.02 * expected)
    assert stats.skew(counts.ravel()) == pytest.approx(1 / np.sqrt(expected), abs=0.13 / expected + 0.02)


def test_shot_noise_has_the_ranks_of_poisson_counts():
    image = np.full((200, 200), 0.8, np.float32)
    score = make_field('shot_noise', 7, 1, image.shape, (1.0, 1.0))['normal'][0]
    counts = perturb(image, 'shot_noise', 1, 7, intensity_range=UNIT) * 60
    exact = stats.poisson(48).ppf(stats.norm.cdf(score.astype(float)))
    assert np.abs(counts - exact).max() < 0.7  # half a count, and the next term of the expansion


def test_without_photons_there_is_no_shot_noise():
    dark = np.array([[-0.3, 0.0]], np.float32)
    np.testing.assert_allclose(perturb(dark, 'shot_noise', 5, 1, intensity_range=UNIT), dark, atol=1e-7)


@pytest.mark.parametrize('hounsfield', [(-1000.0, 400.0), (-160.0, 240.0)])
def test_ct_dose_noise_is_in_hounsfield_units(hounsfield):
    image = np.full((3, 128, 128), 40, np.float32)
    out = perturb(image, 'ct_dose_noise', 3, 7, spacing=(2, 0.7, 0.7), intensity_range=hounsfield)
    assert (out - image).std() == pytest.approx(30, rel=0.02)
    assert np.abs((out - image).mean(axis=(1, 2))).max() < 0.01  # a ramp passes no mean


@pytest.mark.parametrize('spacing', [(1.0, 0.7, 0.7), (5.0, 1.0, 0.5)])
def test_ct_dose_noise_has_the_spectrum_of_filtered_back_projection(spacing):
    field = make_field('ct_dose_noise', 7, 1, (40, 96, 90), spacing)['noise'][0].astype(float)
    power = np.mean(np.abs(np.fft.rfft2(field)) ** 2, axis=0) / (96 * 90)
    rows, columns = np.fft.fftfreq(96, spacing[1]), np.fft.rfftfreq(90, spacing[2])
    frequency = np.hypot(rows[:, None], columns)
    expected = frequency * np.cos(np.pi / 2 * np.minimum(frequency / 0.8, 1)) ** 4
    np.testing.assert_allclose(noise_power((96, 90), spacing[1:]), expected, atol=1e-12)
    bins = np.digitize(frequency, np.linspace(0.05, 0.65, 7))
    seen, theirs = (np.array([p[bins == k].mean() for k in range(1, 7)]) for p in (power, expected))
    np.testing.assert_allclose(seen / seen.sum(), theirs / theirs.sum(), rtol=0.1)
    assert field.std() == pytest.approx(1, rel=0.02)
    assert abs(np.corrcoef(field[0].ravel(), field[1].ravel())[0, 1]) < 0.05


def test_ct_dose_noise_is_the_noise_of_a_reconstruction():
    """White noise in a sinogram, filtered and back-projected by scikit-image, has our spectrum.

    Its Hann window ends at half a cycle per pixel; its linear interpolation takes a little of the high frequencies.
    """
    from skimage.transform import iradon

    taper = np.hanning(128)[:, None] * np.hanning(128)
    frequency = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.fftfreq(128))
    power = np.zeros_like(frequency)
    for seed in range(3):
        noise = np.random.default_rng(seed).standard_normal((182, 360))
        image = iradon(noise, np.arange(0, 180, 0.5), filter_name='hann', circle=True)[27:155, 27:155]
        power += np.abs(np.fft.fft2((image - image.mean()) * taper)) ** 2
    expected = frequency * np.cos(np.pi * np.minimum(frequency, 0.5)) ** 4
    ring = np.digitize(frequency, np.linspace(0.02, 0.4, 10))
    theirs, ours = (np.array([p[ring == k].mean() for k in range(1, 10)]) for p in (power, expected))
    assert np.corrcoef(theirs, ours)[0, 1] > 0.96
    half = noise_power((128, 128), (0.625, 0.625))  # the same window: its end at 0.8 per mm is half a cycle per pixel
    np.testing.assert_allclose(half * 0.625, expected[:, :65], atol=1e-12)


def speckle(shape=(256, 256), severity=4.0, spacing=(0.25, 0.25), level=0.6, **parameters):
    """What is added to even tissue, in dB."""
    image = np.full(shape, level, np.float32)
    out = perturb(
        image, 'ultrasound_speckle', severity, 7, spacing=spacing, parameters=parameters, intensity_range=UNIT
    )
    return (out - image).astype(float) * 50


def test_ultrasound_speckle_is_the_logarithm_of_a_rayleigh_envelope():
    assert pytest.approx(5.57, abs=0.003) == FULL
    added = speckle(axial=0, lateral=0, strength=FULL)
    envelope = 10 ** (added.ravel() / 20) * np.exp(-np.euler_gamma / 2)
    assert stats.kstest(envelope, stats.rayleigh(scale=np.sqrt(0.5)).cdf).pvalue > 0.01
    assert envelope.mean() / envelope.std() == pytest.approx(1.91, rel=0.02)  # the speckle's signal-to-noise ratio


def test_ultrasound_speckle_has_its_correlation_lengths():
    fields = make_field('ultrasound_speckle', 7, 1, (256, 256), (0.25, 0.25))
    rows = np.fft.fftfreq(256, 0.25)
    cell = np.exp(-(np.pi**2) / 2 * ((1.0 * rows[:, None]) ** 2 + (2.0 * rows) ** 2))
    field = np.fft.ifft2((fields['real'][0] + 1j * fields['imaginary'][0]) * cell)
    correlation = np.fft.ifft2(np.abs(np.fft.fft2(field)) ** 2).real
    correlation /= correlation[0, 0]
    assert correlation[4, 0] == pytest.approx(np.exp(-1), abs=0.08)  # 1 mm in depth
    assert correlation[0, 8] == pytest.approx(np.exp(-1), abs=0.08)  # 2 mm across
    pattern = 10 * np.log10(np.abs(field) ** 2)
    added = speckle()
    np.testing.assert_allclose(
        (added - added.mean()) / added.std(), (pattern - pattern.mean()) / pattern.std(), atol=2e-3
    )


def test_fluid_without_echoes_stays_black_and_little_echo_has_little_speckle():
    assert not speckle(level=0.0).any()
    np.testing.assert_allclose(speckle(level=0.05), speckle(level=0.1) / 2, atol=1e-4)


def test_noise_on_a_real_scan(shared_data):
    """The liver of a real CT gains the amount that is asked for."""
    import nibabel

    image = np.asarray(nibabel.load(shared_data / 'ct/ct.nii.gz').dataobj, np.float32).transpose(2, 1, 0)
    liver = np.asarray(nibabel.load(shared_data / 'ct/organs.nii.gz').dataobj).transpose(2, 1, 0) == 5
    liver = ndimage.binary_erosion(liver)
    out = perturb(image, 'ct_dose_noise', 5, 7, spacing=(3, 3, 3))
    assert (out - image)[liver].std() == pytest.approx(70, rel=0.05)
