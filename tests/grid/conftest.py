"""Models whose answers are known, and a sweep of two of them over noise on a small ball."""

from __future__ import annotations

import pytest

from napari_segrobust.cases.case import Case
from napari_segrobust.grid import Sweep, sweep
from napari_segrobust.perturb import Perturbation
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.spec import ModelSpec


class ThresholdModel:
    """Bright voxels are the object, slice by slice; a bias makes it see more or less of it."""

    device = 'cpu'

    def __init__(self, name: str = 'threshold', bias: float = 0.0) -> None:
        classes = ('background', 'object')
        self.spec = ModelSpec(name=name, dimensions=2, classes=classes, window=None, blending='constant')
        self.key = name
        self.bias = bias

    def __call__(self, windows):
        import torch

        return torch.cat([0.5 - windows - self.bias, windows - 0.5 + self.bias], dim=1)


@pytest.fixture
def models() -> list[ThresholdModel]:
    """One is right on the clean image, the other sees the object almost everywhere as soon as there is noise."""
    return [ThresholdModel(), ThresholdModel('eager', bias=0.45)]


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(perturbations=(Perturbation(name='gaussian_noise', seed=7),))


_made: list[Sweep] = []


@pytest.fixture
def ball_sweep(ball_case: Case, models, scenario) -> Sweep:
    """Nothing changes a sweep: one is made for all tests."""
    if not _made:
        _made.append(sweep(ball_case, models, scenario, (0, 2.5, 5)))
    return _made[0]
