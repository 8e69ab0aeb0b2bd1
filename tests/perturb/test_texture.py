"""Kamath's texture difference, against a hand-worked case, scikit-image and the published direction."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from skimage import data
from skimage.feature import local_binary_pattern
from skimage.transform import resize

from napari_segrobust.perturb import Region, perturb
from napari_segrobust.perturb.texture import texture_difference, uniform_patterns


def theirs(image):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)  # it warns of images that are not of integers
        return local_binary_pattern(image, 24, 3, 'uniform')


@pytest.fixture(scope='module')
def brick_on_grass():
    """The published task: a blob of one texture on another, 256 x 256 in 0 to 1."""
    y, x = np.mgrid[:256, :256]
    mask = ((y - 130) ** 2 + 1.4 * (x - 120) ** 2 < 70**2).astype(np.uint8)
    brick, grass = (resize(texture(), (256, 256), anti_aliasing=True) for texture in (data.brick, data.grass))
    return np.where(mask, brick, grass), mask


@pytest.mark.parametrize(
    'image',
    [
        data.grass()[:200, :150],
        data.brick() / 255,
        np.random.default_rng(0).random((130, 97)),
        np.kron(np.random.default_rng(1).integers(0, 9, (14, 13)), np.ones((9, 8))) * 0.07,  # flat parts
        np.full((40, 50), 0.3),
        np.random.default_rng(2).integers(0, 3, (64, 70)) * 0.1,
        np.random.default_rng(3).random((2, 9)),
        np.ones((1, 1)),
    ],
    ids=['bytes', 'brick', 'noise', 'flat', 'constant', 'three values', 'thin', 'pixel'],
)
def test_patterns_are_those_of_scikit_image(image):
    assert np.array_equal(uniform_patterns(image), theirs(image))


def test_a_pattern_worked_by_hand():
    point = np.zeros((9, 9))
    point[4, 4] = 1.0
    codes = uniform_patterns(point)
    assert codes[4, 4] == 0  # no neighbour is as bright
    assert codes[4, 8] == 24  # all of them are, or lie outside, where there is 0
    edge = np.zeros((21, 21))
    edge[:, 11:] = 1
    # Bright are the eleven points at -75 to 75 degrees and the two above and below, on the bright column itself.
    assert uniform_patterns(edge)[10, 11] == 13
    assert uniform_patterns(edge)[10, 5] == 24


def test_two_textures_worked_by_hand():
    # Left all is 0 and no neighbour is darker: code 24 everywhere. Right every other row is 0, so has code 24 too, and
    # the rows of ones have others. So p(24) = 1, q(24) = 1/2: log2(1 / (1/2)) = 1 bit.
    image = np.zeros((256, 256))
    image[::2, 128:] = 1
    mask = np.zeros((256, 256), np.uint8)
    mask[:, :128] = 1
    assert texture_difference(image, mask) == pytest.approx(1.0, abs=1e-12)
    # The other way round only code 24 is on both sides: 1/2 log2((1/2) / 1) = -1/2. No true divergence is negative.
    assert texture_difference(image, 1 - mask) == pytest.approx(-0.5, abs=1e-12)


def test_one_texture_differs_little_and_two_differ_much(brick_on_grass):
    image, mask = brick_on_grass
    grass = resize(data.grass(), (256, 256), anti_aliasing=True)
    same, other = texture_difference(grass, mask), texture_difference(image, mask)
    assert abs(same) < 0.02
    assert other > 10 * abs(same)


def test_the_published_direction(brick_on_grass):
    """Speckle over all makes it harder, a blurred background easier: Kamath's five levels."""
    image, mask = brick_on_grass

    def score(severe):
        return texture_difference(severe, mask)

    levels = [
        score(perturb(image, 'speckle', 3, parameters={'sigma': np.sqrt(variance)}, scale='minmax', clip=True))
        for variance in (0.3, 0.1)
    ]
    levels.append(score(image))
    levels += [
        score(
            perturb(
                image,
                'gaussian_blur',
                3,
                parameters={'sigma': sigma},
                region=Region(kind='background'),
                reference=mask,
            )
        )
        for sigma in (3.0, 7.0)
    ]
    assert levels[0] < levels[1] < levels[2] < levels[3]
    assert levels[4] > levels[2]


def test_more_of_the_other_texture_is_harder(brick_on_grass):
    image, mask = brick_on_grass
    for name in ('texture_to_background', 'texture_to_foreground'):
        scores = [texture_difference(perturb(image, name, severity, 1, reference=mask), mask) for severity in (0, 2, 4)]
        assert scores == sorted(scores, reverse=True), name
        assert scores[-1] < 0.5 * scores[0], name


def test_a_rim_of_the_resized_mask_counts_as_foreground():
    image = np.random.default_rng(0).random((512, 512))
    mask = np.zeros((512, 512), np.uint8)
    mask[101:301, 101:301] = 1
    inside = resize(mask.astype(float), (256, 256), anti_aliasing=False) > 0
    assert np.count_nonzero(inside) > 100**2  # the mask itself is 100 x 100 there
    codes = theirs(resize(image, (256, 256), anti_aliasing=True)).astype(int)
    p, q = (np.bincount(codes[part], minlength=26) / part.sum() for part in (inside, ~inside))
    both = (p > 0) & (q > 0)
    assert texture_difference(image, mask) == pytest.approx(np.sum(p[both] * np.log2(p[both] / q[both])), rel=1e-9)


@pytest.mark.parametrize('value', [0, 1])
def test_without_two_sides_there_is_no_number(value):
    assert texture_difference(np.zeros((20, 30)), np.full((20, 30), value)) is None


def test_values_that_are_not_finite_count_as_the_least():
    image = np.random.default_rng(0).random((64, 64)) + 1
    mask = np.zeros((64, 64), bool)
    mask[20:40, 20:40] = True
    broken, filled = image.copy(), image.copy()
    broken[5:9, 5:9] = np.nan, np.inf, -np.inf, np.nan
    filled[5:9, 5:9] = filled[np.isfinite(broken)].min()
    assert texture_difference(broken, mask) == texture_difference(filled, mask)
    assert texture_difference(np.full((64, 64), np.nan), mask) == 0.0
