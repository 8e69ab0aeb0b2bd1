"""Ultrasound artefacts against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from napari_segrobust.perturb import make_field, perturb

UNIT = (0.0, 1.0)


def decibels(shape, name, severity, seed=0, spacing=None, **parameters):
    """Gain in dB of a flat image."""
    flat = np.full(shape, 0.5, np.float32)
    out = perturb(flat, name, severity, seed, spacing=spacing, parameters=parameters, intensity_range=UNIT)
    return 20 * np.log10(out.astype(float) / 0.5)


@pytest.mark.parametrize('shape', [(60, 7), (3, 60, 7)])
def test_attenuation_is_so_many_decibels_a_centimetre(shape):
    gain = decibels(shape, 'depth_attenuation', 3, spacing=(2.0, 0.5, 0.3)[-len(shape) :])
    np.testing.assert_allclose(gain, np.broadcast_to(-0.5 * np.arange(60)[:, None] * 0.05, shape), atol=1e-5)
    assert decibels((11, 1), 'depth_attenuation', 1, attenuation=6)[-1, 0] == pytest.approx(-6, abs=1e-5)


@pytest.mark.parametrize('seed', range(4))
def test_gain_error_is_a_smooth_curve_of_depth(seed):
    gain = decibels((2, 80, 9), 'gain', 5, seed)
    assert np.abs(gain).max() == pytest.approx(10, abs=1e-4)
    np.testing.assert_allclose(gain, np.broadcast_to(gain[:1, :, :1], gain.shape), atol=1e-5)
    at_sliders = np.linspace(0, 79, 8)
    curve = np.interp(at_sliders, np.arange(80), gain[0, :, 0])
    np.testing.assert_allclose(CubicSpline(at_sliders, curve)(np.arange(80)), gain[0, :, 0], atol=0.25)
    half = decibels((2, 80, 9), 'gain', 5, seed, error=5)
    np.testing.assert_allclose(half, gain / 2, atol=1e-4)


@pytest.mark.parametrize('seed', range(6))
def test_shadow_lies_behind_its_object_and_widens(seed):
    gain = decibels((2, 200, 240), 'shadow', 4, seed)
    assert np.array_equal(gain[0], gain[1])
    assert gain.max() < 1e-5
    assert gain.min() > -15 - 1e-4
    assert gain[0, -1].min() < -13  # far behind nearly all of it
    assert np.abs(gain[0, :15]).max() < 0.2  # above it nothing
    dark = gain[0] < -7.5
    assert 0.005 < dark.mean() < 0.5
    rows = np.flatnonzero(dark.any(axis=1))
    assert rows[-1] == 199
    assert dark[199].sum() >= dark[rows[0] + 20].sum()


def test_shadow_is_one_for_all_channels():
    assert make_field('shadow', 3, 3, (20, 30), (1.0, 1.0))['shadow'].shape == (1, 20, 30)
