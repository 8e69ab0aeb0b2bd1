"""Moves the severity of the focused entry forth and back, no faster than the live loop answers."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from napari_segrobust.grid.film import ping_pong

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session

#: From the clean image to the strongest.
MAXIMUM = 5.0
STEP = 0.25
#: Frames a second, at most.
SPEEDS = {'slow': 3.0, 'normal': 8.0, 'fast': 25.0}


class Player(QObject):
    """Plays the sweep of one session. GUI thread.

    Parameters
    ----------
    session : Session

    Notes
    -----
    A step is taken when the picture of the step before is on the screen: nothing queues. Severities that were visited
    come from the cache of the live loop.
    """

    playing_changed = Signal(bool)
    #: Frames a second that are reached.
    rate_changed = Signal(float)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._forward = True
        self._seen: deque[float] = deque(maxlen=12)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        self.set_speed('normal')

    @property
    def is_playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    @staticmethod
    def severities() -> list[float]:
        """Severities of one way forth and back."""
        count = round(MAXIMUM / STEP) + 1
        return [number * STEP for number in ping_pong(count)]

    def set_speed(self, name: str) -> None:
        """Choose how many frames a second are shown at most."""
        self._timer.setInterval(round(1000 / SPEEDS[name]))

    def play(self, on: bool = True) -> None:
        """Begin, or pause."""
        on = on and self._session.state.focused is not None
        if on == self.is_playing:
            return
        self._seen.clear()
        if on:
            self._timer.start()
        else:
            self._timer.stop()
            self._session.history.commit()
        self.playing_changed.emit(on)

    def _advance(self) -> None:
        session = self._session
        entry = session.state.focused
        if entry is None or session.status.kind == 'failed':
            self.play(False)
            return
        shown = session.plane
        if shown is None or shown.request is not session.current or shown.provisional:
            return
        self._seen.append(time.perf_counter())
        if len(self._seen) > 1:
            self.rate_changed.emit((len(self._seen) - 1) / (self._seen[-1] - self._seen[0]))
        here = round(entry.severity / STEP)
        last = round(MAXIMUM / STEP)
        if not 0 <= here + (1 if self._forward else -1) <= last:
            self._forward = not self._forward
        there = min(max(here + (1 if self._forward else -1), 0), last)
        session.state.set_perturbation(session.state.focus, severity=there * STEP, enabled=True)
