"""The page "Which is human?": a question, a key for each answer, and at the end what the answers show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_segrobust.review.marks import is_simulated
from napari_segrobust.review.trial.pair import QUESTIONS
from napari_segrobust.ui.keys import Key
from napari_segrobust.ui.review.page import PageSpec, ReviewPage
from napari_segrobust.ui.review.page_keys import PageKeys
from napari_segrobust.ui.review.trial.start import TrialStart
from napari_segrobust.ui.review.trial.work import TrialWork
from napari_segrobust.ui.sections.base import button, line, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.review.trial import Answer, Trial
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

#: In the order of the buttons: answer, key, words on the button, tooltip.
_ANSWERS: tuple[tuple[Answer, str, str, str], ...] = (
    ('A', 'A', 'A', 'Mask A'),
    ('B', 'B', 'B', 'Mask B'),
    ('both_plausible', 'P', 'both plausible', 'Either could be'),
    ('reference_wrong', 'R', 'reference wrong', 'Neither: what should be the reference is wrong'),
    ('undecidable', 'U', 'undecidable', 'It cannot be said'),
)
TRIAL_KEYS = (
    *(Key(key, words) for _, key, words, _ in _ANSWERS),
    Key('F', 'flicker: both, A, B'),
    Key('Ctrl+Z', 'take the last answer back'),
)
_CLOSE, _REALLY = 'Close ...', 'Close for good'


class TrialPage(ReviewPage):
    """Asks about one pair after another; see `TrialWork`."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(explorer, palette)
        self.work = TrialWork(explorer)
        self.start = TrialStart()
        self.start.begun.connect(self.work.begin)
        self.question = QLabel()
        self.question.setProperty('role', 'title')
        self.progress = quiet()
        self.progress.setWordWrap(False)
        self.close_it = button(
            _CLOSE, 'End it: names and results are shown, and nothing is accepted any more', self._close
        )
        self.leave = button('Leave', 'Let the log go; go on another time, or with another case', self.work.leave)
        self.going = line((self.question, 1), self.progress, self.leave, self.close_it)
        self.answers = {
            answer: button(
                f'{key}  {words}' if words != key else key, f'{tip} ({key})', lambda a=answer: self._answer(a)
            )
            for answer, key, words, tip in _ANSWERS
        }
        self.flicker = button('F  flicker', 'Draw both, A alone, B alone (F)', self.work.flicker)
        self.undo = button('undo', 'Take the last answer back (Ctrl+Z)', self.work.undo)
        self.seen = quiet()
        self.unreal = quiet('Raters of this case are simulated: no human drew their masks.')
        self.asking = QWidget()
        rows = QVBoxLayout(self.asking)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addWidget(line(*((made, 1) for made in self.answers.values())))
        rows.addWidget(line(self.flicker, self.undo, (self.seen, 1), self.unreal))
        self.unreal.setWordWrap(False)
        self.asking.setToolTip('\n'.join(f'{key.key}: {key.words}' for key in TRIAL_KEYS))
        self.said = quiet()
        self.results = QLabel()
        self.results.setWordWrap(True)
        self.results.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(6)
        for part in (self.start, self.going, self.asking, self.said, self.results):
            layout.addWidget(part)
        layout.addStretch()
        bound: dict[str, Callable[[], object]] = {key: lambda a=answer: self._answer(a) for answer, key, *_ in _ANSWERS}
        self.keys = PageKeys(self, {**bound, 'F': self.work.flicker, 'Ctrl+Z': self.work.undo})
        self.links.add(self.work.changed, self.sync)

    def sync(self) -> None:
        """Show the trial as it is now."""
        work, trial = self.work, self.work.trial
        self.start.setVisible(trial is None and self.review.agreement is not None)
        if trial is None:
            self.start.propose(work.path(), work.choices)
        self.going.setVisible(trial is not None)
        self.asking.setVisible(work.is_open)
        self.close_it.setVisible(work.is_open)
        self.close_it.setText(_CLOSE)
        answered, pairs = work.progress
        if trial is not None:
            self.question.setText(QUESTIONS[trial.question])
            unreal = any(is_simulated(entrant.name) for pair in trial.pairs for entrant in pair.sides)
            self.unreal.setVisible(unreal and trial.question == 'human')
            self.progress.setText(f'{answered} of {pairs} answered, {trial.judge}, {trial.path.name}')
        for made in (*self.answers.values(), self.flicker):
            made.setEnabled(work.can_answer)
        self.undo.setEnabled(work.is_open and bool(answered))
        self.seen.setText({'both': 'A and B are drawn', 'A': 'A alone', 'B': 'B alone'}[work.side] if work.pair else '')
        self.said.setText(work.said)
        self.said.setVisible(bool(work.said))
        closed = trial is not None and trial.closed
        self.results.setText(_results(trial) if trial is not None and closed else '')
        self.results.setVisible(closed)
        self.keys.sync(work.is_open)
        if self.isVisible():
            work.show()

    def hidden(self) -> None:
        """Draw nothing for a page that is not seen."""
        self.work.hide()
        self.keys.sync(False)

    def shutdown(self) -> None:
        """Let the log go, and cut the connections. Idempotent."""
        super().shutdown()
        self.keys.close()
        self.work.shutdown()

    def _answer(self, answer: Answer) -> None:
        self.work.answer(answer)

    def _close(self) -> None:
        """Ask once more in the button itself: what is closed cannot be opened again."""
        if self.close_it.text() == _REALLY:
            self.work.close()
            return
        answered, pairs = self.work.progress
        self.close_it.setText(_REALLY)
        left = f'{pairs - answered} pairs have no answer. ' if answered < pairs else ''
        self.said.setText(f'{left}Nothing can be answered after that. Click again to close.')
        self.said.setVisible(True)


def _results(trial: Trial) -> str:
    """What the answers show, and who was who."""
    found = trial.results()
    lines = [f'{words[0].upper()}{words[1:]}.' for tally in found for words in (tally.words, tally.counted)]
    lines = lines or ['No pair was answered.']
    verdicts, said = trial.verdicts, {answer: words for answer, _, words, _ in _ANSWERS}
    for number, pair in enumerate(trial.pairs, start=1):
        a, b = pair.sides
        verdict = verdicts.get(pair.id)
        answer = 'no answer' if verdict is None else said[verdict.answer]
        lines.append(f'{number}. A {a.name}, B {b.name}: {answer}')
    return '\n'.join(lines)


PAGE = PageSpec(45, 'Which is human?', 'Two masks, blinded: which is human, and which would you use', TrialPage)
