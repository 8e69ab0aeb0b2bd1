"""While pictures move full collections wait and threads give way; and everything always comes back."""

from __future__ import annotations

import gc
import sys

import pytest

from napari_segrobust.ui import attention
from napari_segrobust.ui.attention import Attention


def settings() -> tuple[tuple[int, int, int], float]:
    return gc.get_threshold(), sys.getswitchinterval()


def is_paid() -> bool:
    return gc.get_threshold()[2] > 10**9 and sys.getswitchinterval() == pytest.approx(0.001)


@pytest.fixture
def usual():
    before = settings()
    yield before
    assert settings() == before
    gc.set_threshold(*before[0])
    sys.setswitchinterval(before[1])


def test_nothing_changes_before_it_is_paid(qapp, usual):
    Attention().release()
    assert settings() == usual


def test_only_full_collections_wait_and_they_come_back(qtbot, usual, monkeypatch):
    monkeypatch.setattr(attention, 'CALM_MS', 30)
    paying = Attention()
    paying.pay()
    assert is_paid()
    assert gc.get_threshold()[:2] == usual[0][:2]
    with qtbot.waitSignal(paying.calmed, timeout=5000):
        assert is_paid()
    assert settings() == usual


def test_two_agree(qapp, usual):
    one, two = Attention(), Attention()
    one.pay()
    two.pay()
    two.release()
    assert is_paid()
    one.release()


def test_a_drag_that_does_not_end_is_no_excuse(qapp, usual, monkeypatch):
    paying = Attention()
    paying.pay()
    monkeypatch.setattr(attention, 'LONGEST_SECONDS', -1.0)
    paying.pay()
    assert settings() == usual


def test_an_explorer_that_goes_gives_everything_back(explorer, usual):
    explorer.attention.pay()
    assert is_paid()
    explorer.shutdown()
