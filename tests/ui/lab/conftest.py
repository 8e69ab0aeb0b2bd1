"""The lab in a real window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from napari_segrobust.lab import scenes
from napari_segrobust.ui.lab.room import Room


@pytest.fixture
def room(make_napari_viewer, qtbot) -> Iterator[Room]:
    """The lab, open on its first scene; closed afterwards."""
    opened = Room.open(make_napari_viewer(show=True))
    qtbot.waitUntil(lambda: opened.lab.settled)
    yield opened
    opened.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith('pitfall lab')]


@pytest.fixture
def stage(room: Room, qtbot) -> Callable[[str], Any]:
    """Puts a scene on stage and waits for its numbers."""

    def put(name: str) -> Room:
        room.lab.game.go_to(list(scenes()).index(name))
        qtbot.waitUntil(lambda: room.lab.settled)
        assert room.lab.found.scene is scenes()[name]
        return room

    return put
