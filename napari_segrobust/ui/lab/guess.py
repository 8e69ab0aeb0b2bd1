"""Guess first: one person or a class, the next number, all of them, and the tally."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from napari_segrobust.lab import SAME
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.lab.words import same_words
from napari_segrobust.ui.sections.base import button, line
from napari_segrobust.ui.widgets.controls import IntBox, clear_grid, named
from napari_segrobust.ui.widgets.section import Section

if TYPE_CHECKING:
    from napari_segrobust.ui.lab.state import Lab
    from napari_segrobust.ui.widgets.palette import Palette

#: Hands that a lecture hall has.
_MOST_HANDS = 999


class GuessSection(Section):
    """Bound to the round.

    Parameters
    ----------
    lab : Lab
    palette : Palette
    """

    def __init__(self, lab: Lab, palette: Palette) -> None:
        super().__init__('Guess first', palette=palette)
        self.lab = lab
        game = lab.game
        self.for_class = named(
            QCheckBox('A class raises hands'), 'A class raises hands', 'Count answers until someone reveals the number'
        )
        self.hands: dict[str, IntBox] = {}
        self._holder = QWidget()
        self._grid = QGridLayout(self._holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(0, 1)
        self.reveal = button('Reveal', 'Show the next number (key R)', game.reveal)
        self.all = button('Reveal all', 'Show every number and the explanation', game.reveal_all)
        self.hide_again = button('Start again', 'Hide the numbers, undo every change (key Shift-R)', lab.begin_again)
        self.tally = QLabel()
        self.forget = button('Count from 0', 'Forget the tally', game.reset_tally)
        for part in (
            line((self.reveal, 1), (self.all, 1), (self.hide_again, 1)),
            self.for_class,
            self._holder,
            line((self.tally, 1), self.forget),
        ):
            self.body.addWidget(part)
        self.for_class.toggled.connect(lab.play_for_class)
        self._links = Connections()
        events = game.events
        for signal in (events.answered, events.hands, events.index, events.tally, lab.looked):
            self._links.add(signal, self.sync)
        self.sync()

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()

    def sync(self, *_: object) -> None:
        """Show the round."""
        game = self.lab.game
        self.setVisible(bool(game.asks))
        if tuple(self.hands) != game.answers:
            self._rebuild()
        with QSignalBlocker(self.for_class):
            self.for_class.setChecked(self.lab.for_class)
        self._holder.setVisible(self.lab.for_class)
        self._holder.setEnabled(game.ask is not None)
        for answer, box in self.hands.items():
            box.show_value(game.hands.get(answer, 0))
        self.reveal.setEnabled(game.ask is not None)
        self.all.setEnabled(game.ask is not None)
        self.tally.setText(f'tally: {game.tally.right} right, {game.tally.wrong} wrong')
        self.forget.setEnabled(bool(game.tally.right + game.tally.wrong))
        self.set_summary(self.tally.text())

    def _rebuild(self) -> None:
        clear_grid(self._grid)
        self.hands = {}
        for row, answer in enumerate(self.lab.game.answers):
            words = same_words(self.lab.game.scene) if answer == SAME else answer
            box = named(IntBox(0, _MOST_HANDS), f'Hands for {words}', 'How many hands are raised')
            box.valueChanged.connect(partial(self.lab.game.raise_hands, answer))
            self._grid.addWidget(QLabel(words), row, 0)
            self._grid.addWidget(box, row, 1)
            self.hands[answer] = box
