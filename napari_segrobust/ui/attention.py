"""While pictures move, the GUI thread comes first: what would make the window stand still waits, or gives way sooner.

A full garbage collection takes a third of a second with napari and torch loaded, whichever thread it falls into. And a
thread that computes keeps the interpreter for 5 ms at a time, several times in one picture.
"""

from __future__ import annotations

import gc
import sys
import time

from qtpy.QtCore import QObject, QTimer, Signal

#: How long nothing must have been asked.
CALM_MS = 1000
#: Full collections never wait longer than this in all: a drag that does not end must not fill the memory.
LONGEST_SECONDS = 60.0
_NEVER = 2**31 - 1
_SWITCH_SECONDS = 0.001


class Attention(QObject):
    """Pays attention to the GUI thread from `pay` until that was not called for a while. GUI thread.

    Several in one process agree: each gives back the settings that it found, and one that finds them changed leaves
    them alone.

    Parameters
    ----------
    parent : QObject, optional
    """

    #: Nothing was asked for a while.
    calmed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._usual: tuple[int, float] | None = None
        self._since = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(CALM_MS)
        self._timer.timeout.connect(self._on_calm)

    def pay(self, *_: object) -> None:
        """Let full collections wait for a while, and other threads give way sooner."""
        young, middle, old = gc.get_threshold()
        if self._usual is None and old != _NEVER:
            self._usual, self._since = (old, sys.getswitchinterval()), time.monotonic()
            gc.set_threshold(young, middle, _NEVER)
            sys.setswitchinterval(_SWITCH_SECONDS)
        if self._usual is not None and time.monotonic() - self._since > LONGEST_SECONDS:
            self.release()
        else:
            self._timer.start()

    def _on_calm(self) -> None:
        self.release()
        self.calmed.emit()

    def release(self) -> None:
        """Everything as it was found. Idempotent."""
        self._timer.stop()
        if self._usual is not None:
            young, middle, _ = gc.get_threshold()
            old, switch = self._usual
            gc.set_threshold(young, middle, old)
            sys.setswitchinterval(switch)
            self._usual = None
