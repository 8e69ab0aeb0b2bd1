"""The keys of the lab, bound on one viewer while the lab is open; none of them is a key of the explorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.ui.keys import Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.ui.lab.room import Room

#: In the order in which they are listed.
LAB_KEYS = (
    Key('PageDown', 'next scene'),
    Key('PageUp', 'previous scene'),
    Key('1 ... 9', 'answer: the pane of that number; raises a hand where a class plays'),
    Key('0', 'answer: no difference'),
    Key('R', 'reveal the next number'),
    Key('Shift-R', 'hide all numbers again, and undo every change of a mask'),
    Key('P', 'presentation: large type, no docks'),
)


class LabKeys:
    """Binds `LAB_KEYS`. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer
    room : Room
    """

    def __init__(self, viewer: Any, room: Room) -> None:
        self._viewer = viewer
        lab = room.lab
        self._bound: dict[str, Callable[[Any], object]] = {
            'PageDown': lambda _: lab.game.next_scene(),
            'PageUp': lambda _: lab.game.previous_scene(),
            'R': lambda _: lab.game.reveal(),
            'Shift-R': lambda _: lab.begin_again(),
            'P': lambda _: room.present(not room.presenting),
        }
        for number in range(10):
            self._bound[str(number)] = lambda _, number=number: lab.answer_number(number)
        for key, action in self._bound.items():
            viewer.bind_key(key, action, overwrite=True)

    def close(self) -> None:
        """Give the keys back. Idempotent."""
        for key in self._bound:
            self._viewer.bind_key(key, None)
        self._bound.clear()
