"""Who judges, what is asked about which masks, and in which file: asked once, before the first answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QFileDialog, QLineEdit, QVBoxLayout, QWidget

from napari_segrobust.review.trial.pair import QUESTIONS
from napari_segrobust.ui.review.trial.work import EACH_OTHER
from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, buddy, named

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Width of a field, in pixels.
_FIELD = 226
_LOGS = 'Trial logs (*.jsonl)'
_ABOUT = """Two masks are outlined as A and B, in a random order that the log keeps. Names and results are shown when
the trial is closed. Go on in the same file with the next case: the interval is over cases."""

_NO_MODEL = 'There is no final mask of a model: choose one under Model of the Explorer, or ask which mask to use.'


class TrialStart(QWidget):
    """Asks what a trial needs to know."""

    #: Path of the log, judge, question ("human" or "use"), what is held against what.
    begun = Signal(object, str, str, str)

    def __init__(self) -> None:
        super().__init__()
        self.question = named(Combo(), 'Question', 'What is asked of each pair')
        self.against = named(Combo(), 'Pairs', 'What is held against what')
        self.name = named(QLineEdit(), 'Judge', 'Who answers: it stands in the log beside each answer')
        self.name.setPlaceholderText('your name')
        self.file = named(QLineEdit(), 'Log', 'Every answer is a line of this file, on disk before the next pair')
        self.browse = button('...', 'Choose the file of the log', self._browse)
        self.start = button('Start', 'Begin a trial, or go on with the one in the file', self._begin)
        self.why_not = quiet(_NO_MODEL)
        self.why_not.hide()
        self.question.addItems(list(QUESTIONS.values()))
        self.question.currentIndexChanged.connect(self._sync_pairs)
        for field in (self.name, self.question, self.against):
            field.setFixedWidth(_FIELD)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(quiet(' '.join(_ABOUT.split())))
        asked = (('Question', self.question), ('pairs', self.against), ('judge', self.name))
        fields = [part for words, field in asked for part in (buddy(words, field), field)]
        layout.addWidget(line(*fields, (QWidget(), 1)))
        layout.addWidget(self.why_not)
        layout.addWidget(line(buddy('Log', self.file), (self.file, 1), self.browse, self.start))
        self._proposed, self._choices = Path(), ()
        self.name.returnPressed.connect(self._begin)
        self.file.textChanged.connect(self._say_what_start_does)

    def propose(self, path: Path, choices: Sequence[str]) -> None:
        """Offer the place of the log, unless another one was said for this case, and the pairs there are."""
        if path != self._proposed:
            self._proposed = path
            with QSignalBlocker(self.file):
                self.file.setText(str(path))
        if tuple(choices) != self._choices:
            self._choices = tuple(choices)
            self._sync_pairs()
        self._say_what_start_does()

    @property
    def asked(self) -> str:
        """Key of the question."""
        return list(QUESTIONS)[self.question.currentIndex()]

    def _sync_pairs(self, *_: object) -> None:
        """People drew both masks of some pairs: of these nobody asks which is human."""
        offered = [choice for choice in self._choices if choice != EACH_OTHER or self.asked == 'use']
        current = self.against.currentText()
        with QSignalBlocker(self.against):
            self.against.clear()
            self.against.addItems(offered)
            if current in offered:
                self.against.setCurrentText(current)
        self.against.setEnabled(bool(offered))
        self.start.setEnabled(bool(offered))
        self.why_not.setVisible(not offered)

    def _say_what_start_does(self, *_: object) -> None:
        path = Path(self.file.text())
        self.start.setText('Go on' if path.is_file() and path.stat().st_size > 0 else 'Start')

    def _browse(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, 'Log of the trial', self.file.text(), _LOGS, options=QFileDialog.Option.DontConfirmOverwrite
        )
        if path:
            self.file.setText(path)

    def _begin(self) -> None:
        if not self.name.text().strip():
            self.name.setFocus()
        elif self.start.isEnabled():
            self.begun.emit(Path(self.file.text()), self.name.text(), self.asked, self.against.currentText())
