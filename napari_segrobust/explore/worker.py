"""The two threads of the explorer: one computes, one reads files and models."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.engine import Engine
from napari_segrobust.explore.jobs import Jobs
from napari_segrobust.explore.mailbox import Mailbox
from napari_segrobust.explore.memory import give_back, give_back_devices, give_back_models
from napari_segrobust.explore.updates import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_segrobust.explore.cache import ByteCache
    from napari_segrobust.explore.jobs import Job
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.updates import Answer

logger = logging.getLogger(__name__)
#: How long `stop` waits, at most: for a layer of a network, and for a file that is being read.
COMPUTE_JOIN_SECONDS, FILE_JOIN_SECONDS = 2.0, 10.0


class ComputeThread:
    """One thread with a mailbox of one: the newest request wins.

    Parameters
    ----------
    emit : callable
        Told every update, in this thread.
    cache : ByteCache
    """

    def __init__(self, emit: Callable[[Answer], None], cache: ByteCache) -> None:
        self._mailbox: Mailbox[Request] = Mailbox()
        self._jobs = Jobs()
        self._emit = emit
        self._engine = Engine(emit, self._mailbox, cache)
        self._forgotten: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name='segrobust-compute', daemon=True)
        self._started = False

    def submit(self, request: Request) -> None:
        """Ask for something; what was waiting is forgotten. Any thread."""
        if not self._started:
            self._started = True
            self._thread.start()
        self._mailbox.put(request)

    def submit_job(self, job: Job) -> None:
        """Do this while no request waits. Any thread."""
        self._jobs.put(job)
        if self._started:
            self._mailbox.wake()
        else:
            self._started = True
            self._thread.start()

    def drop_job(self, job: Job) -> None:
        """Forget one job; it may be gone."""
        self._jobs.drop(job)

    def drop_jobs(self) -> list[Job]:
        """Forget all jobs, and return them; the unit under way ends where it is interrupted next."""
        return self._jobs.clear()

    def forget(self, model_keys: Sequence[str]) -> None:
        """Hold nothing of these models any more, and give their memory back. Any thread."""
        for key in model_keys:
            self._forgotten.put(key)
        if self._started:
            self._mailbox.wake()

    def cancel(self) -> None:
        """Stop at the network's next layer; the thread stays."""
        self._mailbox.interrupt()

    def stop(self) -> bool:
        """Stop at the network's next layer and join; True when the thread is gone.

        TorchScript cannot be interrupted inside a window, and who closes a viewer waits for this: after two seconds the
        thread is left to itself. It is a daemon, and what it still computes is thrown away.
        """
        self._mailbox.close()
        if self._started:
            self._thread.join(COMPUTE_JOIN_SECONDS)
        if self._thread.is_alive():
            return False
        self._engine.cache.clear()
        give_back_devices()
        return True

    def _work(self) -> None:
        while True:
            request = self._mailbox.take(lambda: self._jobs.first() is not None or not self._forgotten.empty())
            if self._mailbox.closed:
                return
            self._forget()
            if request is None:
                self._work_on_job()
                continue
            try:
                self._engine.answer(request)
            except Exception as error:  # the end of the thread would be a frozen window
                # Say it, keep the traceback in the log, go on.
                logger.exception('request %d failed', request.serial)
                self._emit(Failure(request, _said('Unexpected failure', error)))
            if not self._mailbox.newer():
                give_back()

    def _forget(self) -> None:
        if self._forgotten.empty():
            return
        while not self._forgotten.empty():
            self._engine.forget(self._forgotten.get())
        self._emit(give_back_models)  # for the GUI thread: who collects destroys what is found, also what is Qt's

    def _work_on_job(self) -> None:
        """Do one unit of the first job; a request that comes meanwhile interrupts it, and it is done again."""
        job = self._jobs.first()
        if job is None:
            return

        def given_up() -> bool:
            return self._mailbox.newer() or self._jobs.first() is not job

        try:
            finished = self._engine.work(job, given_up)
        except Interrupted:
            return
        except SegrobustError as error:
            self._fail(job, str(error))
        except Exception as error:  # as of a request: a job must not be able to end the thread
            logger.exception('%s failed', job.words)
            self._fail(job, _said('Unexpected failure', error))
        else:
            if finished:
                self._jobs.drop(job)

    def _fail(self, job: Job, message: str) -> None:
        self._jobs.drop(job)
        self._emit(lambda: job.failed(message))


class FileThread:
    """Runs what waits for disks: one job after the other, each answered by a callback in this thread."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name='segrobust-files', daemon=True)
        self._started = False
        self._stopped = False

    def submit(self, job: Callable[[], object], done: Callable[[object], None], failed: Callable[[str], None]) -> None:
        """Run `job`, then `done(result)` or `failed("what: why. remedy")`."""

        def attempt() -> None:
            try:
                result = job()
            except SegrobustError as error:
                failed(str(error))
            except Exception as error:  # as in the compute thread: a file must not be able to end it
                logger.exception('reading failed')
                failed(_said('Reading failed', error))
            else:
                done(result)

        if not self._started:
            self._started = True
            self._thread.start()
        self._jobs.put(attempt)

    def stop(self) -> bool:
        """Finish the job at hand, forget the others, and join; True when the thread is gone."""
        self._stopped = True
        self._jobs.put(None)
        if self._started:
            self._thread.join(FILE_JOIN_SECONDS)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not self._stopped:
                job()
            del job  # what it holds may be of a window that closes before the next one comes


def _said(what: str, error: Exception) -> str:
    """One line for a person of what nobody foresaw; its traceback is in the log."""
    return str(SegrobustError(what, f'{type(error).__name__}: {error}', 'See the log.'))
