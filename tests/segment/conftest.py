"""Small random networks, whose values are as good as any for checking how windows come together."""

import hashlib

import numpy as np
import pytest
import torch

from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.spec import ModelSpec


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def make_model():
    """Build a seeded convolutional network: make_model(dimensions, classes=3, channels=1, **spec)."""

    def make(dimensions=2, classes=3, channels=1, **spec):
        spec = ModelSpec(
            name='random net',
            dimensions=dimensions,
            channels=channels,
            classes=tuple(f'class {k}' for k in range(classes)),
            **spec,
        )
        torch.manual_seed(dimensions * 100 + classes)
        conv = torch.nn.Conv2d if dimensions == 2 else torch.nn.Conv3d
        module = torch.nn.Sequential(
            conv(channels, 6, 3, padding=1), torch.nn.Tanh(), conv(6, classes, 3, padding=1), _Place()
        )
        with torch.no_grad():
            for parameter in module.parameters():
                parameter *= 4
        return TorchSegmenter(module, spec, hashlib.sha256(repr(spec).encode()).hexdigest()[:16])

    return make


class _Place(torch.nn.Module):
    """Adds where in its window a voxel lies, so that windows disagree wherever they overlap."""

    def forward(self, logits):
        for axis in range(2, logits.ndim):
            n = logits.shape[axis]
            ramp = torch.linspace(-1, 1, n).reshape([-1 if a == axis else 1 for a in range(logits.ndim)])
            logits = logits + ramp * torch.arange(logits.shape[1]).reshape(1, -1, *(1,) * (logits.ndim - 2))
        return logits


@pytest.fixture
def image():
    """Draw a seeded image: image((C, *spatial))."""

    def draw(shape, seed=0):
        return np.random.default_rng(seed).normal(size=shape).astype(np.float32)

    return draw
