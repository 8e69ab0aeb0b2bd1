"""Windows one after the other, until nobody waits for them: between windows, and inside a network."""

import pytest
import torch

from napari_segrobust.compare.interrupt import Interrupted, interruptible
from napari_segrobust.context.record import Context
from napari_segrobust.segment import advance
from napari_segrobust.segment.advance import advance_windows
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.provisional import provisional_plane
from napari_segrobust.segment.source import ArraySource


@pytest.fixture(autouse=True)
def _ask_always(monkeypatch):
    monkeypatch.setattr(advance, 'ASK_SECONDS', 0.0)


class Layers(torch.nn.Module):
    """Counts how many of its layers ran."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Conv2d(1, 1, 3, padding=1) for _ in range(5)])
        self.ran = 0

    def forward(self, windows):
        for layer in self.layers:
            windows = layer(windows)
            self.ran += 1
        return torch.cat([windows, -windows], 1)


@pytest.fixture
def model(make_model):
    return TorchSegmenter(Layers(), make_model(2, classes=2).spec, 'layers')


@pytest.fixture
def source(image):
    return ArraySource(image((1, 3, 8, 8)), (1, 1, 1))


def test_nothing_cancelled_is_everything_done(model, source):
    told = []
    run = start_inference(model, source, Context())
    assert advance_windows(run, None, None, lambda: False, lambda *counts: told.append(counts))
    assert run.final()
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert advance_windows(run, None, None, lambda: True), 'there is nothing left to cancel'


def test_a_network_is_left_at_its_next_layer(model, source):
    run = start_inference(model, source, Context())
    assert not advance_windows(run, None, None, lambda: model.module.ran == 7)
    assert model.module.ran == 7, 'two layers into the second window'
    assert run.done == 1
    assert advance_windows(run, None, None, lambda: False)
    assert model.module.ran == 7 + 10


def test_a_provisional_plane_is_left_too(make_model, image):
    model = make_model(3)

    def stop():
        raise Interrupted

    with pytest.raises(Interrupted), interruptible(stop):
        provisional_plane(model, ArraySource(image((1, 8, 8, 8)), (1, 1, 1)), Context(), 0, 4)


def test_a_network_by_itself_asks_nobody(model):
    model(torch.zeros(1, 1, 8, 8))
    assert model.module.ran == 5


def test_torchscript_has_no_such_place(make_model):
    plain = make_model(2)
    model = TorchSegmenter(torch.jit.trace(plain.module, torch.zeros(1, 1, 8, 8)), plain.spec, 'script')
    assert model(torch.zeros(1, 1, 8, 8)).shape == (1, 3, 8, 8)
