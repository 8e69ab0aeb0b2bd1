"""A case seen through a stack: parts of it, and all of it."""

import numpy as np
import pytest

from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import Perturbation
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.pipeline import plane_block

NOISE = Perturbation(name='gaussian_noise', severity=3.0, seed=1)
SPACING = Perturbation(name='wrong_spacing', severity=3.0)


@pytest.fixture
def seen(ball_case):
    return lambda *stack: PerturbedImage(ball_case, stack, clean_of(ball_case))


def test_without_a_stack_it_is_the_image_itself(seen, ball_case):
    image = seen()
    assert image.is_whole
    assert image.nbytes == 0
    assert np.shares_memory(image.block(plane_block(ball_case.shape, 0, 1)), ball_case.image)


def test_a_slab_equals_the_whole(seen, ball_case):
    image = seen(NOISE)
    part = image.block(plane_block(ball_case.shape, 0, 1)).copy()
    assert not image.is_whole
    assert image.compute_whole(slab=5)
    assert image.is_whole
    assert image.nbytes == ball_case.image.nbytes
    np.testing.assert_array_equal(part, image.block(plane_block(ball_case.shape, 0, 1)))


def test_given_up_between_slabs_nothing_is_kept(seen):
    image = seen(NOISE)
    assert not image.compute_whole(lambda: True)
    assert not image.is_whole
    assert image.nbytes == 0


def test_what_a_header_says_changes_no_voxel(seen, ball_case):
    image = seen(SPACING)
    assert image.is_whole
    assert image.spacing != ball_case.geometry.spacing
