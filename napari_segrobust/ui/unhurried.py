"""Full garbage collections wait until nobody is watching a picture move.

One takes a third of a second with napari and torch loaded, whichever thread it falls into, and the window stands still.
Young objects are collected as ever.
"""

from __future__ import annotations

import gc
import time

from qtpy.QtCore import QObject, QTimer

#: How long nothing must have been asked.
CALM_MS = 1000
#: Full collections never wait longer than this in all: a drag that does not end must not fill the memory.
LONGEST_SECONDS = 60.0
_NEVER = 2**31 - 1


class Unhurried(QObject):
    """Puts full collections off from `hurry` until it was not called for a while. GUI thread.

    Several in one process agree: each leaves the threshold that it found, and one that finds it raised leaves it alone.

    Parameters
    ----------
    parent : QObject, optional
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._usual: int | None = None
        self._since = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(CALM_MS)
        self._timer.timeout.connect(self.release)

    def hurry(self, *_: object) -> None:
        """Put full collections off for a while."""
        young, middle, old = gc.get_threshold()
        if self._usual is None and old != _NEVER:
            self._usual, self._since = old, time.monotonic()
            gc.set_threshold(young, middle, _NEVER)
        if self._usual is not None and time.monotonic() - self._since > LONGEST_SECONDS:
            self.release()
        else:
            self._timer.start()

    def release(self) -> None:
        """Let full collections come again. Idempotent."""
        self._timer.stop()
        if self._usual is not None:
            young, middle, _ = gc.get_threshold()
            gc.set_threshold(young, middle, self._usual)
            self._usual = None
