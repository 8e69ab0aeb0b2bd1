"""A trial in progress: the pair in hand, and what becomes of an answer. GUI thread."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from napari_segrobust.errors import ReviewError, SegrobustError
from napari_segrobust.review.trial import Trial
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.log_work import LogWork
from napari_segrobust.ui.review.models import model_labels
from napari_segrobust.ui.review.trial.canvas import PairLayers

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.review.trial import Answer, Pair, Question
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.review.trial.canvas import Side

    Mask = NDArray[np.bool_]
    Shown = dict[str, tuple[Mask, Mask]]

#: What is held against what, by the word for it.
AGAINST_MODEL, MAJORITY, EACH_OTHER = 'each rater against the model', 'majority against the model', 'raters in pairs'
_CONSENSUS = 'majority of the raters'
_SIDES: tuple[Side, ...] = ('both', 'A', 'B')


class TrialWork(LogWork):
    """The trial of one explorer, if there is one.

    Parameters
    ----------
    explorer : Explorer

    Attributes
    ----------
    trial : Trial or None
    pair : Pair or None
        The one in hand.
    side : {'both', 'A', 'B'}
        What is drawn of it.
    """

    ending = '.trial.jsonl'

    def __init__(self, explorer: Explorer) -> None:
        super().__init__(explorer)
        self._layers = PairLayers(explorer)
        self.trial: Trial | None = None
        self.pair: Pair | None = None
        self.side: Side = 'both'
        #: A and B of each pair of the open case whose masks are there.
        self._shown: Shown = {}
        self._since = 0.0
        self._links = Connections()
        self._links.add(self._session.case_changed, self._on_case, priority=2)

    def shutdown(self) -> None:
        """Let the log go, and take away what is drawn. Idempotent."""
        self._links.close()
        self._layers.close()
        self._release()

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a trial takes answers."""
        return self.trial is not None and not self.trial.closed

    @property
    def can_answer(self) -> bool:
        """Whether a key would answer the pair in hand."""
        return self.is_open and self.pair is not None and not self._busy

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be held against what: with a model, and without."""
        if self._review.agreement is None:
            return ()
        models = model_labels(self._explorer)
        return (AGAINST_MODEL, MAJORITY, EACH_OTHER) if models else (EACH_OTHER,)

    @property
    def progress(self) -> tuple[int, int]:
        """Answers, and pairs."""
        return (0, 0) if self.trial is None else (len(self.trial.verdicts), len(self.trial.pairs))

    # -- beginning and ending -----------------------------------------------------------------------------------------

    def begin(self, path: Path, judge: str, question: Question, against: str) -> None:
        """Begin a trial in the file thread, or go on with the one in that file, with the masks of the open case.

        Of one that is closed the results are shown again.
        """
        review, case = self._review, self._session.case
        agreement = review.agreement
        if agreement is None or case is None or self.is_open:
            return
        labels, label = model_labels(self._explorer), review.label

        def job() -> tuple[Trial, Shown]:
            raters = dict(zip(agreement.votes.names, agreement.votes.masks, strict=True))
            majority = {_CONSENSUS: agreement.consensus('majority').mask(agreement.votes)}
            models = {name: mask == label for name, mask in labels.items()}
            trial = Trial.open(path, question=question, judge=judge)
            try:
                if trial.closed:
                    return trial, {}
                if against == MAJORITY:
                    trial.add_case(case.key, majority, models, ('consensus', 'model'))
                elif against == AGAINST_MODEL:
                    trial.add_case(case.key, raters, models)
                else:
                    trial.add_case(case.key, raters, {})
            except BaseException:
                trial.release()
                raise
            return trial, _shown(trial, case.key, {**raters, **majority, **models})

        def done(found: tuple[Trial, Shown]) -> None:
            trial, shown = found
            if review.agreement is not agreement:
                trial.release()
                return
            self._release()
            self.trial, self._shown = trial, shown
            if trial.closed:
                return
            count = len(trial.verdicts)
            self.said = f'Resumed with {count} answer{"" if count == 1 else "s"}.' if count else ''
            if review.blinding is None:
                review.blind({})
            self._go()

        self._ask(job, done)

    def close(self) -> None:
        """End it for good: results and names are shown."""
        trial = self.trial
        if trial is not None and self.is_open:
            self._ask(trial.close, lambda _: self._told())

    def leave(self) -> None:
        """Let the log go: it can be gone on with another time, with this case or with another one."""
        self._release()
        self.changed.emit()

    def _told(self) -> None:
        self.said, self.pair = '', None
        self._layers.hide()
        self._unblind()

    # -- one pair after another ---------------------------------------------------------------------------------------

    def answer(self, answer: Answer) -> None:
        """Answer the pair in hand, and show the next."""
        if self.trial is None or self.pair is None or not self.can_answer:
            return
        try:
            self.trial.answer(self.pair.id, answer, seconds=time.monotonic() - self._since)
        except SegrobustError as error:
            self._say(str(error))
            return
        self.said = ''
        self._go()

    def undo(self) -> None:
        """Take the last answer back, and show its pair again where it is of this case."""
        if self.trial is None or not self.is_open or self._busy:
            return
        try:
            taken = self.trial.undo()
        except SegrobustError as error:
            self._say(str(error))
            return
        self.said = 'Nothing to undo.' if taken is None else 'Answer taken back.'
        self._go()

    def flicker(self) -> None:
        """Draw both, then A alone, then B alone."""
        if self.pair is not None:
            self.side = _SIDES[(_SIDES.index(self.side) + 1) % len(_SIDES)]
            self._layers.show_side(self.side)
            self.changed.emit()

    def hide(self) -> None:
        """Draw nothing: another page is seen."""
        self._layers.hide()

    def show(self) -> None:
        """Draw the pair in hand again."""
        if self.pair is not None and not self._layers.is_shown:
            self._draw()

    def _go(self) -> None:
        """Take the next pair of this case in hand that nobody has answered."""
        trial = self.trial
        waiting = [] if trial is None else [pair for pair in trial.open_pairs() if pair.id in self._shown]
        self.pair, self.side, self._since = (waiting[0] if waiting else None), 'both', time.monotonic()
        if self.pair is None:
            self._layers.hide()
            self.said = self.said or 'All pairs of this case are answered. Go on with another case, or close the trial.'
        else:
            self._draw()
        self.changed.emit()

    def _draw(self) -> None:
        if self.pair is not None:
            self._layers.fly(self._shown[self.pair.id])

    # -- inside -------------------------------------------------------------------------------------------------------

    def _release(self) -> None:
        trial, self.trial, self.pair, self.said = self.trial, None, None, ''
        self._layers.hide()
        if trial is not None:
            trial.release()
            self._unblind()

    def _unblind(self) -> None:
        """Names again, unless an adjudication hides them."""
        self._review.adjudicate(self._review.adjudication)

    def _on_case(self, *_: object) -> None:
        self._release()
        self._busy = False
        self.changed.emit()


def _shown(trial: Trial, case: str, masks: dict[str, Mask]) -> Shown:
    """A and B of the pairs of a case; pairs of masks that have changed since are left out."""
    found: Shown = {}
    for pair in trial.pairs:
        if pair.case == case:
            with suppress(ReviewError):
                found[pair.id] = trial.masks(pair, masks)
    return found
