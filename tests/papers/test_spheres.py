"""The sphere task: balls, noise, and where training windows lie."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monai.transforms import RandCropByPosNegLabel

from napari_segrobust.compare import compare
from napari_segrobust.papers.kamath2022 import CUBE, TEST_RADII, TRAIN_RADII, TRAINING_FRACTIONS
from napari_segrobust.papers.scores import scores
from napari_segrobust.papers.sphere_experiment import SpherePlan, training_fractions
from napari_segrobust.papers.spheres import SphereTask, exam_cubes, sphere, training_set, window_at, window_batches

TASK = SphereTask()


def test_lengths_are_those_of_the_paper_over_the_cube():
    for ours, theirs in ((TASK.train_radii, TRAIN_RADII), (TASK.test_radii, TEST_RADII)):
        assert np.array(ours) / TASK.size == pytest.approx(np.array(theirs) / CUBE)
    assert len(TASK.radii(TASK.test_radii)) == TEST_RADII[1] - TEST_RADII[0] + 1
    assert [TASK.region(r) for r in (12.0, 12.5, 17.0, 17.5)] == ['smaller', 'inside', 'inside', 'larger']


@given(seed=st.integers(0, 99), radius=st.sampled_from(list(TASK.radii(TASK.test_radii))))
def test_a_ball_is_whole_bright_and_brighter_than_its_noise(seed, radius):
    image, mask = sphere(np.random.default_rng(seed), radius, TASK)
    inside = mask.astype(bool)
    assert image.dtype == np.float32
    assert image.shape == mask.shape == (48, 48, 48)
    assert (image[inside] == 1).all()
    assert image[~inside].min() >= 0
    assert image[~inside].max() <= 1
    lengths = [int(np.ptp(np.flatnonzero(inside.any(axis=axes)))) + 1 for axes in ((1, 2), (0, 2), (0, 1))]
    assert lengths == [2 * int(radius) + 1] * 3
    # The unit cubes around its voxels hold a ball that is half a diagonal smaller, and lie in one as much larger.
    least, most = (4 / 3 * np.pi * (radius + half) ** 3 for half in (-(3**0.5) / 2, 3**0.5 / 2))
    assert least <= inside.sum() <= most


def test_the_exam_holds_each_radius_once_and_is_the_same_each_time():
    first, second = (list(exam_cubes(TASK, 6)) for _ in range(2))
    assert [radius for radius, _, _ in first] == list(TASK.radii(TASK.test_radii)[::6])
    for (_, image, mask), (_, again, mask_again) in zip(first, second, strict=True):
        np.testing.assert_array_equal(image, again)
        np.testing.assert_array_equal(mask, mask_again)


def test_seeds_have_cubes_of_their_own():
    one, other = (training_set(TASK, 2, seed)[0][0] for seed in (1, 2))
    assert not np.array_equal(one, other)


@given(seed=st.integers(0, 10_000), window=st.sampled_from([16, 32, 48]))
def test_windows_lie_inside(seed, window):
    mask = np.zeros((48, 48, 48), np.uint8)
    mask[40:46, 1:4, 20:30] = 1
    for part in window_at(np.random.default_rng(seed), mask, window):
        assert 0 <= part.start < part.stop <= 48
        assert part.stop - part.start == window


def test_windows_are_placed_as_monai_places_them():
    """Half around the ball, half around background: the same mean and spread of the fraction."""
    _, mask = sphere(np.random.default_rng(3), 14.0, TASK)
    rng = np.random.default_rng(0)
    ours = [mask[window_at(rng, mask, 16)].mean() for _ in range(1500)]
    crop = RandCropByPosNegLabel(16, pos=1, neg=1, num_samples=1500)
    crop.set_random_state(0)
    theirs = [float(part.mean()) for part in crop(mask[None].astype(np.float32), label=mask[None])]
    error = np.std(theirs) / np.sqrt(len(theirs)) * np.sqrt(2)
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=4 * error)
    assert np.quantile(ours, [0.25, 0.5, 0.75]) == pytest.approx(np.quantile(theirs, [0.25, 0.5, 0.75]), abs=0.06)


def test_batches_repeat_and_fit():
    cubes = training_set(TASK, 3, 1)
    streams = [islice(window_batches(cubes, 16, 5), 3) for _ in range(2)]
    for (images, labels), (again, _) in zip(*streams, strict=True):
        assert images.shape == labels.shape == (4, 1, 16, 16, 16)
        np.testing.assert_array_equal(images, again)


def test_training_fractions_resemble_the_published_ones():
    plan = SpherePlan(steps=60)
    for window in (16, 32, 48):
        ours = training_fractions(plan, window, 1)
        theirs = TRAINING_FRACTIONS['spheres', 'unet', 2 * window]
        assert len(ours) == 4 * plan.steps
        assert np.mean(ours == 0) == pytest.approx(theirs.empty_share, abs=0.08)
        assert np.median(ours) == pytest.approx(theirs.quantiles[3], abs=0.12)


def test_scores_are_those_of_the_metrics():
    rng = np.random.default_rng(0)
    reference, prediction = rng.random((2, 8, 9, 10)) > 0.6
    found = scores(prediction, reference)
    ours = compare(reference, prediction, metrics=['dice', 'fp', 'fn', 'reference_volume_ml', 'volume_difference_ml'])
    values = {key: metric.value for key, metric in ours.metrics[1].items()}
    assert found['dice'] == pytest.approx(values['dice'])
    assert found['disagreement'] == pytest.approx((values['fp'] + values['fn']) / values['reference_volume_ml'])
    assert found['volume_difference'] == pytest.approx(
        abs(values['volume_difference_ml']) / values['reference_volume_ml']
    )
    assert found['fraction'] == reference.mean()
    assert scores(reference, reference) == {
        'dice': 1, 'disagreement': 0, 'volume_difference': 0, 'fraction': reference.mean()
    }  # fmt: skip
