"""One explorer: state, threads, results. It knows nothing of Qt; a window binds to its signals."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from psygnal import Signal

from napari_segrobust.explore.amend import carried, kept_prompts, used_hashes
from napari_segrobust.explore.cache import ByteCache
from napari_segrobust.explore.curves import Curves
from napari_segrobust.explore.desk import JobDesk
from napari_segrobust.explore.first_view import first_label, first_slice, same_image
from napari_segrobust.explore.history import History
from napari_segrobust.explore.model_loader import ModelLoader
from napari_segrobust.explore.resolve import Request, kind_of, resolve
from napari_segrobust.explore.state import ExploreState, Lane, Pin, Plane, clean
from napari_segrobust.explore.status import Status, idle_words
from napari_segrobust.explore.table import CLEAN, Row, rows
from napari_segrobust.explore.updates import (
    Answer,
    ExtrasUpdate,
    Failure,
    Notice,
    PlaneUpdate,
    Progress,
    Update,
    VolumeUpdate,
)
from napari_segrobust.explore.worker import ComputeThread, FileThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

logger = logging.getLogger(__name__)
#: The compute thread waits so long, at most, for a picture to be taken in before it makes the next.
TAKEN_SECONDS = 0.1
DEFAULT_METRICS = (
    'dice', 'nsd', 'hd95', 'hd', 'assd', 'iou', 'precision', 'recall',
    'volume_difference_ml', 'relative_volume_difference',
)  # fmt: skip


class Session:
    """The live loop of one window.

    Parameters
    ----------
    wake : callable, optional
        Called in another thread whenever something waits to be drained; it must only pass the word on.
    budget : int, optional
        Bytes of the cache.
    device : str
        For models loaded from now on.

    Notes
    -----
    Everything but the two threads' own work happens in the thread that calls `drain`: the GUI thread. Results
    cross by one queue. Two sessions in one process do not know of each other.
    """

    case_changed: ClassVar[Signal] = Signal(object)
    lanes_ready: ClassVar[Signal] = Signal()
    plane_ready: ClassVar[Signal] = Signal(PlaneUpdate)
    volume_ready: ClassVar[Signal] = Signal(VolumeUpdate)
    extras_ready: ClassVar[Signal] = Signal(ExtrasUpdate)
    #: The same image with more masks and targets than before; nothing of it is shown anew.
    case_amended: ClassVar[Signal] = Signal(object)
    status_changed: ClassVar[Signal] = Signal(Status)
    noticed: ClassVar[Signal] = Signal(str)
    requested: ClassVar[Signal] = Signal(Request)

    def __init__(
        self, wake: Callable[[], None] | None = None, *, budget: int | None = None, device: str = 'auto'
    ) -> None:
        self.state = ExploreState()
        self.history = History(self.state)
        self.curves = Curves()
        self.metrics: Sequence[str] = DEFAULT_METRICS
        self.case: Case | None = None
        self.models: dict[str, WindowSegmenter | WholeSegmenter] = {}
        self.device = device
        self.status = Status()
        self.plane: PlaneUpdate | None = None
        self.volume: VolumeUpdate | None = None
        self.extras: ExtrasUpdate | None = None
        self.paused = False
        self._request: Request | None = None
        self.complaint = ''
        self._wake = wake
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._taken = threading.Event()
        self._budget = budget
        self._compute = ComputeThread(self._answer, ByteCache(budget))
        self._files = FileThread()
        self.jobs = JobDesk(self, self._compute)
        self.loader = ModelLoader(self, self._files, self._compute)
        self._closed = False
        self.state.events.connect(self._on_state)

    # -- asking ---------------------------------------------------------------------------------------------

    def open_case(self, case: Case, lanes: Sequence[Lane] | None = None) -> None:
        """Show another case; results of the old one go. Perturbations stay, at severity 0 where the image is another.

        Parameters
        ----------
        case : Case
        lanes : sequence of Lane, optional
            Default: one lane for the first prediction that came with the case, if any.
        """
        stack = self.state.stack if self.case is None or same_image(self.case, case) else clean(self.state.stack)
        if self.case is not None and self.case.key == case.key:
            case = carried(self.case, case)
        self.jobs.clear()
        prompts = kept_prompts(self.case, case, self.state.prompts)
        self.case = case
        self.plane = self.volume = None
        self.curves.clear()
        lanes = [Lane(source=name, given=True) for name in case.predictions][:1] if lanes is None else lanes
        label = first_label(case)
        plane = Plane(axis=0, index=first_slice(case, label))
        with self.paused_requests():
            given = {'stack': stack, 'lanes': tuple(lanes), 'plane': plane, 'label': label}
            self.state.update({**given, 'reference': None, 'pin': None, 'prompts': prompts})
        self.history.clear()
        self.case_changed.emit(case)
        self.request()

    def load(self, job: Callable[[], Any], done: Callable[[Any], None], *, quiet: bool = False) -> None:
        """Run `job` in the file thread and `done(result)` in the thread that drains; failures reach the status.

        A `quiet` job leaves the status alone unless it fails.
        """
        if not quiet:
            self.set_status(Status('waiting', 'reading'))
        self._files.submit(
            job,
            lambda result: self.post(lambda: self._loaded(done, result)),
            lambda message: self.post(lambda: self.complain(message)),
        )

    def request(self) -> None:
        """Ask for what the state says. Called by itself at each change of state."""
        if self.case is None or self.paused or self._closed:
            return
        self.complaint = ''
        self.loader.load_missing()
        request = resolve(self.state, self.case, self.models, self.metrics)
        self._request = request
        if self.status.kind not in ('running', 'waiting'):
            self.set_status(Status('waiting', '', ms=self.status.ms, device=self.status.device))
        self._compute.submit(request)
        self.requested.emit(request)

    def amend(
        self, *, masks: Mapping[str, NDArray[Any]] | None = None, targets: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        """Give the open case masks that regions were drawn on, or images to lead towards, by content hash.

        What the state does not ask for, now or after undo, is dropped at the same time.
        """
        case = self.case
        if case is None:
            return
        used = used_hashes(self.history)
        kept = {key: mask for key, mask in case.drawn_masks.items() if key in used} | dict(masks or {})
        leading = {key: image for key, image in case.targets.items() if key in used} | dict(targets or {})
        self.case = case.amended(kept, leading)
        self.case_amended.emit(self.case)

    def cancel(self) -> None:
        """Stop at the next window; what is on the screen stays and is called stale. Jobs end."""
        self.jobs.clear()
        if self._request is None:
            return
        if self.settled:
            self.set_status(Status('idle', '', ms=self.status.ms, device=self.device_used()))
            return
        self._compute.cancel()
        shown = 'nothing' if self.plane is None else f'severity {self.plane.request.severity:g}'
        self.set_status(Status('stale', f'cancelled, belongs to {shown}'))

    def would_be(self, stack: tuple[Perturbation, ...]) -> Request | None:
        """What would be asked for with another stack; None without a case. It is not asked."""
        return None if self.case is None else resolve(self.state, self.case, self.models, self.metrics, stack)

    def set_device(self, device: str) -> None:
        """Load the models anew on another device."""
        if device == self.device:
            return
        self.device = device
        self.loader.forget_all()
        self.request()

    @property
    def current(self) -> Request | None:
        """The newest request."""
        return self._request

    def pin(self) -> None:
        """Freeze the present scenario as A; it becomes the baseline."""
        self.state.pin = Pin(stack=self.state.acting, lanes=self.state.lanes)

    def unpin(self) -> None:
        """Make the clean run the baseline again."""
        self.state.pin = None

    def reset(self) -> None:
        """Back to clean: every severity to 0; the stack stays."""
        self.state.stack = clean(self.state.stack)
        self.history.commit()

    @contextmanager
    def paused_requests(self) -> Iterator[None]:
        """Change several fields of the state, ask for nothing meanwhile."""
        self.paused = True
        try:
            yield
        finally:
            self.paused = False

    # -- answers --------------------------------------------------------------------------------------------

    def drain(self) -> int:
        """Take in what has come; how many answers. Call it once per frame in the GUI thread.

        Of several pictures of one plane the last is shown; the others leave their dot on the curve.
        """
        answers = []
        with suppress(queue.Empty):
            while True:
                answers.append(self._answers.get_nowait())
        self._taken.set()
        newest = next((answer for answer in reversed(answers) if isinstance(answer, PlaneUpdate)), None)
        for answer in answers:
            if isinstance(answer, PlaneUpdate) and answer is not newest:
                self._accept(answer, shown=False)
            else:
                self._take(answer)
        return len(answers)

    def wait(self, timeout: float = 60.0) -> bool:
        """Drain until the newest request has been answered in full or has failed; for scripts, not for windows.

        Returns
        -------
        bool
            False when `timeout` seconds passed first.
        """
        end = time.monotonic() + timeout
        while not (self.settled or self.status.kind == 'failed') or self.loader.loading:
            try:
                answer = self._answers.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return False
            self._take(answer)
        return True

    def is_current(self, request: Request) -> bool:
        """Whether results of `request` may be painted: case, lanes, stack order, seeds, context equal the state's."""
        return self.case is not None and request.kind == kind_of(self.state, self.case)

    @property
    def settled(self) -> bool:
        """Whether the newest request has been answered in full."""
        if self.loader.loading:
            return False
        return self._request is None or (self.volume is not None and self.volume.request is self._request)

    @property
    def baseline_name(self) -> str:
        """What the baseline is called."""
        return CLEAN if self.state.pin is None else 'A'

    def table(self, lane: int = 0) -> tuple[list[Row], bool]:
        """Rows for the state's scope and label, and whether they are pending (older than the state)."""
        update = self.plane if self.state.scope == 'slice' else self.volume
        if update is None or not self.is_current(update.request):
            return [], True
        view = next((v for v in update.lanes if v.index == lane), None)
        if view is None or view.provisional:
            return [], True
        pending = self._request is not None and update.request is not self._request
        return rows(view, self.state.label, self.metrics, self.baseline_name), pending

    def shutdown(self) -> bool:
        """Stop both threads and join them; idempotent. True when they are gone."""
        if not self._closed:
            self._closed = True
            self.state.events.disconnect(self._on_state)
        gone = self._compute.stop()
        self._request = self.plane = self.volume = self.extras = None
        self.models.clear()
        return self._files.stop() and gone

    # -- inside ---------------------------------------------------------------------------------------------

    def post(self, answer: Answer) -> None:
        """Have the GUI thread take an answer, or make a call, at its next frame. Any thread."""
        self._answers.put(answer)
        if self._wake is not None and not self._closed:
            self._wake()

    def _answer(self, update: Answer) -> None:
        """Pass an update on, in the compute thread; no faster than a window takes pictures in.

        The next picture would cover this one before it was seen, and take the time in which this one is drawn.
        """
        self._taken.clear()
        self.post(update)
        if isinstance(update, PlaneUpdate) and self._wake is not None and not self._closed:
            self._taken.wait(TAKEN_SECONDS)

    def _on_state(self, *_: object) -> None:
        self.request()

    def _take(self, answer: Answer) -> None:
        if isinstance(answer, PlaneUpdate | VolumeUpdate | ExtrasUpdate | Progress | Failure | Notice):
            self._accept(answer)
        else:
            answer()

    def _accept(self, answer: Update, shown: bool = True) -> None:
        request = answer.request
        if self._closed or not (isinstance(answer, Notice) or self.is_current(request)):
            return  # a notice is about a model, which another case or stack does not change
        if isinstance(answer, PlaneUpdate):
            self._accept_plane(answer, shown)
        elif isinstance(answer, VolumeUpdate):
            self.volume = answer
            self.curves.add(answer, 'volume')
            self.volume_ready.emit(answer)
            if request is self._request:
                words = request.wanted or ('' if self.loader.loading else idle_words(request))
                kind: Literal['idle', 'failed'] = 'failed' if self.complaint else 'idle'
                self.set_status(Status(kind, self.complaint or words, ms=self.status.ms, device=self.device_used()))
        elif isinstance(answer, ExtrasUpdate):
            self.extras = answer
            self.extras_ready.emit(answer)
        elif isinstance(answer, Progress):
            took = '' if self.status.ms is None else f'{self.status.ms:.0f} ms, '
            text = f'{took}{answer.done} of {answer.total} windows, {answer.device}'
            self.set_status(Status('running', text, answer.done, answer.total, self.status.ms, answer.device))
        elif isinstance(answer, Failure):
            self.set_status(Status('failed', answer.message, device=self.status.device))
        else:
            self.set_status(Status('running', answer.message, ms=self.status.ms, device=self.device_used()))
            self.noticed.emit(answer.message)
            if answer.anew:
                self.request()

    def _accept_plane(self, answer: PlaneUpdate, shown: bool) -> None:
        wanted = self._request.plane if self._request is not None else None
        found = answer.request.plane
        if wanted is None or found is None or (wanted.axis, wanted.index) != (found.axis, found.index):
            return
        if self.plane is not None and self.plane.request.serial > answer.request.serial:
            return
        self.curves.add(answer, 'slice')
        if not shown:
            return
        self.plane = answer
        self.set_status(Status('running', f'{answer.ms:.0f} ms', ms=answer.ms, device=self.device_used()))
        self.plane_ready.emit(answer)

    def complain(self, message: str) -> None:
        """Say what could not be read, and say it again when the request under way is done: it must not be missed."""
        self.complaint = message
        self.set_status(Status('failed', message))

    def device_used(self) -> str:
        """Device of the first model that is loaded."""
        return next((m.device for m in self.models.values()), 'cpu')

    def _loaded(self, done: Callable[[Any], None], result: Any) -> None:
        done(result)
        if self.status.kind == 'waiting' and not self.loader.loading and self._request is None:
            self.set_status(Status())

    def set_status(self, status: Status) -> None:
        """Say what is going on."""
        if status != self.status:
            self.status = status
            self.status_changed.emit(status)
