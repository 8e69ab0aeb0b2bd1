"""Running out of memory: smaller batches, then the CPU, the same numbers, and one line about each step."""

import numpy as np
import pytest
import torch

from napari_segrobust.context.record import Context
from napari_segrobust.errors import ModelError
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.module import TorchSegmenter
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


def test_a_smaller_batch_is_remembered_by_the_model(pretend_gpu, source):
    gpu = pretend_gpu(room=4)
    finished(gpu, source)
    assert gpu.batch == 4
    gpu.messages.clear()
    run = finished(gpu, source)
    assert run.batch == 1, 'a finished run has let go of its model'
    assert run.messages == []


def test_one_result_comes_from_one_device(pretend_gpu, source):
    """Memory ends half-way, as when another program takes it: what the GPU has done is done again on the CPU."""
    gpu, plain = pretend_gpu(moved=0), pretend_gpu()
    plain.move('cpu')
    run = start_inference(gpu, source, Context())
    first, *others = run.pending()
    run.advance(first)
    gpu.room = 0
    run.advance(*others)
    assert run.pending() == [first]
    assert not run.final()
    run.advance(first)
    assert run.final()
    np.testing.assert_array_equal(run.probabilities(), finished(plain, source).probabilities())
    assert gpu.messages[-1] == 'Out of memory on cuda:0: continuing on the CPU.'


def test_one_call_comes_from_one_device(pretend_gpu, source):
    """The same inside one call of several batches."""
    gpu, plain = pretend_gpu(), pretend_gpu()
    plain.move('cpu')
    gpu.batch = 2

    class Filling(list):
        def append(self, entry):
            super().append(entry)
            if len(self) == 3:
                gpu.room = 0

    gpu.batches = Filling()
    run = finished(gpu, source)
    assert [device for device, _, _ in gpu.batches] == ['cuda:0'] * 3 + ['cpu'] * 20
    np.testing.assert_array_equal(run.probabilities(), finished(plain, source).probabilities())


def test_a_model_that_finds_no_room_is_loaded_on_the_cpu(make_model):
    plain = make_model(2)

    class Full(TorchSegmenter):
        def move(self, device):
            if device != 'cpu':
                raise RuntimeError('CUDA error: out of memory')
            super().move(device)

    model = Full(plain.module, plain.spec, plain.key, 'cuda:0')
    assert model.device == 'cpu'
    assert model.messages == ['random net finds no room on cuda:0: it runs on the CPU.']


def test_another_fault_of_a_device_is_not_hidden(make_model):
    plain = make_model(2)

    class Broken(TorchSegmenter):
        def move(self, device):
            raise RuntimeError('CUDA error: unspecified launch failure')

    with pytest.raises(RuntimeError, match='launch failure'):
        Broken(plain.module, plain.spec, plain.key, 'cuda:0')
