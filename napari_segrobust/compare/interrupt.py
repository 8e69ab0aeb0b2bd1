"""Give up a long comparison half-way: whoever waits for it says when, wherever the time is being spent."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _go_on() -> None:
    """Interrupt nothing."""


_asked: ContextVar[Callable[[], None]] = ContextVar('asked', default=_go_on)


@contextmanager
def interruptible(ask: Callable[[], None]) -> Iterator[None]:
    """Call `ask` every few milliseconds of a comparison in this thread; what it raises ends the comparison."""
    token = _asked.set(ask)
    try:
        yield
    finally:
        _asked.reset(token)


def checkpoint() -> None:
    """Ask whether to go on."""
    _asked.get()()
