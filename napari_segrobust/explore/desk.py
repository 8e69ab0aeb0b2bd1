"""The jobs of one session, as the GUI thread sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal

from napari_segrobust.explore.status import Status

if TYPE_CHECKING:
    from napari_segrobust.explore.jobs import Job
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.worker import ComputeThread


class JobDesk:
    """Hands jobs to the compute thread, which does them while it has nothing else to do. GUI thread.

    Parameters
    ----------
    session : Session
    compute : ComputeThread
    """

    #: A job came, ended, or was withdrawn.
    changed: ClassVar[Signal] = Signal()

    def __init__(self, session: Session, compute: ComputeThread) -> None:
        self._session = session
        self._compute = compute
        self._known: list[Job] = []

    def __contains__(self, job: object) -> bool:
        """Whether a job was submitted and has not ended."""
        return job in self._known

    @property
    def is_idle(self) -> bool:
        """Whether there is no job."""
        return not self._known

    def submit(self, job: Job) -> None:
        """Have a job done after those before it; `Session.cancel` ends it."""
        self._known.append(job)
        self._compute.submit_job(job)
        self.changed.emit()

    def withdraw(self, job: Job) -> None:
        """Have a job done no further."""
        self._compute.drop_job(job)
        self.finished(job)

    def finished(self, job: Job) -> None:
        """Say that a job has told everything."""
        if job in self._known:
            self._known.remove(job)
            session = self._session
            if session.status.kind == 'running' and session.settled:
                session.set_status(Status('idle', '', ms=session.status.ms, device=session.device_used()))
            self.changed.emit()

    def progress(self, job: Job, done: int, total: int) -> None:
        """Show in the status how far a job has come; the live loop's own words come first."""
        session = self._session
        if job in self._known and session.settled:
            words = f'{job.words}, {done} of {total}'
            session.set_status(Status('running', words, done, total, session.status.ms, session.device_used()))

    def clear(self) -> None:
        """Withdraw all jobs."""
        self._compute.drop_jobs()
        if self._known:
            self._known.clear()
            self.changed.emit()
