"""The second axis: numbers of a change against scikit-image's, and severities that make an asked-for change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from napari_segrobust.cases import load_case
from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb import (
    Change,
    Clean,
    Region,
    measure_change,
    new_perturbation,
    perturb_block,
    rank_at_change,
    severity_for_change,
)
from napari_segrobust.perturb.change import Matched

RANGE = (10.0, 210.0)


@pytest.fixture(scope='module')
def camera():
    return data.camera()[100:260, 150:330].astype(np.float32)[None]


@pytest.fixture(scope='module')
def clean(camera):
    return Clean(camera, RANGE)


def noisy(image, sigma, seed=0):
    return (image + sigma * np.random.default_rng(seed).standard_normal(image.shape)).astype(np.float32)


def theirs(one, other, span, **options):
    return structural_similarity(
        one.astype(np.float64), other.astype(np.float64), data_range=span, channel_axis=0, **options
    )


def test_worked_by_hand():
    image = np.zeros((1, 2, 2), np.float32)
    moved = np.array([[[3, 0], [0, 4]]], np.float32)  # mean square 25 / 4, rms 2.5 of 100
    assert measure_change(image, moved, (0, 100)) == Change(2.5, pytest.approx(20 * math.log10(40)), None)


def test_identical_images(camera):
    assert measure_change(camera, camera, RANGE) == Change(0.0, None, 1.0)


@pytest.mark.parametrize(('shape', 'channels'), [((40, 33), 1), ((7, 7), 1), ((12, 20, 16), 1), ((30, 25), 3)])
@pytest.mark.parametrize('offset', [0, -1024, 3000])
def test_equals_scikit_image(shape, channels, offset):
    rng = np.random.default_rng(1)
    one = (rng.gamma(2, 200, (channels, *shape)) + offset).astype(np.float32)
    other = noisy(one, 80.0)
    change = measure_change(one, other, (0, 1500))
    assert change.ssim == pytest.approx(theirs(one, other, 1500), abs=2e-6)
    expected = peak_signal_noise_ratio(one.astype(float), other.astype(float), data_range=1500)
    assert change.psnr_db == pytest.approx(expected, abs=1e-4)
    assert change.rms_percent == pytest.approx(100 * 10 ** (-expected / 20), rel=1e-5)


def test_equals_scikit_image_in_slabs(monkeypatch, camera):
    other = noisy(camera, 20)
    whole = measure_change(camera, other, RANGE).ssim
    monkeypatch.setattr('napari_segrobust.perturb.ssim._SLAB', 180 * 11)
    assert measure_change(camera, other, RANGE).ssim == pytest.approx(whole, abs=1e-7)


def test_equals_scikit_image_on_real_volumes(shared_data):
    for file in ('mr/mr.nii.gz', 'ct/ct.nii.gz'):
        image = load_case(shared_data / file).image[:, :12]
        span = float(np.ptp(image))
        other = noisy(image, 0.1 * span)
        expected = theirs(image, other, span)
        assert measure_change(image, other, (0, span)).ssim == pytest.approx(expected, abs=5e-6)


def test_a_slice_of_a_volume_is_a_slice(camera):
    other = noisy(camera, 20)
    assert measure_change(camera[:, None], other[:, None], RANGE) == measure_change(camera, other, RANGE)


def test_voxels_that_are_not_finite_count_as_unchanged(camera):
    other = noisy(camera, 20)
    broken, filled = other.copy(), other.copy()
    broken[0, 5, 5:8] = np.nan, np.inf, -np.inf
    filled[0, 5, 5:8] = camera[0, 5, 5:8]
    one, two = measure_change(camera, broken, RANGE), measure_change(camera, filled, RANGE)
    assert one.rms_percent == two.rms_percent
    assert one.ssim == pytest.approx(two.ssim, abs=1e-3)


def test_millions_of_squares_keep_their_digits():
    one = np.zeros((1, 64, 512, 512), np.float32)
    other = np.full_like(one, 0.1)
    assert measure_change(one, other, (0, 1)).rms_percent == pytest.approx(100 * float(np.float32(0.1)), rel=1e-12)


def test_other_shapes_are_refused(camera):
    with pytest.raises(PerturbationError, match='Give one shape'):
        measure_change(camera, camera[:, 1:], RANGE)


@pytest.mark.parametrize('name', ['gaussian_noise', 'gaussian_blur', 'speckle', 'salt_and_pepper', 'bias_field'])
@pytest.mark.parametrize('wanted', [2.0, 4.0])
def test_a_severity_makes_the_change(clean, name, wanted):
    severity = severity_for_change(clean, new_perturbation(name, 0.0, 3), wanted)
    after = perturb_block(clean, [new_perturbation(name, severity, 3)], block=(slice(0, 160), slice(0, 180)))
    assert measure_change(clean.image, after, RANGE).rms_percent == pytest.approx(wanted, rel=0.03)


def test_severity_of_a_linear_perturbation_is_known(clean):
    # sigma of 8 % of the range at severity 1, so 4 % at one half
    assert severity_for_change(clean, new_perturbation('gaussian_noise'), 4.0) == pytest.approx(0.5, abs=0.01)


def test_a_change_out_of_reach_has_no_severity(clean):
    assert severity_for_change(clean, new_perturbation('gamma'), 90.0) is None
    assert severity_for_change(clean, new_perturbation('gamma'), 1e-9) == pytest.approx(0, abs=0.01)


def test_a_perturbation_that_its_parameters_decide(clean):
    fixed = new_perturbation('gaussian_noise', 0.0, parameters={'sigma': 0.05})
    assert severity_for_change(clean, fixed, 5.0) == 1.0
    assert severity_for_change(clean, fixed, 7.0) is None


def test_the_change_is_that_of_the_block(clean):
    corner = (slice(0, 20), slice(0, 20))
    inside = new_perturbation('gaussian_noise', 0.0, region=Region(kind='box', box=((0, 20), (0, 20))))
    here, everywhere = (severity_for_change(clean, inside, 2.0, block) for block in (corner, None))
    assert here < everywhere / 3


@pytest.mark.parametrize('wanted', [0.0, -1.0, math.nan, math.inf])
def test_a_change_that_is_none_is_refused(clean, wanted):
    with pytest.raises(PerturbationError, match='above 0'):
        severity_for_change(clean, new_perturbation('gamma'), wanted)


def test_ranking_brings_all_to_one_change(clean):
    found = rank_at_change(clean, ['gaussian_noise', new_perturbation('gaussian_blur'), 'gamma'], 5.0, seed=2)
    assert [match.name for match in found] == ['gaussian_noise', 'gaussian_blur', 'gamma']
    assert all(match.change.rms_percent == pytest.approx(5.0, rel=0.03) for match in found)
    # the same change, by noise it destroys structure, by gamma it hardly does
    assert found[0].change.ssim < found[2].change.ssim - 0.2


def test_ranking_says_why_not(clean):
    found = rank_at_change(clean, ['gamma', new_perturbation('speckle', channels=(4,))], 90.0)
    assert found == (
        Matched('gamma', None, None, 'no severity changes this image by 90 %'),
        Matched('speckle', None, None, 'there is no channel 4'),
    )


def test_ranking_stops_when_told(clean):
    answers = iter([False, True])
    assert len(rank_at_change(clean, ['gamma', 'speckle'], 2.0, cancel=lambda: next(answers))) == 1
