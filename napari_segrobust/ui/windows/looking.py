"""Looking through every window once: who asked, how far it has come, and whether it is still about the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal

from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.windows.jobs import Looked, LookJob

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer


class Looking:
    """Asks the network window by window in the compute thread. GUI thread.

    Parameters
    ----------
    explorer : Explorer
        With its `windows`.

    Notes
    -----
    As soon as the state is another one, what was found is forgotten and what is asked for is withdrawn.
    """

    #: What is known, or whether it is being asked.
    changed: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._session, self._lab = explorer.session, explorer.windows
        self._job: LookJob | None = None
        self._key: tuple[object, ...] | None = None
        self.looked: Looked | None = None
        self.message = ''
        self._links = Connections()
        self._links.add(self._lab.changed, self._follow)
        self._links.add(self._session.jobs.changed, self._on_jobs)

    def close(self) -> None:
        """Withdraw what was asked, and cut the connections. Idempotent."""
        self._links.close()
        self._forget()

    @property
    def is_busy(self) -> bool:
        """Whether the network is being asked."""
        return self._job is not None

    @property
    def is_ready(self) -> bool:
        """Whether it can be started: the windows are known, and their numbers are those of the state."""
        return self._lab.found is not None and not self._lab.is_pending and self._lab.final()[1] is not None

    def start(self) -> bool:
        """Ask all windows, those of the shown slice first; False where there is nothing to ask, or all is known."""
        if self.is_busy or not self.is_ready or (self.looked is not None and self.looked.whole is not None):
            return False
        lab, state = self._lab, self._session.state
        _, view = lab.final()
        key = self._key = lab.found.key
        self.message = ''
        self._job = LookJob(
            self._session,
            lab.walk,
            view,
            lab.found.table,
            state.label,
            state.plane,
            lambda looked: self._take(key, looked),
            lambda message: self._end(key, message),
        )
        self._session.jobs.submit(self._job)
        self.changed.emit()
        return True

    def stop(self) -> None:
        """Ask no further; what is known stays."""
        job, self._job = self._job, None
        if job is not None:
            self._session.jobs.withdraw(job)
            self.message = 'Stopped.'
            self.changed.emit()

    def _take(self, key: tuple[object, ...], looked: Looked) -> None:
        if key == self._key:
            self.looked = looked
            self.changed.emit()

    def _end(self, key: tuple[object, ...], message: str) -> None:
        if key == self._key:
            self._job, self.message = None, message
            self.changed.emit()

    def _follow(self) -> None:
        """Forget what belongs to another state."""
        if self._key is not None and (self._lab.is_pending or self._lab.found.key != self._key):
            self._forget()
            self.changed.emit()

    def _forget(self) -> None:
        job, self._job = self._job, None
        self.looked, self._key, self.message = None, None, ''
        if job is not None:
            self._session.jobs.withdraw(job)

    def _on_jobs(self) -> None:
        """Who cancels all jobs cancels this one."""
        if self._job is not None and self._job not in self._session.jobs:
            self._job, self.message = None, 'Stopped.'
            self.changed.emit()
