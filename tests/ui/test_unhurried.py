"""Full collections wait while pictures move, and always come back."""

from __future__ import annotations

import gc

import pytest

from napari_segrobust.ui import unhurried
from napari_segrobust.ui.unhurried import Unhurried


@pytest.fixture
def usual():
    before = gc.get_threshold()
    yield before
    assert gc.get_threshold() == before
    gc.set_threshold(*before)


def test_nothing_changes_before_there_is_a_hurry(qapp, usual):
    Unhurried().release()
    assert gc.get_threshold() == usual


def test_only_full_collections_wait_and_they_come_back(qtbot, usual, monkeypatch):
    monkeypatch.setattr(unhurried, 'CALM_MS', 30)
    loop = Unhurried()
    loop.hurry()
    assert gc.get_threshold()[:2] == usual[:2]
    assert gc.get_threshold()[2] > 10**9
    qtbot.waitUntil(lambda: gc.get_threshold() == usual, timeout=5000)


def test_two_agree(qapp, usual):
    one, two = Unhurried(), Unhurried()
    one.hurry()
    two.hurry()
    two.release()
    assert gc.get_threshold()[2] > 10**9
    one.release()


def test_a_drag_that_does_not_end_is_no_excuse(qapp, usual, monkeypatch):
    loop = Unhurried()
    loop.hurry()
    monkeypatch.setattr(unhurried, 'LONGEST_SECONDS', -1.0)
    loop.hurry()
    assert gc.get_threshold() == usual


def test_an_explorer_that_goes_lets_them_come_back(explorer, usual):
    explorer.session.requested.emit(None)
    assert gc.get_threshold()[2] > 10**9
    explorer.shutdown()
