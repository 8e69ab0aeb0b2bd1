"""Small networks that see where in a window they are, so that overlapping windows disagree."""

import hashlib

import numpy as np
import pytest
import torch

from napari_segrobust.segment.input_shape import InputShape, ShapedSegmenter, frozen
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


class Placed(torch.nn.Module):
    """A random convolution plus where in its window a voxel lies; counts the windows it was asked."""

    def __init__(self, dimensions, classes, channels):
        super().__init__()
        torch.manual_seed(dimensions * 100 + classes)
        kind = torch.nn.Conv2d if dimensions == 2 else torch.nn.Conv3d
        self.convolution = kind(channels, classes, 3, padding=1)
        self.asked = 0

    def forward(self, windows):
        self.asked += len(windows)
        logits = 3 * self.convolution(windows)
        for axis in range(2, logits.ndim):
            ramp = torch.linspace(-1, 1, logits.shape[axis]).reshape(
                [-1 if a == axis else 1 for a in range(logits.ndim)]
            )
            logits = logits + ramp * torch.arange(logits.shape[1]).reshape(1, -1, *(1,) * (logits.ndim - 2))
        return logits


@pytest.fixture
def make_model():
    """Build a seeded network: make_model(dimensions, classes=3, channels=1, fixed=None, **spec)."""

    def make(dimensions=2, classes=3, channels=1, fixed=None, **spec):
        names = tuple(f'class {k}' for k in range(classes))
        spec = ModelSpec(name='placed net', dimensions=dimensions, channels=channels, classes=names, **spec)
        key = hashlib.sha256(repr(spec).encode()).hexdigest()[:16]
        module = Placed(dimensions, classes, channels)
        if fixed is None:
            return TorchSegmenter(module, spec, key)
        shape = InputShape(tuple(map(frozen, fixed)))
        return ShapedSegmenter(module, shape.settle(spec, []), key, shape=shape)

    return make


@pytest.fixture
def source():
    """Draw a seeded image and wrap it: source(*spatial, seed=0, channels=1, spacing=None)."""

    def draw(*shape, seed=0, channels=1, spacing=None):
        array = np.random.default_rng(seed).normal(size=(channels, *shape)).astype(np.float32)
        return ArraySource(array, spacing or (1.0,) * len(shape), spacing is not None)

    return draw
