"""nnU-Net's grid: what scikit-image and SciPy, which nnU-Net resamples with, make of the same image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates
from skimage.transform import resize

from napari_segrobust.context.record import Context
from napari_segrobust.segment.crop import foreground_box
from napari_segrobust.segment.grid import grid_of
from napari_segrobust.segment.grid_run import bring
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.resample import GridSource
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec

SHAPE = (13, 30, 26)


def spec(spacing, **more):
    return ModelSpec(name='x', dimensions=3, classes=('a', 'b', 'c'), spacing=spacing, grid='nnunet', **more)


@pytest.fixture
def image():
    return gaussian_filter(np.random.default_rng(0).normal(size=SHAPE), 1.5).astype(np.float32)


@pytest.mark.parametrize('spacing', [(2.0, 1.4, 1.4), (1.3, 0.8, 0.9), (2.0, 1.0, 0.7)])
def test_an_image_comes_over_as_scikit_image_resizes_it(image, spacing):
    own = spec((2.0, 1.0, 1.0))
    grid = grid_of(own, SHAPE, spacing)
    assert grid.shape == tuple(round(n * s / w) for n, s, w in zip(SHAPE, spacing, own.spacing, strict=True))
    found = GridSource(ArraySource(image[None], spacing, True), grid, 3).block(tuple(slice(0, n) for n in grid.shape))
    theirs = resize(image.astype(float), grid.shape, 3, mode='edge', anti_aliasing=False)
    inner = (slice(2, -2),) * 3  # at the border the two repeat it in different ways
    np.testing.assert_allclose(found[0][inner], theirs[inner], atol=1e-3 * image.std())


@pytest.mark.parametrize(
    ('spacing', 'wanted'), [((4.0, 1.0, 1.0), (2.0, 1.0, 1.0)), ((5.0, 1.2, 0.9), (3.0, 1.0, 1.0))]
)
def test_across_far_slices_the_nearest_is_taken(image, spacing, wanted):
    grid = grid_of(spec(wanted), SHAPE, spacing)
    assert (grid.coarse, grid.coarse_back) == (0, 0)
    found = GridSource(ArraySource(image[None], spacing, True), grid, 3).block(tuple(slice(0, n) for n in grid.shape))
    # nnU-Net also cuts each slice to the range it had before; a spline swings a little beyond it here and there
    how = {'mode': 'edge', 'anti_aliasing': False, 'clip': False}
    flat = np.stack([resize(part.astype(float), grid.shape[1:], 3, **how) for part in image])
    places = np.indices(grid.shape).astype(float)
    places[0] = SHAPE[0] / grid.shape[0] * (places[0] + 0.5) - 0.5
    theirs = map_coordinates(flat, places, order=0, mode='nearest')
    inner = (slice(None), slice(2, -2), slice(2, -2))
    np.testing.assert_allclose(found[0][inner], theirs[inner], atol=1e-3 * image.std())


def test_slices_that_are_not_far_and_two_long_axes_are_mixed():
    assert grid_of(spec((2.0, 1.0, 1.0)), SHAPE, (3.0, 1.2, 1.1)).coarse is None
    assert grid_of(spec((1.0, 1.0, 1.0)), SHAPE, (4.0, 4.0, 1.1)).coarse is None
    other = spec((2.0, 1.0, 1.0)).model_copy(update={'grid': 'monai'})
    assert grid_of(other, SHAPE, (8.0, 1.0, 1.1)).coarse is None


def test_logits_come_back_and_not_probabilities():
    own, rng = spec((2.0, 1.0, 1.0)), np.random.default_rng(1)
    grid = grid_of(own, SHAPE, (2.0, 1.4, 1.4))
    logits = rng.normal(size=(3, *grid.shape)) * 6

    def softmax(maps):
        return np.exp(maps) / np.exp(maps).sum(axis=0)

    edges = tuple((0, n) for n in SHAPE)
    found = bring(grid, own, edges, edges, lambda block: softmax(logits).astype(np.float32)[(slice(None), *block)])
    theirs = softmax(np.stack([resize(part, SHAPE, 1, mode='edge', anti_aliasing=False) for part in logits]))
    np.testing.assert_allclose(found, theirs, atol=1e-3)
    nothing = bring(
        grid, own, edges, edges, lambda block: np.zeros((3, *(s.stop - s.start for s in block)), np.float32)
    )
    assert not nothing.any()


def test_what_is_below_zero_is_foreground_to_nnunet(image):
    held = np.zeros((1, *SHAPE), np.float32)
    held[0, 3:9, 4:20, 5:] = -1
    held[0, 4, 6, 7] = 1
    source = ArraySource(held, (1.0, 1.0, 1.0), True)
    assert foreground_box(source) == ((4, 5), (6, 7), (7, 8))
    assert foreground_box(source, negative=True) == ((3, 9), (4, 20), (5, 26))


def test_a_run_on_this_grid_ends_on_the_case(image):
    class Same:
        """Its probabilities are those of the sign of the image."""

        key, device, spec = 'same', 'cpu', spec((2.0, 1.0, 1.0), window=(8, 16, 16), overlap=0.5)

        def __call__(self, windows):
            import torch

            return torch.cat([-windows, windows, 0 * windows - 50], dim=1) * 1000

    source = ArraySource(image[None], (2.0, 1.4, 1.4), True)
    run = start_inference(Same(), source, Context())
    run.advance(*run.pending())
    found = run.probabilities()
    sure = np.abs(image) > 0.2 * image.std()
    assert found.shape == (3, *SHAPE)
    assert ((found[1] > 0.5) == (image > 0))[sure].mean() > 0.99
