"""The local fitting level set: its formulas written out plainly, and the shading that it is for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, laplace
from skimage.filters import threshold_otsu

from napari_segrobust.prompts import Box, Point, Prompts
from napari_segrobust.segment import load_model
from napari_segrobust.segment.classical.local_fitting import Fitting, evolve
from napari_segrobust.segment.protocols import Shown


def dice(one, other):
    return 2 * np.logical_and(one, other).sum() / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.fixture(scope='module')
def shaded():
    """An ellipse on a ramp so steep that the dark end of the ellipse is darker than the bright background."""
    y, x = np.mgrid[:96, :96]
    inside = ((y - 48) / 26) ** 2 + ((x - 48) / 34) ** 2 <= 1
    ramp = 40 + 160 * x / 95
    noise = np.random.default_rng(2).normal(0, 2, ramp.shape)
    return (ramp + 45 * inside + noise).astype(np.float32), inside


def test_it_follows_the_shading_on_which_otsu_fails(shaded):
    image, inside = shaded
    assert dice(image > threshold_otsu(image), inside) < 0.75
    box = Shown(Prompts(boxes=(Box(edges=((30, 66), (24, 72))),)))
    model = load_model('lbf').adjusted({'window': 6, 'rounds': 200, 'length': 0.002})
    assert dice(model.segment(image[None], (1.0, 1.0), box)[1], inside) > 0.95


def test_it_is_the_formula(shaded):
    """One step against the paper's own words: the integrals over the window taken one by one."""
    image, _ = shaded
    small, fitting = image[::4, ::4].astype(float), Fitting((2.0, 2.0), 0.002, 1.0, 1.5)
    first = np.zeros(small.shape, bool)
    first[8:16, 6:15] = True
    phi = np.where(first, 2.0, -2.0)
    for _ in range(3):
        step = (1 + 2 / np.pi * np.arctan(phi)) / 2
        delta = 1 / (np.pi * (1 + phi**2))

        def window(values):
            return gaussian_filter(values, 2.0, truncate=2.0)

        f = [window(m * small) / window(m) for m in (step, 1 - step)]
        e = [small**2 - 2 * small * window(one) + window(one**2) for one in f]
        slopes = np.gradient(phi)
        length = np.sqrt(slopes[0] ** 2 + slopes[1] ** 2) + 1e-10
        bend = np.gradient(slopes[0] / length, axis=0) + np.gradient(slopes[1] / length, axis=1)
        pull = -delta * (e[0] - 1.5 * e[1]) + 0.002 * 255**2 * delta * bend
        phi = phi + 0.1 * (pull + laplace(phi, mode='nearest') - bend)
    found = evolve(small, first, fitting, 3)
    np.testing.assert_allclose(found, phi, rtol=2e-3, atol=2e-2)


def test_the_window_is_the_integral_of_the_paper():
    """(K * f) at a point is the weighted sum over its neighbours, cut off at two standard deviations."""
    rng = np.random.default_rng(1)
    image, f = rng.normal(size=(15, 15)), rng.normal(size=(15, 15))
    offsets = np.arange(-4, 5)
    weights = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / 8)
    weights /= weights.sum()
    e = sum(
        weights[a + 4, b + 4] * (image[7, 7] - f[7 + a, 7 + b]) ** 2 for a in offsets for b in offsets
    )  # fmt: skip
    window = [gaussian_filter(values, 2.0, truncate=2.0)[7, 7] for values in (f, f**2)]
    assert e == pytest.approx(image[7, 7] ** 2 - 2 * image[7, 7] * window[0] + window[1])


def test_nothing_is_looked_at_beyond_its_reach(shaded):
    image, _ = shaded
    click = Shown(Prompts(points=(Point(at=(48, 30)),)))
    model = load_model('lbf').adjusted({'reach': 20, 'radius': 10, 'keep': 1, 'length': 0.001})
    found = model.segment(image[None], (1.0, 1.0), click)[1]
    seen = (slice(48 - 30, 48 + 31), slice(0, 30 + 31))
    away = np.ones(image.shape, bool)
    away[seen] = False
    assert found.any()
    assert not found[away].any()
    # pixels that change places beyond it leave the scale of grey values as it is
    changed = image.copy()
    changed[away] = np.random.default_rng(0).permutation(image[away])
    np.testing.assert_array_equal(model.segment(changed[None], (1.0, 1.0), click)[1], found)


def test_distances_are_in_mm(shaded):
    """A slice of twice the pixel size, with the same knobs in mm, is the same picture at half the resolution."""
    image, inside = shaded
    box = Shown(Prompts(boxes=(Box(edges=((30, 66), (24, 72))),)))
    coarse = Shown(Prompts(boxes=(Box(edges=((15, 33), (12, 36))),)))
    model = load_model('lbf').adjusted({'window': 6, 'rounds': 200, 'length': 0.001})
    fine = model.segment(image[None], (1.0, 1.0), box)[1]
    half = model.segment(image[None, ::2, ::2], (2.0, 2.0), coarse)[1]
    assert dice(half, fine[::2, ::2]) > 0.9
    assert dice(fine, inside) > 0.9
