"""A small case and models whose answers can be worked out by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.perturb import Perturbation
from napari_segrobust.segment.spec import ModelSpec


class ThresholdModel:
    """Bright voxels are the object: logits (0.5 - x, x - 0.5), slice by slice or in 3D windows."""

    device = 'cpu'

    def __init__(self, dimensions: int = 2, window: tuple[int, ...] | None = None, key: str = 'threshold') -> None:
        self.spec = ModelSpec(
            name=key, dimensions=dimensions, classes=('background', 'object'), window=window, blending='constant'
        )
        self.key = key
        self.calls = 0
        self.gate: threading.Event | None = None
        self.answer: Callable[[object], object] = lambda logits: logits

    def __call__(self, windows):
        import torch

        self.calls += 1
        if self.gate is not None:
            assert self.gate.wait(20)
        return self.answer(torch.cat([0.5 - windows, windows - 0.5], dim=1))


@pytest.fixture
def make_model() -> type[ThresholdModel]:
    """The class: models whose answers can be replaced, counted and held back."""
    return ThresholdModel


@pytest.fixture
def ball_case() -> Case:
    """A bright ball of radius 5 in 12 x 24 x 24 voxels of 2 x 1 x 1 mm, with its reference."""
    z, y, x = np.ogrid[:12, :24, :24]
    ball = ((z - 6) * 2) ** 2 + (y - 12) ** 2 + (x - 12) ** 2 <= 25
    image = ball.astype(np.float32)[None]
    image.flags.writeable = False
    return Case(
        name='ball',
        image=image,
        geometry=GridGeometry.from_spacing(ball.shape, (2.0, 1.0, 1.0)),
        references={'expert': ball.astype(np.uint8)},
        predictions={'shifted': np.roll(ball, 1, axis=2).astype(np.uint8)},
        labels={1: Label('object')},
        provenance={'dtype': 'uint8'},
    )


@pytest.fixture
def session(ball_case: Case) -> Iterator[Session]:
    """A session with a threshold model in its one lane and Gaussian noise in its stack."""
    session = Session()
    session.models['threshold'] = ThresholdModel()
    session.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
    session.open_case(ball_case, [Lane(source='threshold')])
    yield session
    assert session.shutdown()
