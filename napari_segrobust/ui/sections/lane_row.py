"""One lane of the Model section: what it is, and what there is to say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import Combo, IconButton, named

if TYPE_CHECKING:
    from napari_segrobust.ui.widgets.palette import Palette


class LaneRow(QWidget):
    """A choice, two buttons, and a quiet line that is there when something must be said.

    Parameters
    ----------
    index : int
        The lane.
    palette : Palette
    """

    #: What a person chose from the list.
    chosen = Signal(str)
    card_asked = Signal()
    spec_asked = Signal()
    retried = Signal()

    def __init__(self, index: int, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self.combo = named(Combo(), f'Model of lane {index + 1}', 'A network, or a mask that was given')
        self.combo.currentTextChanged.connect(self.chosen)
        words = 'How its input is made and what its answer means; change it and look'
        self.spec = button('spec ...', words, self.spec_asked.emit)
        self.spec.setAccessibleName(f'Spec of lane {index + 1}')
        self.card = IconButton('more', f'Card of lane {index + 1}', 'What this model is, and is not', palette=palette)
        self.card.clicked.connect(self.card_asked)
        self.words = quiet()
        self.note = QElidingLabel()
        self.note.setProperty('role', 'muted')
        self.again = button('Try again', 'Read the model once more', self.retried.emit)
        self._said = line((self.words, 1), (self.note, 1), self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(line((self.combo, 1), self.spec, self.card))
        column.addWidget(self._said)
        self.say('')

    def say(self, words: str, failed: bool = False) -> None:
        """Say what this lane is waiting for, or what its model says of itself, in one line; a failure in full."""
        self.words.setText(words if failed else '')
        self.words.setStyleSheet(f'color: {self._palette.ink(self._palette.error)};')
        self.words.setVisible(failed)
        self.note.setText('' if failed else words)
        self.note.setToolTip(words)
        self.note.setVisible(not failed)
        self.again.setVisible(failed)
        self._said.setVisible(bool(words))

    def apply_palette(self, palette: Palette) -> None:
        """Take the colours of `palette`."""
        self._palette = palette
        self.card.apply_palette(palette)

    def minimumSizeHint(self) -> QSize:
        """Return room for the buttons and a short word."""
        return QSize(160, super().minimumSizeHint().height())
