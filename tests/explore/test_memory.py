"""Free memory goes back to the system."""

from __future__ import annotations

import sys
import weakref

import numpy as np
import psutil
import pytest
import torch

from napari_segrobust.explore import memory


def test_giving_back_harms_nothing():
    kept = np.arange(1000)
    memory.give_back()
    memory.give_back()
    np.testing.assert_array_equal(kept, np.arange(1000))


def test_a_system_without_it_is_left_alone(monkeypatch):
    memory._trim.cache_clear()
    monkeypatch.setattr(sys, 'platform', 'darwin')
    assert memory._trim() is None
    memory.give_back()
    memory._trim.cache_clear()


@pytest.mark.skipif(memory._trim() is None, reason='no glibc')
def test_holes_go_back():
    process = psutil.Process()
    # Pieces too small to be mapped one by one, and something after them that keeps the heap from shrinking.
    pieces = [np.ones(2**12) for _ in range(4000)]
    keeper = [np.ones(2**12) for _ in range(4)]
    del pieces
    before = process.memory_info().rss
    memory.give_back()
    assert process.memory_info().rss < before - 50 * 2**20
    assert len(keeper) == 4


def test_a_model_that_stands_in_circles_is_freed():
    module = torch.nn.Linear(2, 2)
    module.itself = [module]
    gone = weakref.ref(module)
    del module
    assert gone() is not None
    memory.give_back_models()
    assert gone() is None


def test_gpus_in_use_give_back_what_they_cache(monkeypatch):
    emptied = []
    monkeypatch.setattr(torch.cuda, 'is_initialized', lambda: True)
    monkeypatch.setattr(torch.cuda, 'empty_cache', lambda: emptied.append('cuda'))
    monkeypatch.setattr(torch.backends.mps, 'is_available', lambda: True)
    monkeypatch.setattr(torch.mps, 'empty_cache', lambda: emptied.append('mps'))
    memory.give_back_devices()
    assert emptied == ['cuda', 'mps']
