"""Windows that were seen before: the network is not asked again, and not a bit changes."""

import numpy as np
import pytest
import torch

from napari_segrobust.context.record import Context
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.known import window_key
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.segment.spec import ModelSpec


class Counted:
    """A convolution that counts the windows it is asked for."""

    device, key = 'cpu', 'counted'

    def __init__(self, **spec):
        self.spec = ModelSpec(name='counted', classes=('background', 'object'), **{'dimensions': 3, **spec})
        torch.manual_seed(0)
        self.network = torch.nn.Conv3d(1, 2, 3, padding=1).eval()
        self.calls = 0

    def __call__(self, windows):
        self.calls += len(windows)
        return self.network(windows)


class Memory(dict):
    put = dict.__setitem__


@pytest.fixture
def image():
    return np.random.default_rng(0).standard_normal((1, 8, 12, 16), dtype=np.float32)


CONTEXT = Context(window=(8, 6, 8), overlap=0.5)


def answer(model, image, known=None):
    run = start_inference(model, ArraySource(image, (1.0, 1.0, 1.0)), CONTEXT, known=known)
    run.advance(*run.pending())
    return run, run.probabilities()


def test_only_windows_that_a_change_touches_are_asked_again(image):
    model, known = Counted(), Memory()
    run, before = answer(model, image, known)
    assert model.calls == run.total == 9
    assert answer(model, image, known)[1].tobytes() == before.tobytes()
    assert model.calls == 9
    changed = image.copy()
    changed[0, 2, 1, 1] += 1
    touched = run.plan.touching((slice(2, 3), slice(1, 2), slice(1, 2)))
    _, found = answer(model, changed, known)
    assert model.calls == 9 + len(touched) == 10
    assert found.tobytes() == answer(Counted(), changed)[1].tobytes()
    assert answer(model, image, known)[1].tobytes() == before.tobytes()


def test_what_changes_the_scale_changes_every_window(image):
    model, known = Counted(intensity='zscore'), Memory()
    answer(model, image, known)
    changed = image.copy()
    changed[0, 2, 1, 1] += 1
    answer(model, changed, known)
    assert model.calls == 18


def test_a_key_holds_model_device_shape_and_every_bit():
    window = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    key = window_key('a', ('cpu', False), (), window)
    assert key.startswith('a ')
    assert key == window_key('a', ('cpu', False), (), np.asfortranarray(window))
    other = window.copy()
    other[0, 1, 2, 3] = np.nextafter(other[0, 1, 2, 3], np.float32(100))
    keys = {
        key,
        window_key('b', ('cpu', False), (), window),
        window_key('a', ('cuda:0', False), (), window),
        window_key('a', ('cuda:0', True), (), window),
        window_key('a', ('cpu', False), (), window.reshape(1, 3, 2, 4)),
        window_key('a', ('cpu', False), (), other),
        window_key('a', ('cpu', False), (0,), window),
    }
    assert len(keys) == 7


def test_another_device_begins_anew(image, pretend_gpu):
    """Out of memory in the middle: what is known was computed on the GPU, and all of it is computed on the CPU."""
    known = Memory()
    model = pretend_gpu(window=(6, 8))
    run = start_inference(model, ArraySource(image, (1.0, 1.0, 1.0)), Context(), known=known)
    run.advance(*run.pending())
    model.room = 0
    changed = image + np.float32(1)
    run = start_inference(model, ArraySource(changed, (1.0, 1.0, 1.0)), Context(), known=known)
    windows = run.pending()
    run.advance(*windows)
    run.advance(*run.pending())
    assert model.device == 'cpu'
    alone = pretend_gpu(window=(6, 8))
    alone.move('cpu')
    expected = start_inference(alone, ArraySource(changed, (1.0, 1.0, 1.0)), Context())
    expected.advance(*expected.pending())
    np.testing.assert_array_equal(run.probabilities(), expected.probabilities())
