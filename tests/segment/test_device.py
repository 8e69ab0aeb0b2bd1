import pytest
import torch

from napari_segrobust.errors import ModelError
from napari_segrobust.segment import device as devices
from napari_segrobust.segment.device import describe_device, limit_threads, resolve_device


@pytest.fixture
def gpus(monkeypatch):
    def pretend(count):
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: count > 0)
        monkeypatch.setattr(torch.cuda, 'device_count', lambda: count)

    return pretend


def test_auto_takes_a_gpu_where_there_is_one(gpus):
    gpus(0)
    assert resolve_device() == 'cpu'
    gpus(2)
    assert resolve_device() == 'cuda:0'
    assert resolve_device('cuda:1') == 'cuda:1'
    assert resolve_device('cpu') == 'cpu'
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize('name', ['gpu', 'cuda:x', 'cpu:1', ''])
def test_an_unknown_device_is_refused(name):
    with pytest.raises(ModelError, match='Choose one of auto'):
        resolve_device(name)


def test_a_device_that_is_not_there_is_refused(gpus, monkeypatch):
    gpus(1)
    with pytest.raises(ModelError, match='torch sees 1 CUDA devices'):
        resolve_device('cuda:1')
    monkeypatch.setattr(torch.backends.mps, 'is_available', lambda: False)
    with pytest.raises(ModelError, match='no Apple GPU'):
        resolve_device('mps')


def test_one_core_is_left_to_the_interface(monkeypatch):
    monkeypatch.setattr(devices.os, 'sched_getaffinity', lambda _: set(range(4)), raising=False)
    assert limit_threads() == 3
    assert describe_device('cpu') == 'CPU (3 threads)'
    monkeypatch.setattr(devices.os, 'sched_getaffinity', lambda _: {0})
    assert limit_threads() == 1
    assert describe_device('cpu') == 'CPU (1 thread)'
