"""Work that waits until the live loop has nothing to do, and gives way to it at any moment."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.engine import Engine


class Job(Protocol):
    """A piece of work in units: what is done stays done, whatever comes between.

    Attributes
    ----------
    case : Case
        The work is given up when another image is opened.
    words : str
        What the status line calls it.
    """

    case: Case
    words: str

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Do the next unit, in the compute thread; True when there is none left. `cancel` interrupts the unit."""

    def failed(self, message: str) -> None:
        """Say "what: why. remedy" of a unit that cannot be done; there is no further one. GUI thread."""


class Jobs:
    """Jobs in order. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()

    def put(self, job: Job) -> None:
        """Add a job behind the others."""
        with self._lock:
            self._waiting.append(job)

    def first(self) -> Job | None:
        """The job at hand, which stays."""
        with self._lock:
            return self._waiting[0] if self._waiting else None

    def drop(self, job: Job) -> None:
        """Take a job away, finished or not; it may be gone."""
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)

    def clear(self) -> list[Job]:
        """Take all away, and return them."""
        with self._lock:
            gone = list(self._waiting)
            self._waiting.clear()
            return gone
