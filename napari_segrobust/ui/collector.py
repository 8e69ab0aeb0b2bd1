"""Garbage is collected in the GUI thread, and there alone.

Python collects in whichever thread happens to allocate. What a thread that computes finds may hold Qt objects of a
window that was closed: to destroy one Qt takes its own lock, while the thread holds the interpreter's. The GUI thread
may hold the first and wait for the second, and then both stand still for ever.

What has survived a full collection is set aside until the next one: napari collects whenever a layer goes, and to look
through all of napari and torch takes half a second each time.
"""

from __future__ import annotations

import gc
import weakref

from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QApplication

INTERVAL_MS = 100
#: Python looks through everything when what is new has grown to this part of what stayed the last time.
_NEW_PART = 0.25


class Collector(QObject):
    """Collects in place of Python, by Python's own thresholds, from the first `start` to the last `stop`. GUI thread.

    Where something else has taken collecting over already, it is left to that.

    Parameters
    ----------
    parent : QObject
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._users: weakref.WeakSet[object] = weakref.WeakSet()
        self._new = 0
        self._has_set_aside = False
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect)

    @property
    def is_on(self) -> bool:
        """Whether it collects in place of Python."""
        return self._timer.isActive()

    def start(self, user: object) -> None:
        """Collect while `user` needs it."""
        self._users.add(user)
        if gc.isenabled():
            gc.disable()
            self._timer.start()

    def stop(self, user: object) -> None:
        """`user` needs it no more, and what it held can go. Idempotent."""
        self._users.discard(user)
        self.take_back()
        if not self._users and self.is_on:
            self._timer.stop()
            gc.enable()

    def settle(self) -> None:
        """Set aside what lives, where much is not yet: for a moment in which nobody minds half a second."""
        is_aside = self._has_set_aside and gc.get_freeze_count() > 0
        if self.is_on and not (is_aside and self._new < _NEW_PART * gc.get_freeze_count()):
            self._look_through_everything()

    def take_back(self) -> None:
        """Set nothing aside any more: what goes next gives its memory back at once, however old it is."""
        if self._has_set_aside:
            self._has_set_aside = False
            gc.unfreeze()

    def collect(self) -> None:
        """Collect what Python would collect now."""
        young, middle, old = gc.get_threshold()
        counts = gc.get_count()
        if not 0 < young < counts[0]:
            return
        # Counted, not listed: `gc.get_objects` would hold tuples that another thread still makes, which breaks them.
        self._new += counts[0]
        if counts[1] <= middle:
            self._new -= gc.collect(0)
        elif counts[2] > old > 0 and self._new >= _NEW_PART * gc.get_freeze_count():
            self._look_through_everything()
        else:
            self._new -= gc.collect(1)

    def _look_through_everything(self) -> None:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._has_set_aside, self._new = True, 0


def collector() -> Collector:
    """The one of this process. GUI thread."""
    application = QApplication.instance()
    return application.findChild(Collector) or Collector(application)
