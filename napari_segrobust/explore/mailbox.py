"""A mailbox with room for one: the newest request waits, older ones are forgotten."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar('T')


class Mailbox(Generic[T]):
    """Newest wins. `put` and `close` may be called from any thread; `take` and `newer` from the worker."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self._interrupted = False

    def put(self, item: T) -> None:
        """Leave a request; one that was waiting is replaced."""
        with self._condition:
            self._item = item
            self._interrupted = False
            self._condition.notify_all()

    def interrupt(self) -> None:
        """Let the worker give up what it does, with nothing to follow."""
        with self._condition:
            self._item = None
            self._interrupted = True
            self._condition.notify_all()

    def take(self, idle: Callable[[], bool] = lambda: False) -> T | None:
        """Wait for a request and take it; None when the mailbox was closed, or when `idle` says there is other work."""
        with self._condition:
            self._condition.wait_for(lambda: self._item is not None or self._closed or idle())
            item, self._item = self._item, None
            self._interrupted = False
            return None if self._closed else item

    def wake(self) -> None:
        """Ask `idle` again: other work has come."""
        with self._condition:
            self._condition.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the end has come."""
        return self._closed

    def newer(self, timeout: float = 0.0) -> bool:
        """Whether the work at hand should stop: a request waits, or it was interrupted, or the end has come.

        Waits up to `timeout` seconds for that.
        """
        with self._condition:
            return self._condition.wait_for(self._should_stop, timeout)

    def peek(self) -> T | None:
        """The waiting request, which stays."""
        with self._condition:
            return self._item

    @property
    def halted(self) -> bool:
        """Whether the work at hand was interrupted, or the end has come."""
        return self._closed or self._interrupted

    def _should_stop(self) -> bool:
        return self._item is not None or self._closed or self._interrupted

    def close(self) -> None:
        """Wake the worker for the last time."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
