"""Sampling where voxels come from: against scipy, on parts of the image, at its edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from napari_segrobust.perturb import Clean, Region, new_perturbation
from napari_segrobust.perturb.warp import Warp, everything, home, nearest, source_block, warped

SHAPES = [(9, 13, 11), (17, 14), (1, 12, 10), (8, 1), (6, 1, 7)]


class Anywhere:
    """Places drawn at random, up to `reach` voxels away and beyond the image."""

    moves = None

    def __init__(self, shape, reach=4.0, seed=0):
        rng = np.random.default_rng(seed)
        moves = rng.uniform(-reach, reach, (len(shape), *shape)).astype(np.float32)
        self.shape = shape
        self.places = torch.from_numpy(np.indices(shape).astype(np.float32) + moves)

    def __call__(self, block):
        return self.places[(slice(None), *block)]


def image(shape, channels=2):
    return np.random.default_rng(1).random((channels, *shape), dtype=np.float32)


@pytest.mark.parametrize('shape', SHAPES)
def test_linear_sampling_equals_scipy(shape):
    warp, x = Anywhere(shape), image(shape)
    found = warped(torch.from_numpy(x), warp, everything(shape), everything(shape), -0.5).numpy()
    for channel, values in zip(found, x, strict=True):
        theirs = map_coordinates(values, warp.places.numpy(), order=1, mode='grid-constant', cval=-0.5)
        np.testing.assert_allclose(channel, theirs, atol=2e-6)


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('kind', [np.uint8, np.uint16, np.int32, bool])
def test_nearest_sampling_equals_scipy(shape, kind):
    warp = Anywhere(shape)
    labels = (np.random.default_rng(2).integers(0, 4, shape) * 80).astype(kind)
    found = nearest(labels, warp, everything(shape), everything(shape))
    theirs = map_coordinates(labels.astype(float), warp.places.numpy(), order=0, mode='grid-constant', cval=0)
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, theirs.astype(kind))


def test_halves_go_up():
    warp = Anywhere((1, 3))
    warp.places = torch.tensor([[[0.0, 0.0, 0.0]], [[-0.5, 0.5, 2.5]]])
    labels = np.array([[1, 2, 3]], np.uint8)
    np.testing.assert_array_equal(nearest(labels, warp, everything((1, 3)), everything((1, 3))), [[1, 2, 0]])


@pytest.mark.parametrize('shape', SHAPES)
def test_whole_moves_are_exact_and_what_lies_beyond_is_outside(shape):
    warp, x = Anywhere(shape), image(shape) * 1e7
    warp.places = home(everything(shape), torch.zeros(1)) + 2
    found = warped(torch.from_numpy(x), warp, everything(shape), everything(shape), 7.0).numpy()
    inner = (slice(None), *(slice(2, None) for _ in shape))
    expected = np.full_like(x, 7)
    expected[(slice(None), *(slice(0, max(n - 2, 0)) for n in shape))] = x[inner]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_a_block_needs_its_source_alone_and_has_the_same_bits(axis, monkeypatch):
    shape = (13, 16, 15)
    warp, x = Anywhere(shape, 2.0), image(shape)
    labels = np.random.default_rng(2).integers(0, 4, shape).astype(np.uint8)
    whole = everything(shape)
    block = tuple(slice(5, 6) if a == axis else slice(2, n - 1) for a, n in enumerate(shape))
    expected = warped(torch.from_numpy(x), warp, whole, whole, 0.0).numpy()[(slice(None), *block)]
    masks = nearest(labels, warp, whole, whole)[block]
    monkeypatch.setattr('napari_segrobust.perturb.warp._SLAB', 40)
    given = source_block(warp, block)
    assert given != whole
    part = torch.from_numpy(np.ascontiguousarray(x[(slice(None), *given)]))
    assert np.array_equal(warped(part, warp, given, block, 0.0).numpy(), expected)
    assert np.array_equal(nearest(labels[given], warp, given, block), masks)


def test_what_is_not_finite_counts_as_outside():
    shape = (9, 10)
    warp, x = Anywhere(shape), image(shape)
    broken, filled = x.copy(), x.copy()
    broken[0, 3, 3:6] = np.nan, np.inf, -np.inf
    filled[0, 3, 3:6] = 0.25
    found = [warped(torch.from_numpy(v), warp, everything(shape), everything(shape), 0.25) for v in (broken, filled)]
    assert torch.equal(*found)


def test_the_weight_of_a_region_scales_how_far_voxels_move():
    shape = (12, 14)
    weight = np.random.default_rng(3).random(shape, dtype=np.float32)
    weight[:3], weight[-3:] = 0, 1
    clean = Clean(image(shape), (0.0, 1.0), region_weights=lambda region, block: weight[block])
    free = Warp(clean, new_perturbation('elastic', 3.0, 5))(everything(shape))
    bound = Warp(clean, new_perturbation('elastic', 3.0, 5, region=Region(kind='foreground')))(everything(shape))
    free, bound = free.numpy(), bound.numpy()
    start = np.indices(shape)
    assert np.array_equal(bound[:, :3], start[:, :3])
    assert np.array_equal(bound[:, -3:], free[:, -3:])
    np.testing.assert_allclose(bound - start, weight * (free - start), atol=1e-5)
