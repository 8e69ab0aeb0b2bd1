"""A palette, and a 3D model in a real window with the lab open."""

from __future__ import annotations

import pytest

from napari_segrobust.context import Context
from napari_segrobust.explore.state import Lane
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.widgets.palette import Palette


@pytest.fixture(params=['dark', 'light'])
def palette(request, qapp):
    return Palette.from_theme(request.param)


class Placed:
    """Bright voxels are the object, and the more so the nearer to the end of the window: windows disagree."""

    device = 'cpu'
    key = 'placed'
    spec = ModelSpec(
        name='placed', dimensions=3, classes=('background', 'object'), window=(8, 12, 12), overlap=0.5,
        blending='constant',
    )  # fmt: skip

    def __call__(self, windows):
        import torch

        ramp = torch.linspace(-0.6, 0.6, windows.shape[-1])
        score = windows - 0.5 + ramp
        return torch.cat([-score, score], dim=1)


@pytest.fixture
def explorer(kept_explorer):
    """One for all tests of a file."""
    return kept_explorer


@pytest.fixture
def settle(explorer, qtbot):
    def wait() -> None:
        session, lab = explorer.session, explorer.windows
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=30_000)
        assert session.status.kind != 'failed', session.status.text
        if lab.is_watched and not lab.why:
            qtbot.waitUntil(lambda: not lab.is_pending, timeout=30_000)

    return wait


@pytest.fixture
def opened(explorer, panel, ball_case, settle):
    """The ball, seen by `Placed` through overlapping windows, and by a threshold beside it."""
    explorer.session.models['placed'] = Placed()
    explorer.open_case(ball_case, [Lane(source='placed', context=Context()), Lane(source='threshold')])
    panel.context.set_unfolded(True)
    settle()
    return explorer
