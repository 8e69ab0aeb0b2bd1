"""The chosen lane's model against the soft label of the raters, measured when the lane's result is final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust import pipeline
from napari_segrobust.errors import SegrobustError
from napari_segrobust.explore.inside_jobs import InsideJob
from napari_segrobust.judging import gather
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.maps import fraction_map
from napari_segrobust.review.soft import Reliability, reliability, soft_numbers

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.review import Agreement
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.walk import Walk

HIDDEN = 'Hidden until the adjudication closes.'
NO_MODEL = 'Choose a model or a prediction: it is measured here when its result is final.'
MOVED = 'The image is moved, and the masks of the raters are not: there is nothing to compare.'
PENDING = 'pending'


@dataclass(frozen=True, eq=False)
class SoftFound:
    """What was measured.

    Attributes
    ----------
    name : str
        Of the model, or of the mask that was given.
    numbers : mapping
        As `soft_numbers` gives them.
    reliability : Reliability or None
        In the region, or in the full array where there is none; None without probabilities.
    """

    name: str
    numbers: dict[str, Any]
    reliability: Reliability | None


class _ProbabilityJob(InsideJob):
    """The probability of one label; what the live loop has computed is not computed again."""

    words = 'probability'
    label = 0

    def work(self, engine: Engine) -> tuple[Any, int, int]:
        """Ask the run of the walk."""
        run = engine.run(self._walk)
        pipeline.advance(run)
        found = gather(self._walk, run, ['ece']).probability or {}  # type: ignore[arg-type]  # a model has channels
        return found.get(self.label), 1, 1


class SoftModel:
    """Asks for the numbers, once for each result. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    """

    #: The numbers are there, or cannot be had.
    changed: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._session = explorer, explorer.session
        self._job: _ProbabilityJob | None = None
        self._key: Hashable = None
        self._answer: NDArray[np.float32] | None = None
        self._refusal = ''

    def close(self) -> None:
        """Wait for nothing any more. Idempotent."""
        if self._job is not None:
            self._session.jobs.withdraw(self._job)
        self._job = self._key = self._answer = None

    def found(self) -> SoftFound | str:
        """The numbers, or in words why there are none yet."""
        review, lane = self._explorer.review, self._final()
        if review.model_hidden:
            return HIDDEN
        if review.agreement is None or lane is None:
            return NO_MODEL if not self._session.state.lanes else PENDING
        walk, view = lane
        if walk.frame:
            return MOVED
        key = (walk.label_key, review.label)
        if not self._is_known(key, walk, review.label):
            return self._refusal or PENDING
        label, probability = review.label, self._answer
        found = review.ask(('soft model', *key), lambda agreement: _measure(agreement, walk, view, label, probability))
        return PENDING if found is None else str(found) if isinstance(found, SegrobustError) else found

    def _final(self) -> tuple[Walk, LaneView] | None:
        """The chosen lane and its result, where that is whole and belongs to what is asked now."""
        session, lane = self._session, self._explorer.lane
        volume, asked = session.volume, session.current
        if volume is None or asked is None or not session.is_current(volume.request):
            return None
        now, then = (next((e.now for e in r.lanes if e.index == lane), None) for r in (asked, volume.request))
        view = next((view for view in volume.lanes if view.index == lane), None)
        if view is None or now is None or then is None or now.label_key != then.label_key:
            return None
        return then, view

    def _is_known(self, key: Hashable, walk: Walk, label: int) -> bool:
        """Whether the probability of a result is known, be it that there is none; it is asked for where it is not."""
        if key == self._key:
            return self._job is None and not self._refusal
        self.close()
        self._key, self._refusal = key, ''
        if walk.model is None or walk.model.spec.activation == 'none':
            return True
        self._job = _ProbabilityJob(self._session, walk, self._take, self._refuse)
        self._job.label = label
        self._session.jobs.submit(self._job)
        return False

    def _take(self, job: InsideJob, found: Any, _finished: bool) -> None:
        if job is self._job:
            self._job, self._answer = None, found
            self.changed.emit()

    def _refuse(self, message: str) -> None:
        self._job, self._refusal = None, message
        self.changed.emit()


def _measure(
    agreement: Agreement, walk: Walk, view: LaneView, label: int, probability: NDArray[np.float32] | None
) -> SoftFound:
    """Measure a result. File thread."""
    votes, region = agreement.votes, agreement.region
    box = None if region is None else region.box
    model = Drawn(walk.model_name, view.labels == label, view.valid)
    numbers = soft_numbers(votes, model, probability, box)
    bins = None
    if probability is not None:
        part = box or tuple(slice(None) for _ in votes.shape)
        soft = fraction_map(votes)[part]
        valid = soft == soft if view.valid is None else view.valid[part] & (soft == soft)
        bins = reliability(probability[part], soft, valid)
    return SoftFound(walk.model_name, numbers, bins)
