"""Whoever closes a window waits for one layer of a network, not for the whole of it."""

from __future__ import annotations

import threading

import pytest

from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane
from napari_segrobust.segment import advance


@pytest.fixture(autouse=True)
def _ask_always(monkeypatch):
    monkeypatch.setattr(advance, 'ASK_SECONDS', 0.0)


@pytest.fixture
def slow_model(make_model):
    """A network of two layers; the first one waits for `go`."""
    import torch

    from napari_segrobust.segment.module import TorchSegmenter

    class Slow(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.Conv2d(1, 2, 1), torch.nn.Conv2d(2, 2, 1)])
            self.inside, self.go, self.finished = threading.Event(), threading.Event(), 0

        def forward(self, windows):
            first = self.layers[0](windows)
            self.inside.set()
            assert self.go.wait(20)
            second = self.layers[1](first)
            self.finished += 1
            return second

    return TorchSegmenter(Slow(), make_model().spec, 'slow')


@pytest.fixture
def inside(ball_case, slow_model):
    """A session whose network is between its layers."""
    session = Session()
    session.models['slow'] = slow_model
    session.open_case(ball_case, [Lane(source='slow')])
    assert slow_model.module.inside.wait(20)
    return session


def test_closing_leaves_the_network_at_its_next_layer(inside, slow_model):
    inside._compute._mailbox.close()
    slow_model.module.go.set()
    assert inside.shutdown()
    assert slow_model.module.finished == 0


def test_cancelling_does_too_and_the_thread_stays(inside, slow_model):
    inside.cancel()
    slow_model.module.go.set()
    inside.request()
    assert inside.wait()
    assert slow_model.module.finished == inside.case.shape[0]
    assert inside.shutdown()
