"""Small networks whose insides are known, and a case to look at them with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_segrobust.cases.case import Case
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.spec import ModelSpec


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def make_segmenter():
    """Wrap a module: make_segmenter(module, dimensions=2, **spec)."""

    def make(module, dimensions=2, classes=2, **spec):
        names = tuple(f'class {k}' for k in range(classes))
        told = ModelSpec(name='small', dimensions=dimensions, classes=names, **spec)
        return TorchSegmenter(module, told, 'small')

    return make


@pytest.fixture
def noise_case(ball_case: Case) -> Case:
    """The ball's case with noise for an image: no voxel of it is like another."""
    image = np.random.default_rng(0).normal(size=ball_case.image.shape).astype(np.float32)
    return replace(ball_case, image=image)
