"""While an explorer lives garbage is collected in the GUI thread alone, as often as Python would."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import Counter
from typing import ClassVar

import numpy as np
import pytest
from qtpy.QtCore import QObject

from napari_segrobust.ui.attention import Attention
from napari_segrobust.ui.collector import Collector, collector

THREAD = 'maker of garbage'


class Circle:
    """Garbage that says which thread found it."""

    found: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Circle.found[threading.current_thread().name] += 1


def make_garbage(circles: int = 5000) -> None:
    """More than Python leaves lying, made in a thread that goes on for a while."""

    def work() -> None:
        for _ in range(circles):
            Circle()

    thread = threading.Thread(target=work, name=THREAD)
    thread.start()
    thread.join()


@pytest.fixture(autouse=True)
def usual():
    """Python collects by itself, as it does for people."""
    gc.enable()
    yield
    gc.disable()


@pytest.fixture
def own(qapp):
    """A collector of this test."""
    gc.collect()
    Circle.found.clear()
    parent = QObject()
    yield Collector(parent)
    gc.collect()


def test_without_it_the_thread_that_allocates_collects(own):
    make_garbage()
    assert Circle.found[THREAD] > 0, 'or else the next test shows nothing'


def test_only_the_gui_thread_collects(own, qtbot):
    own.start(own)
    make_garbage()
    assert Circle.found[THREAD] == 0
    qtbot.waitUntil(lambda: sum(Circle.found.values()) >= 5000, timeout=10_000)
    assert set(Circle.found) == {threading.main_thread().name}
    own.stop(own)


def test_the_last_one_gives_collecting_back(own):
    first, second = Attention(), Attention()
    own.start(first)
    own.start(first)
    own.start(second)
    own.stop(first)
    own.stop(first)
    assert own.is_on
    assert not gc.isenabled()
    own.stop(second)
    assert not own.is_on
    assert gc.isenabled()


def test_one_who_is_gone_needs_it_no_more(own):
    user, other = Attention(), Attention()
    own.start(user)
    own.start(other)
    del user
    gc.collect()
    own.stop(other)
    assert gc.isenabled()


def test_who_collects_already_is_left_to_it(own):
    gc.disable()
    own.start(own)
    assert not own.is_on
    own.stop(own)
    assert not gc.isenabled()


def test_little_is_left_lying(own):
    own.start(own)
    gc.collect()
    Circle()
    own.collect()
    assert not Circle.found
    own.stop(own)


@pytest.fixture
def eager():
    """Thresholds that everything is above."""
    before = gc.get_threshold()
    yield lambda old=1: gc.set_threshold(1, 1, old)
    gc.set_threshold(*before)


def full_collections(collect, times: int) -> int:
    """How often everything is looked through."""
    seen = []

    def look(phase: str, info: dict[str, int]) -> None:
        if phase == 'start':
            seen.append(info['generation'])

    gc.callbacks.append(look)
    try:
        for _ in range(times):
            survivors = [[] for _ in range(100)]
            collect()
            del survivors
    finally:
        gc.callbacks.remove(look)
    return seen.count(2)


def test_everything_is_looked_through_when_much_is_new(own, eager, monkeypatch):
    own.start(own)
    own.settle()
    eager()
    assert full_collections(own.collect, 12) == 0, 'little against what the process holds'
    monkeypatch.setattr('napari_segrobust.ui.collector._NEW_PART', 0.0)
    assert full_collections(own.collect, 12) > 0
    own.stop(own)


def test_full_collections_wait_while_pictures_move(own, eager, monkeypatch):
    monkeypatch.setattr('napari_segrobust.ui.collector._NEW_PART', 0.0)
    own.start(own)
    eager()
    moving = Attention()
    moving.pay()
    assert full_collections(own.collect, 12) == 0
    moving.release()
    assert full_collections(own.collect, 12) > 0
    own.stop(own)


def test_what_lives_is_set_aside_until_everything_is_looked_through(own):
    own.start(own)
    circle = Circle()
    own.settle()
    assert gc.get_freeze_count() > 0
    del circle
    gc.collect()
    assert not Circle.found, 'napari collects like this whenever a layer goes'
    own._look_through_everything()
    assert Circle.found.total() == 1
    own.stop(own)


def test_what_was_set_aside_can_go_when_a_user_goes(own):
    own.start(own)
    circle = Circle()
    own.settle()
    del circle
    own.stop(own)
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert Circle.found.total() == 1


def test_nothing_is_set_aside_twice(own):
    own.start(own)
    own.settle()
    assert full_collections(own.settle, 3) == 0
    own.stop(own)


def test_a_layer_of_a_person_is_free_when_it_goes(explorer, qtbot):
    viewer = explorer.viewer
    viewer.add_image(np.zeros((64, 64), np.float32), name='of a person')
    gone = weakref.ref(viewer.layers['of a person'])
    explorer.attention.calmed.emit()
    assert gc.get_freeze_count() > 0
    viewer.layers.remove('of a person')
    qtbot.waitUntil(lambda: gc.collect() >= 0 and gone() is None, timeout=10_000)


def test_a_process_has_one(qapp):
    assert collector() is collector()
    assert collector().parent() is qapp


def test_an_explorer_needs_it_until_it_is_shut_down(explorer):
    assert explorer in collector()._users
    assert not gc.isenabled()
    explorer.shutdown()
    assert explorer not in collector()._users
