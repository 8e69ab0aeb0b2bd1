"""The texture task: the five levels as published, fine speckle with one draw, and training examples."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_segrobust.papers.textures import (
    ALPHAS,
    TextureTask,
    at_level,
    crop_batches,
    exam_images,
    example,
    scaled,
    with_speckle,
)

TASK = TextureTask()
IMAGE, MASK = example(TASK, 1, 0.1)


def test_alphas_are_those_of_the_code():
    assert ALPHAS[0] == 0.1
    assert ALPHAS[-1] == 0.98
    assert len(ALPHAS) == 15


def test_images_run_from_0_to_1_and_do_not_depend_on_the_blend_in_their_shape():
    harder, mask = example(TASK, 1, 0.9)
    np.testing.assert_array_equal(mask, MASK)
    assert IMAGE.min() == harder.min() == 0
    assert IMAGE.max() == harder.max() == 1
    assert not np.array_equal(harder, IMAGE)


def test_the_other_direction_blends_the_background():
    one, other = (example(TextureTask(blended), 3, 0.5)[0] for blended in ('foreground', 'background'))
    assert not np.allclose(one, other)


def test_exam_and_training_share_no_image():
    trained = {example(TASK, seed, 0.1)[0].tobytes() for seed in range(1, 6)}
    assert not trained & {image.tobytes() for image, _ in exam_images(TASK, 5, None)}


def test_the_clean_level_is_the_image():
    np.testing.assert_array_equal(at_level(IMAGE, MASK, 'clean', 0), IMAGE)


@pytest.mark.parametrize(('level', 'sigma'), [('easier', 3), ('easiest', 7)])
def test_blur_acts_on_the_background_alone(level, sigma):
    expected = np.where(MASK > 0, IMAGE, gaussian_filter(IMAGE, sigma, mode='nearest'))
    found = at_level(IMAGE, MASK, level, 0)
    low, high = expected.min(), expected.max()
    np.testing.assert_allclose(found * (high - low) + low, expected, atol=2e-2)
    np.testing.assert_allclose(found[MASK > 0], scaled(expected)[MASK > 0], atol=2e-2)


@pytest.mark.parametrize(('level', 'variance'), [('harder', 0.1), ('hardest', 0.3)])
def test_speckle_has_the_published_variance(level, variance):
    """Where nothing is cut off, the noise over the signal is drawn with that variance."""
    grey = np.full((256, 256), 0.25, np.float32)
    grey[0, :2] = 0, 1  # keeps the scale
    found = at_level(grey, np.ones_like(MASK), level, 5)
    gain = found[1:] / 0.25 - 1
    kept = found[1:] > 0
    # Cut off at gain -1: half of the distribution is whole.
    upper = gain[kept & (gain > 0)]
    assert np.mean(upper**2) == pytest.approx(variance, rel=0.03)


def test_speckle_of_no_variance_is_the_identity_and_more_is_more():
    assert with_speckle(IMAGE, MASK, 0.0, 0) is IMAGE
    changes = [np.abs(with_speckle(IMAGE, MASK, v, 0) - IMAGE).mean() for v in (0.005, 0.02, 0.05)]
    assert changes == sorted(changes)


def test_all_variances_share_one_draw():
    grey = np.full((256, 256), 0.2, np.float32)
    grey[0, :2] = 0, 1
    one, other = (with_speckle(grey, MASK, variance, 3)[1:] - 0.2 for variance in (0.01, 0.04))
    np.testing.assert_allclose(other, 2 * one, atol=1e-5)


def test_batches_are_parts_of_the_examples_turned_or_not():
    images, labels = next(crop_batches([(IMAGE, MASK)], 1, 4, 128))
    assert images.shape == labels.shape == (4, 1, 128, 128)
    assert images.dtype == np.float32
    upright = np.lib.stride_tricks.sliding_window_view(IMAGE, (128, 128))
    for image in images[:, 0]:
        turned = [np.rot90(image, k) for k in range(4)]
        assert any((upright[..., 0, 0] == t[0, 0]).any() and _inside(upright, t) for t in turned)
    again = next(islice(crop_batches([(IMAGE, MASK)], 1, 4, 128), 1))[0]
    np.testing.assert_array_equal(images, again)


def _inside(windows, part):
    return any(np.array_equal(windows[y, x], part) for y, x in np.argwhere(windows[..., 0, 0] == part[0, 0]))
