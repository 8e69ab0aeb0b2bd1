"""A blinded trial: pairs of masks, one answer each, and nothing told before it is closed."""

from __future__ import annotations

from importlib.metadata import version
from itertools import combinations, product
from pathlib import Path
from random import Random
from secrets import randbits
from typing import TYPE_CHECKING, Any, ClassVar, Self

from psygnal import Signal
from pydantic import ValidationError

from napari_segrobust.errors import ReviewError, first_fault
from napari_segrobust.review.adjudication.decision import now
from napari_segrobust.review.adjudication.inputs import mask_hash
from napari_segrobust.review.adjudication.log import Log, broken, read
from napari_segrobust.review.adjudication.logged_work import LoggedWork
from napari_segrobust.review.trial.pair import QUESTIONS, Entrant, Pair, Verdict
from napari_segrobust.review.trial.tally import Tally, tallies

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.review.adjudication.log import Stored
    from napari_segrobust.review.trial.pair import Answer, Kind, Question

    Mask = NDArray[np.bool_]

#: What a log of a trial says it is about.
KIND = 'A/B trial'


class Trial(LoggedWork):
    """A trial in progress, over as many cases as are added, or one that is closed.

    Made by `open` or `read`; let go by `release`, or at the end of a ``with`` block. One thread at a time may call it.

    Attributes
    ----------
    path : Path
        Of the log.
    question : {'human', 'use'}
    judge : str
        Who answers now.
    seed : int
        Of the sides and the order of the pairs.
    pairs : list of Pair
        In the order in which they are asked.
    """

    _called = 'Trial'
    changed: ClassVar[Signal] = Signal()
    """A pair was added or answered, an answer was taken back, or the trial was closed."""

    def __init__(self, path: Path, stored: Stored) -> None:
        first = stored.first
        self.path = path
        self.pairs: list[Pair] = []
        self._verdicts: list[Verdict] = []
        self._closed = False
        try:
            self.question: Question = first['question']
            self.judge, self.seed = str(first['judge']), int(first['seed'])
            QUESTIONS[self.question]
        except (KeyError, TypeError, ValueError):
            raise broken(path.name, 1, 'leaves something out') from None
        for number, line in enumerate(stored.lines, start=2):
            try:
                self._take(line)
            except ValueError as error:
                raise broken(path.name, number, str(error)) from None

    @classmethod
    def open(cls, path: str | Path, *, question: Question, judge: str, seed: int | None = None) -> Self:
        """Begin a trial, or go on with the one in that file.

        Parameters
        ----------
        path : path-like
            Of the log.
        question : {'human', 'use'}
            Which of the two is human, or which the judge would use.
        judge : str
            Who answers from now on.
        seed : int, optional
            Drawn when None.

        Raises
        ------
        ReviewError
            No name, a trial of another question, a broken log, or one that another process works on.
        """
        judge, path = ' '.join(judge.split()), Path(path)
        if not judge:
            raise ReviewError('Nobody judges', 'the name is empty', 'Say who answers.')
        first = {
            'version': version('napari-segrobust'),
            'time': now(),
            'judge': judge,
            'question': question,
            'seed': randbits(32) if seed is None else seed,
            'model': 'hidden until closed',
        }
        log = Log.open(path, first, KIND)
        try:
            found = cls(path, log.stored)
            found._go_on(log, question, judge)
        except BaseException:
            log.release()
            raise
        return found

    def _go_on(self, log: Log, question: Question, judge: str) -> None:
        if self.question != question:
            why = f'{self.path.name} asks "{QUESTIONS[self.question]}"'
            raise ReviewError('Another question', why, 'Go on with that question, or choose another file.')
        self.judge = judge
        self._resume(log)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Look at a trial, whoever works on it.

        Raises
        ------
        ReviewError
            No such log, or a broken one.
        """
        path = Path(path)
        stored = read(path, KIND)
        if not stored.first:
            raise ReviewError('Log empty', f'{path.name} holds no whole line', 'Begin the trial again.')
        return cls(path, stored)

    # -- pairs --------------------------------------------------------------------------------------------------------

    def add_case(
        self,
        case: str,
        ones: Mapping[str, Mask],
        others: Mapping[str, Mask],
        kinds: tuple[Kind, Kind] = ('rater', 'model'),
    ) -> None:
        """Ask about the masks of one more case; pairs that are known already are not asked again.

        Parameters
        ----------
        case : str
            Content hash of the image.
        ones : mapping of str to ndarray of bool, shape ([Z,] Y, X)
            Masks by name.
        others : mapping of str to ndarray of bool, same shape
            What each of them is held against. Empty: each two of `ones`.
        kinds : (str, str)
            What both are: ``rater``, ``consensus`` or ``model``.

        Raises
        ------
        ReviewError
            It is closed, no two masks differ, or it is asked which of two masks is human and both or none are.
        """
        self._open_only()
        first, second = (
            [Entrant(name=name, kind=kind, mask=mask_hash(mask)) for name, mask in masks.items()]
            for masks, kind in zip((ones, others), kinds, strict=True)
        )
        chosen = list(product(first, second)) if second else list(combinations(first, 2))
        if self.question == 'human' and any(one.is_human == other.is_human for one, other in chosen):
            why = 'both masks of a pair are by people, or none is'
            raise ReviewError('Nothing to tell apart', why, 'Give the mask of a model, or ask which one to use.')
        drawn = [Pair.drawn(case, one, other, self.seed) for one, other in chosen if one.mask != other.mask]
        if not drawn:
            raise ReviewError('Nothing to compare', 'no two masks differ', 'Give masks that differ.')
        Random(f'{self.seed} {case}').shuffle(drawn)
        known = {pair.id for pair in self.pairs}
        for pair in drawn:
            if pair.id not in known:
                known.add(pair.id)
                self._write({'event': 'pair', **pair.model_dump(), **self._who()})
        self.changed.emit()

    def masks(self, pair: Pair, masks: Mapping[str, Mask]) -> tuple[Mask, Mask]:
        """A and B of a pair.

        Raises
        ------
        ReviewError
            A mask is not there, or not what it was.
        """
        for entrant in pair.sides:
            mask = masks.get(entrant.name)
            if mask is None or mask_hash(mask) != entrant.mask:
                why = 'a mask of this pair is not there' if mask is None else 'a mask of this pair has changed'
                raise ReviewError('Trial belongs to other masks', why, 'Load the masks it was begun with.')
        a, b = (masks[entrant.name] for entrant in pair.sides)
        return a, b

    # -- answers ------------------------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether names are told, and nothing more is accepted."""
        return self._closed

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """What stands, by pair: the last answer."""
        return {verdict.pair: verdict for verdict in self._verdicts}

    def open_pairs(self) -> list[Pair]:
        """Pairs without an answer."""
        answered = self.verdicts
        return [pair for pair in self.pairs if pair.id not in answered]

    def answer(self, pair: str, answer: Answer, *, seconds: float | None = None) -> Verdict:
        """Answer one pair. When this returns, the answer is on disk.

        Raises
        ------
        ReviewError
            It is closed, there is no such pair, or the answer is none.
        """
        self._open_only()
        if pair not in {known.id for known in self.pairs}:
            raise ReviewError('No such pair', pair, 'Choose one of the trial.')
        try:
            verdict = Verdict(
                pair=pair, answer=answer, seconds=None if seconds is None else round(seconds, 3), **self._who()
            )
        except ValidationError as error:
            raise ReviewError('Not an answer', first_fault(error), 'Answer it again.') from None
        self._write({'event': 'answer', **verdict.model_dump(exclude_none=True)})
        self.changed.emit()
        return verdict

    def undo(self) -> Verdict | None:
        """Take the last answer back, and say which; None when there is none."""
        self._open_only()
        if not self._verdicts:
            return None
        last = self._verdicts[-1]
        self._write({'event': 'undo', 'pair': last.pair, **self._who()})
        self.changed.emit()
        return last

    def close(self) -> tuple[Tally, ...]:
        """End it: from now on names are told."""
        self._open_only()
        self._write({'event': 'close', **self._who()})
        self.changed.emit()
        return self.results()

    def results(self) -> tuple[Tally, ...]:
        """Counts with their intervals.

        Raises
        ------
        ReviewError
            The trial is open: whoever knows the score answers otherwise.
        """
        if not self.closed:
            raise ReviewError('Trial still open', 'results would tell who is who', 'Close it first.')
        return tallies(self.question, self.pairs, {pair: verdict.answer for pair, verdict in self.verdicts.items()})

    # -- inside -------------------------------------------------------------------------------------------------------

    def _who(self) -> dict[str, str]:
        return {'judge': self.judge, 'time': now()}

    def _take(self, line: Mapping[str, Any]) -> None:
        rest = dict(line)
        event = rest.pop('event', None)
        if self._closed:
            raise ValueError('comes after the end')
        try:
            if event == 'pair':
                fields = {key: rest[key] for key in Pair.model_fields}
                self.pairs.append(Pair.model_validate(fields))
            elif event == 'answer':
                self._verdicts.append(Verdict.model_validate(rest))
            elif event == 'undo':
                if not self._verdicts or self._verdicts.pop().pair != rest.get('pair'):
                    raise ValueError('has nothing to undo')
            elif event == 'close':
                self._closed = True
            elif event != 'resume':
                raise ValueError(f'holds an unknown event, {event!r}')
        except KeyError as error:
            raise ValueError(f'leaves out {error}') from None
        except ValidationError as error:
            raise ValueError(f'holds nothing that fits ({first_fault(error)})') from None
