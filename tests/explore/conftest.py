"""A small case and models whose answers can be worked out by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from napari_segrobust.cases.case import Case
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane
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
def session(ball_case: Case) -> Iterator[Session]:
    """A session with a threshold model in its one lane and Gaussian noise in its stack."""
    session = Session()
    session.models['threshold'] = ThresholdModel()
    session.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
    session.open_case(ball_case, [Lane(source='threshold')])
    yield session
    assert session.shutdown()
