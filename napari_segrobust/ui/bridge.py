"""Between a session and Qt: results wake the GUI thread, which takes them in at most once per frame."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

#: 60 frames a second: more cannot be seen.
FRAME_MS = 16


class FrameClock(QObject):
    """Calls `on_frame` in the GUI thread soon after `wake`, however often and from wherever that was called.

    Parameters
    ----------
    on_frame : callable
    parent : QObject, optional
    """

    _woken = Signal()

    def __init__(self, on_frame: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._on_frame = on_frame
        self._stopped = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._frame)
        self._last = -math.inf
        # The worker emits, Qt queues the call into the thread this object lives in.
        self._woken.connect(self._schedule)

    def wake(self) -> None:
        """Ask for a frame. Any thread."""
        self._woken.emit()

    def stop(self) -> None:
        """No more frames. Idempotent, also when Qt has gone first."""
        self._stopped = True
        if isalive(self._timer):
            self._timer.stop()

    def _schedule(self) -> None:
        if not self._stopped and not self._timer.isActive():
            rest_ms = FRAME_MS - 1000 * (time.perf_counter() - self._last)
            self._timer.start(math.ceil(max(rest_ms, 0.0)))

    def _frame(self) -> None:
        self._last = time.perf_counter()
        self._on_frame()
