import numpy as np
import pytest

from napari_segrobust.cases.samples import load_sample
from napari_segrobust.cases.samples.texture import REFERENCE, TEXTURES, blend, blob, texture


@pytest.mark.parametrize('name', TEXTURES)
def test_textures_are_scikit_images(name):
    from skimage import data

    np.testing.assert_allclose(texture(name) * 255, getattr(data, name)(), atol=1e-4)


@pytest.mark.parametrize('alpha', [0.0, 0.1, 0.5, 0.98, 1.0])
def test_blend_is_the_formula_in_both_directions(alpha):
    rng = np.random.default_rng(0)
    mask, fg, bg = rng.random((16, 16)) < 0.4, *rng.random((2, 16, 16), dtype=np.float32)
    m, a = mask.astype(float), alpha
    foreground = m * ((1 - a) * fg + a * bg) + (1 - m) * bg
    background = m * fg + (1 - m) * ((1 - a) * bg + a * fg)
    np.testing.assert_allclose(blend(mask, fg, bg, alpha), foreground, atol=1e-6)
    np.testing.assert_allclose(blend(mask, fg, bg, alpha, 'background'), background, atol=1e-6)


def test_alpha_changes_one_side_only_and_keeps_the_draw():
    one, other = load_sample('texture', alpha=0.1), load_sample('texture', alpha=0.6)
    mask = one.references[REFERENCE] > 0
    np.testing.assert_array_equal(mask, other.references[REFERENCE] > 0)
    np.testing.assert_array_equal(one.image[0][~mask], other.image[0][~mask])
    assert not np.allclose(one.image[0][mask], other.image[0][mask])


def test_alpha_one_hides_the_blob():
    hidden, plain = load_sample('texture', alpha=1.0), load_sample('texture', alpha=0.0)
    mask = plain.references[REFERENCE] > 0
    np.testing.assert_array_equal(hidden.image[0][~mask], plain.image[0][~mask])
    crop = hidden.image[0]
    assert any(
        np.array_equal(crop, texture('grass')[y : y + 256, x : x + 256])
        for y, x in np.argwhere(texture('grass')[:257, :257] == crop[0, 0])
    )


def test_case_is_one_grey_image():
    case = load_sample('texture')
    assert case.image.shape == (1, 256, 256)
    assert case.image.dtype == np.float32
    assert (case.image.min() >= 0) & (case.image.max() <= 1)
    assert case.geometry.spacing_mm is None
    assert case.label_name(1) == 'blob'


@pytest.mark.parametrize('seed', range(20))
def test_blob_is_one_piece_inside_the_image(seed):
    from scipy.ndimage import label

    mask = blob(np.random.default_rng(seed))
    assert label(mask)[1] == 1
    assert 0.02 < mask.mean() < 0.5
    assert not np.concatenate([mask[[0, -1]].ravel(), mask[:, [0, -1]].ravel()]).any()
