"""The stack of a real window, with noise and a bias field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation

NOISE = Perturbation(name='gaussian_noise', severity=2.0, seed=7)
BIAS = Perturbation(name='bias_field', severity=2.0, seed=3)


@pytest.fixture
def explorer(kept_explorer):
    """One for all tests of a file."""
    return kept_explorer


@pytest.fixture
def settle(explorer, qtbot):
    def wait() -> None:
        session = explorer.session
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=30_000)
        assert session.status.kind != 'failed', session.status.text

    return wait


@pytest.fixture
def perturb(explorer, panel, ball_case, settle):
    """The ball, as an MR, with noise and a bias field in the stack."""
    explorer.open_case(replace(ball_case, modality='MR'), [Lane(source='threshold')])
    explorer.session.state.stack = (NOISE, BIAS)
    explorer.session.history.clear()
    panel.perturb.set_unfolded(True)
    settle()
    return panel.perturb
