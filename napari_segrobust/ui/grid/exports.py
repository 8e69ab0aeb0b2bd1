"""Figures and films of the grid, made in the background: the live loop answers, the file thread draws and writes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from napari.utils.notifications import show_info, show_warning
from psygnal import Signal

from napari_segrobust.errors import SegrobustError
from napari_segrobust.grid.figure import FigureStyle, save_figure
from napari_segrobust.grid.film import check_film, save_film
from napari_segrobust.grid.sweep import GridJob, Sweep, with_severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_segrobust.explore.session import Session
    from napari_segrobust.grid import Grid
    from napari_segrobust.perturb import Perturbation

FIGURES = 'Figures (*.png *.svg)'
FILMS = 'Films (*.mp4 *.gif *.webp)'


class GridExport:
    """Exports of one session's grid, one at a time. GUI thread.

    Parameters
    ----------
    session : Session
    """

    #: What is going on, units done, units in all; no words when nothing is.
    progressed: ClassVar[Signal] = Signal(str, int, int)
    #: A file is there.
    written: ClassVar[Signal] = Signal(object)

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stop = threading.Event()
        self._job: GridJob | None = None
        self.is_busy = False
        session.jobs.changed.connect(self._notice_end)

    def close(self) -> None:
        """Stop what is under way. Idempotent."""
        self._session.jobs.changed.disconnect(self._notice_end, missing_ok=True)
        self._stop.set()

    def cancel(self) -> None:
        """Stop, and write nothing."""
        self._stop.set()
        job, self._job = self._job, None
        if job is not None:
            self._session.jobs.withdraw(job)
            self._end()

    def figure(self, path: Path, grid: Grid, style: FigureStyle) -> bool:
        """Write one grid; False where something is under way."""
        if not self._begin('drawing the figure'):
            return False
        self._write(lambda: save_figure(path, grid, style))
        return True

    def film(
        self,
        path: Path,
        severities: Sequence[float],
        style: FigureStyle,
        limits: tuple[float, float],
        seconds: float = 0.15,
    ) -> bool:
        """Sweep the focused entry and write it as a film, forth and back; False where that cannot be begun."""
        session = self._session
        entry = session.state.focused
        if entry is None:
            show_warning('No film: there is no perturbation. Add one, and choose what it does.')
            return False
        try:
            check_film(path)
        except SegrobustError as error:
            show_warning(str(error))
            return False
        stacks = [_switched_on(session.state.acting, session.state.focus, severity) for severity in severities]
        requests = [request for stack in stacks if (request := session.would_be(stack)) is not None]
        if not requests or requests[0].plane is None or not self._begin('looking at every severity'):
            return False
        grids: list[Grid] = []
        title = entry.name.replace('_', ' ')

        def take(number: int, grid: Grid) -> None:
            grids.append(grid)
            session.post(lambda: took(number + 1))

        def took(done: int) -> None:
            if self._job is not job:
                return
            self.progressed.emit('looking at every severity', done, job.total)
            session.jobs.progress(job, done, job.total)
            if done == job.total:
                self._job = None
                session.jobs.finished(job)
                self._write(lambda: save_film(path, Sweep(tuple(grids), title), style, seconds=seconds, **watched))

        def drawn(done: int, total: int) -> None:
            session.post(lambda: self.progressed.emit('drawing frames', done, total) if self.is_busy else None)

        watched = {'cancel': self._stop.is_set, 'progress': drawn}
        job = GridJob(requests, take, self._failed, scope=session.state.scope, limits=limits)
        self._job = job
        session.jobs.submit(job)
        return True

    def _begin(self, words: str) -> bool:
        if self.is_busy:
            show_warning('One export at a time: cancel it, or wait for its end')
            return False
        self.is_busy = True
        self._stop.clear()
        self.progressed.emit(words, 0, 0)
        return True

    def _write(self, write: Callable[[], Path]) -> None:
        """Draw and write in the file thread; what goes wrong there is no failure of the live loop."""

        def attempt() -> Path | str:
            try:
                return write()
            except SegrobustError as error:
                return str(error)

        self._session.load(attempt, self._wrote, quiet=True)

    def _wrote(self, result: Path | str) -> None:
        stopped = self._stop.is_set()
        self._end()
        if isinstance(result, Path):
            show_info(f'Wrote {result.name}')
            self.written.emit(result)
        elif not stopped:
            show_warning(result)

    def _failed(self, message: str) -> None:
        if self._job is not None:
            job, self._job = self._job, None
            self._session.jobs.finished(job)
            self._end()
            show_warning(message)

    def _notice_end(self) -> None:
        """The job was withdrawn by who cancelled everything, or by another case."""
        if self._job is not None and self._job not in self._session.jobs:
            self._job = None
            self._end()

    def _end(self) -> None:
        self.is_busy = False
        self.progressed.emit('', 0, 0)


def _switched_on(stack: tuple[Perturbation, ...], focus: int, severity: float) -> tuple[Perturbation, ...]:
    """A sweep acts, also where its entry is switched off at the moment."""
    changed = with_severity(stack, focus, severity)
    return tuple(p.model_copy(update={'enabled': True}) if i == focus else p for i, p in enumerate(changed))
