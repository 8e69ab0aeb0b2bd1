"""Work whose every step is in a log before the next one: one process at a time writes, and any may go on with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, Self

from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from napari_segrobust.review.adjudication.log import Log


class LoggedWork(ABC):
    """Work in progress, or work that is closed; let go by `release`, or at the end of a ``with`` block."""

    #: What a refusal calls it.
    _called: ClassVar[str]
    _log: Log | None = None

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether nothing more is accepted."""

    @abstractmethod
    def _who(self) -> dict[str, str]:
        """Who works now, and when: for a line of the log."""

    @abstractmethod
    def _take(self, line: Mapping[str, Any]) -> None:
        """Take one line: the same steps when it is written and when it is read again."""

    def release(self) -> None:
        """Let the file go, so that it can be resumed here or elsewhere."""
        if self._log is not None:
            self._log.release()
            self._log = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _resume(self, log: Log) -> None:
        """Work with this log from now on; that somebody goes on with it is written too."""
        self._log = log
        if not log.begun and not self.closed:
            torn = {'torn_bytes': log.stored.torn} if log.stored.torn else {}
            self._write({'event': 'resume', 'version': version('napari-segrobust'), **self._who(), **torn})

    def _open_only(self) -> None:
        if self.closed:
            raise ReviewError(f'{self._called} closed', 'nothing more is accepted', 'Begin another log.')
        if self._log is None:
            raise ReviewError(f'{self._called} not open', 'its log was let go', 'Open the log to go on.')

    def _write(self, line: dict[str, Any]) -> None:
        assert self._log is not None
        self._log.add(line)
        self._take(line)
