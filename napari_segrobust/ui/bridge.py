"""Between a session and Qt: results wake the GUI thread, which takes them in at most once per frame."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

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
        self._canvas: QWidget | None = None
        self._frame_timer = self._single_shot(self._frame)
        self._draw_timer = self._single_shot(self._draw)
        self._last = -math.inf
        # The worker emits, Qt queues the call into the thread this object lives in.
        self._woken.connect(self._schedule)

    def spare(self, canvas: QWidget) -> None:
        """Have `hold` put off the draw of this widget."""
        self._canvas = canvas

    def hold(self, *_: object) -> None:
        """Draw the canvas a moment after this frame, not with it: a picture is about to be painted.

        Taking a result in and drawing it take about 10 and 30 ms in software OpenGL. Qt would do both in one go; with a
        moment between them the window listens to hand and mouse in half the time.
        """
        self._let_draw(False)
        # Not 0: Qt queues what is due at once before the events of hand and mouse.
        self._draw_timer.start(1)

    def wake(self) -> None:
        """Ask for a frame. Any thread."""
        self._woken.emit()

    def stop(self) -> None:
        """No more frames. Idempotent, also when Qt has gone first."""
        self._stopped = True
        if isalive(self._frame_timer):
            self._frame_timer.stop()
        self._draw()

    def _single_shot(self, call: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(call)
        return timer

    def _schedule(self) -> None:
        if not self._stopped and not self._frame_timer.isActive():
            rest_ms = FRAME_MS - 1000 * (time.perf_counter() - self._last)
            self._frame_timer.start(math.ceil(max(rest_ms, 0.0)))

    def _frame(self) -> None:
        self._last = time.perf_counter()
        self._on_frame()

    def _draw(self) -> None:
        self._let_draw(True)

    def _let_draw(self, on: bool) -> None:
        if self._canvas is not None and isalive(self._canvas):
            self._canvas.setUpdatesEnabled(on)
