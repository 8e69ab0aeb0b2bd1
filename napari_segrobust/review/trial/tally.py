"""Answers of a trial as counts, and how far they are from chance.

Answers on one case hang together, so each case counts once, by the mask that was chosen more often there. Cases in
which neither was are told and not counted: split between the two they would pull every share towards a half.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from napari_segrobust.review.marks import is_simulated
from napari_segrobust.review.trial.pair import NEITHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_segrobust.review.trial.pair import Answer, Pair, Question

LEVEL = 0.95
#: By question: what was done to a mask, and what an interval that holds chance shows.
_WORDS: dict[Question, tuple[str, str]] = {
    'human': ("taken for the human's", 'This shows neither that they can be told apart nor that they cannot'),
    'use': ('preferred', 'This shows neither a preference nor that there is none'),
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How often one of two was chosen.

    Attributes
    ----------
    question : {'human', 'use'}
    one, other : str
        Whose masks: "the human's" and "the model's", or the names of two raters.
    answers : dict of str to int
        Pairs by answer: ``one``, ``other``, and the answers that choose neither.
    cases : int
        With an answer.
    decided : int
        Of these, cases in which one of the two was chosen more often.
    chosen : int
        Of the decided, cases in which that was `one`.
    low, high : float or None
        Ends of the exact 95 % interval of ``chosen / decided``; None where no case is decided.
    """

    question: Question
    one: str
    other: str
    answers: dict[str, int]
    cases: int
    decided: int
    chosen: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """Share of the decided cases in which `one` was chosen."""
        return self.chosen / self.decided if self.decided else None

    @property
    def words(self) -> str:
        """What the answers show, and no more."""
        act, nothing = _WORDS[self.question]
        left = self.cases - self.decided
        said = [] if not left else [f'{_cases(left)} without a choice, not counted']
        if self.share is None or self.low is None or self.high is None:
            return '. '.join([f'{self.one} against {self.other}: no share, no interval', *said])
        said.insert(
            0,
            f'{self.one} against {self.other}: {self.chosen} of {_cases(self.decided)} {act}: '
            f'{100 * self.share:.0f} %, 95 % interval {100 * self.low:.0f} to {100 * self.high:.0f} %; chance is 50 %',
        )
        return '. '.join([*said, *([nothing] if self.low <= 0.5 <= self.high else [])])

    @property
    def counted(self) -> str:
        """How many answers there were of each kind, over all pairs."""
        titles = {'one': self.one, 'other': self.other}
        parts = [f'{count} {titles.get(key, key.replace("_", " "))}' for key, count in self.answers.items()]
        return f'{sum(self.answers.values())} answers: {", ".join(parts)}'

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {**asdict(self), 'share': self.share, 'words': self.words}


def tallies(question: Question, pairs: Iterable[Pair], answers: Mapping[str, Answer]) -> tuple[Tally, ...]:
    """Count the answers.

    Parameters
    ----------
    question : {'human', 'use'}
    pairs : iterable of Pair
    answers : mapping of str to str
        By id of the pair; pairs without an answer are left out.

    Returns
    -------
    tuple of Tally
        One for all pairs of a human and a model, and one for each two that are of one kind.
    """
    groups: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.id in answers:
            groups[_titles(pair)].append(pair)
    return tuple(_tally(question, titles, group, answers) for titles, group in groups.items())


def interval(chosen: int, decided: int) -> tuple[float, float]:
    """Exact 95 % interval of a share (Clopper & Pearson 1934, Biometrika 26:404-413, doi:10.1093/biomet/26.4.404).

    It covers the true share in at least 95 % of trials, however few the cases; by scipy.
    """
    from scipy.stats import binomtest

    ends = binomtest(chosen, decided).proportion_ci(LEVEL, 'exact')
    return float(ends.low), float(ends.high)


def _tally(question: Question, titles: tuple[str, str], pairs: list[Pair], answers: Mapping[str, Answer]) -> Tally:
    counts = Counter(dict.fromkeys(('one', 'other', *NEITHER), 0))
    lead: Counter[str] = Counter()
    for pair in pairs:
        answer = answers[pair.id]
        chosen = pair.chosen(answer)
        counts[answer if chosen is None else 'one' if chosen == pair.one else 'other'] += 1
        lead[pair.case] += 0 if chosen is None else 1 if chosen == pair.one else -1
    decided = [value for value in lead.values() if value]
    chosen_cases = sum(value > 0 for value in decided)
    ends = interval(chosen_cases, len(decided)) if decided else (None, None)
    return Tally(question, *titles, dict(counts), len(lead), len(decided), chosen_cases, *ends)


def _titles(pair: Pair) -> tuple[str, str]:
    if pair.one.is_human != pair.other.is_human:
        return "the simulated rater's" if is_simulated(pair.one.name) else "the human's", "the model's"
    return pair.one.name, pair.other.name


def _cases(count: int) -> str:
    return f'{count} case{"" if count == 1 else "s"}'
