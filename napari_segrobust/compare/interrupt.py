"""Give up a long comparison or a network half-way: whoever waits for it says when, wherever the time is spent."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Interrupted(Exception):
    """What `ask` raises: nobody waits for the work any more. Whoever meets it on its way lets it pass."""


def _go_on() -> None:
    """Interrupt nothing."""


_asked: ContextVar[Callable[[], None]] = ContextVar('asked', default=_go_on)


@contextmanager
def interruptible(ask: Callable[[], None]) -> Iterator[None]:
    """Call `ask` every few milliseconds of the work in this thread; what it raises ends the work."""
    token = _asked.set(ask)
    try:
        yield
    finally:
        _asked.reset(token)


@contextmanager
def cancellable(cancel: Callable[[], bool]) -> Iterator[None]:
    """End the work in this thread with `Interrupted` once `cancel` answers True."""

    def ask() -> None:
        if cancel():
            raise Interrupted

    with interruptible(ask):
        yield


def checkpoint() -> None:
    """Ask whether to go on."""
    _asked.get()()
