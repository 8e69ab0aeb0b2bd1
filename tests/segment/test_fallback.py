"""Running out of memory: smaller batches, then the CPU, the same numbers, and one line about each step."""

import numpy as np
import pytest
import torch

from napari_segrobust.context.record import Context
from napari_segrobust.errors import ModelError
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.source import ArraySource


class SmallGPU:
    """A model that says it is on a GPU, and has room there for `room` windows."""

    def __init__(self, model, room, error=torch.OutOfMemoryError):
        self.model, self.room, self.error = model, room, error
        self.spec, self.key = model.spec, model.key
        self.device = 'cuda:0'
        self.batches = []

    def move(self, device):
        self.device = device

    def __call__(self, windows):
        if self.device != 'cpu' and len(windows) > self.room:
            raise self.error('CUDA out of memory. Tried to allocate 2 GiB')
        self.batches.append(len(windows))
        return self.model(windows)


@pytest.fixture
def source(image):
    return ArraySource(image((1, 20, 8, 8)), (1, 1, 1))


def finished(model, source):
    run = start_inference(model, source, Context())
    run.advance(*run.pending())
    assert run.final()
    return run


def test_the_batch_becomes_smaller_and_stays_so(make_model, source):
    gpu = SmallGPU(make_model(2), room=4)
    run = finished(gpu, source)
    assert gpu.device == 'cuda:0'
    assert gpu.batches == [4] * 5
    assert run.messages == [
        'Out of memory on cuda:0: 8 windows at once instead of 16.',
        'Out of memory on cuda:0: 4 windows at once instead of 8.',
    ]
    np.testing.assert_allclose(run.probabilities(), finished(make_model(2), source).probabilities(), atol=1e-6)


@pytest.mark.parametrize('error', [torch.OutOfMemoryError, RuntimeError, MemoryError])
def test_the_cpu_is_the_last_resort(make_model, source, error):
    gpu = SmallGPU(make_model(2), room=0, error=error)
    run = finished(gpu, source)
    assert gpu.device == 'cpu'
    assert run.messages[-1] == 'Out of memory on cuda:0: continuing on the CPU.'
    assert gpu.batches == [1] * 20
    np.testing.assert_array_equal(run.probabilities(), finished(make_model(2), source).probabilities())


def test_no_memory_on_the_cpu_is_one_line(make_model, source):
    model = make_model(2)
    model.module = lambda _: (_ for _ in ()).throw(MemoryError)
    run = start_inference(model, source, Context())
    with pytest.raises(ModelError, match=r'no memory for a window of 8 x 8. Choose a smaller window'):
        run.advance(run.pending()[0])
    assert run.done == 0
