"""One thread with a mailbox of one: the newest work is done, what it overtook is dropped."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_segrobust.ui.collector import collector

if TYPE_CHECKING:
    from collections.abc import Callable


class Latest(QObject):
    """Does work in a thread and hands what it gave to the GUI thread. GUI thread.

    Parameters
    ----------
    take : callable
        Called in the GUI thread with what the work gave. Work that raises raises there.
    """

    _finished = Signal(object)

    def __init__(self, take: Callable[[Any], object]) -> None:
        super().__init__()
        self._take = take
        self._pool = ThreadPoolExecutor(1, thread_name_prefix='pitfall lab')
        self._running: Future[Any] | None = None
        self._waiting: Callable[[], Any] | None = None
        self._closed = False
        collector().start(self)
        # Emitted by the thread, queued by Qt into the thread this object lives in.
        self._finished.connect(self._on_finished)

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._running is not None

    def ask(self, work: Callable[[], Any]) -> None:
        """Do this next, in place of what was waiting."""
        self._waiting = work
        if self._running is None:
            self._begin()

    def close(self) -> None:
        """Wait for the thread to end; nothing is handed over any more. Idempotent."""
        self._closed, self._waiting = True, None
        self._pool.shutdown(cancel_futures=True)
        collector().stop(self)

    def _begin(self) -> None:
        work, self._waiting = self._waiting, None
        if work is not None and not self._closed:
            self._running = self._pool.submit(work)
            self._running.add_done_callback(self._finished.emit)

    def _on_finished(self, done: Future[Any]) -> None:
        self._running = None
        self._begin()
        if not self._closed:
            self._take(done.result())
