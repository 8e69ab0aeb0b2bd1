import numpy as np
import pytest

from napari_segrobust.cases.samples._heads import Anatomy, Contrast, sharpen, tissue_maps, with_background
from napari_segrobust.cases.samples.brain import tissue_labels


@pytest.fixture(scope='module')
def maps():
    return tissue_maps()


def test_no_deformation_is_the_atlas(maps):
    from napari_segrobust.perturb.smooth import SmoothField

    still = Anatomy(SmoothField(np.zeros((2, 5, 5), np.float32)), 1.0, np.eye(2), mirrored=False)
    np.testing.assert_allclose(still.apply(maps[:, 80]), maps[:, 80], atol=1e-4)


def test_mirrored_is_left_for_right(maps):
    from napari_segrobust.perturb.smooth import SmoothField

    still = Anatomy(SmoothField(np.zeros((2, 5, 5), np.float32)), 1.0, np.eye(2), mirrored=True)
    np.testing.assert_allclose(still.apply(maps[:, 80]), maps[:, 80, :, ::-1], atol=1e-4)


@pytest.mark.parametrize('seed', range(4))
def test_deformation_has_its_size_and_does_not_fold(maps, seed):
    shape = maps.shape[1:]
    anatomy = Anatomy.draw(np.random.default_rng(seed), shape, 10.0)
    step = 4
    coarse = [np.arange(0, n, step) for n in shape]
    moved = anatomy.scale * anatomy.bend.at([c / (n - 1) for c, n in zip(coarse, shape, strict=True)])
    assert np.sqrt((moved**2).sum(axis=0)).max() == pytest.approx(10, rel=0.03)
    jacobian = np.stack([np.stack(np.gradient(part, step)) for part in moved]) + anatomy.linear[..., None, None, None]
    assert np.linalg.det(np.moveaxis(jacobian, (0, 1), (-2, -1))).min() > 0.2


def test_a_block_equals_the_block_of_the_whole(maps):
    anatomy = Anatomy.draw(np.random.default_rng(0), maps.shape[2:], 8.0)
    whole = anatomy.apply(maps[:, 80])
    np.testing.assert_allclose(
        anatomy.apply(maps[:, 80], [slice(60, 90), slice(40, 99)]), whole[:, 60:90, 40:99], atol=1e-5
    )


def test_rendered_tissue_has_its_contrast(maps):
    rng = np.random.default_rng(1)
    contrast = Contrast.draw(rng, 2)
    bent = maps[:, 80]
    image, labels = contrast.render(bent, rng), tissue_labels(with_background(bent))
    assert image[labels == 1].mean() < image[labels == 2].mean()
    again = Contrast.draw(np.random.default_rng(1), 2)
    np.testing.assert_array_equal(again.means, contrast.means)


def test_sharper_tissue_keeps_sum_and_order(maps):
    part = maps[:, 80]
    sharp = sharpen(part, 1.5)
    np.testing.assert_allclose(sharp.sum(axis=0), part.sum(axis=0), atol=1e-5)
    np.testing.assert_array_equal(sharp.argmax(axis=0), part.argmax(axis=0))
