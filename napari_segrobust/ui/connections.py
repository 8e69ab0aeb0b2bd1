"""Connections kept in one list, so that all can be cut: a closed window must not be called again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Connections:
    """Connects signals of psygnal, napari or Qt to callbacks, and cuts them all at once."""

    def __init__(self) -> None:
        self._made: list[tuple[Any, Callable[..., object]]] = []
        self._cut = False

    def add(self, signal: Any, callback: Callable[..., object], **how: Any) -> None:
        """Connect `callback` to anything with ``connect`` and ``disconnect``; `how` is what ``connect`` takes."""
        signal.connect(callback, **how)
        self._made.append((signal, callback))

    def until_cut(self, callback: Callable[..., object]) -> Callable[..., None]:
        """`callback`, but nothing once all are cut: for answers of a thread that come after the window has gone."""

        def call(*answers: object) -> None:
            if not self._cut:
                callback(*answers)

        return call

    def close(self) -> None:
        """Cut every connection, for good; idempotent."""
        self._cut = True
        while self._made:
            signal, callback = self._made.pop()
            signal.disconnect(callback)
