"""The answers to one dispute as buttons that show their keys, with a reason and how sure one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QButtonGroup, QCheckBox, QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from napari_segrobust.ui.sections.base import button, line, quiet
from napari_segrobust.ui.widgets.controls import clear_grid, named

if TYPE_CHECKING:
    from napari_segrobust.ui.review.disputes.cast import Cast
    from napari_segrobust.ui.review.disputes.work import Work

#: Letters in a row; with names there is room for fewer.
_LETTERS, _NAMES = 5, 3
_CONSENSUS, _TIED = 'As the rule for the rest says (0)', 'Raters are at a tie here: there is no consensus'


class Answers(QWidget):
    """Buttons for what `Work` can do with the dispute in hand.

    Parameters
    ----------
    work : Work
    """

    def __init__(self, work: Work) -> None:
        super().__init__()
        self.work = work
        self._cast: Cast | None = None
        raters = QWidget()
        self.raters = QGridLayout(raters)
        self.raters.setContentsMargins(0, 0, 0, 0)
        self.raters.setSpacing(3)
        self.consensus = button('0  consensus', _CONSENSUS, lambda: work.decide('consensus'))
        self.edit = button('E  edit', "Draw it with napari's brush (E)", work.begin_edit)
        what = 'It cannot be said: the rule holds here, and the report tells (U)'
        self.undecidable = button('U  undecidable', what, lambda: work.decide('undecidable'))
        self.reason = named(QLineEdit(), 'Reason', 'Why; it stands in the log. Optional')
        self.reason.setPlaceholderText('reason, if you like')
        self.reason.textEdited.connect(lambda words: setattr(work, 'reason', words))
        self.sure = QButtonGroup(self)
        self.sure.setExclusive(False)
        sure = [self._level(n) for n in range(1, 6)]
        self.back = button('previous', 'The dispute before (Shift+N)', lambda: work.step(-1))
        self.forth = button('N  next', 'The next dispute (N)', lambda: work.step(1))
        self.undo = button('undo', 'Take the last decision back (Ctrl+Z)', work.undo)
        self.redo = button('redo', 'Make it again (Ctrl+Shift+Z)', work.redo)
        self.deciding = QWidget()
        rows = QVBoxLayout(self.deciding)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(3)
        rows.addWidget(raters)
        rows.addWidget(line((self.consensus, 1), (self.edit, 1), (self.undecidable, 1)))
        rows.addWidget(line((self.reason, 1), quiet('sure'), *sure))
        rows.addWidget(line((self.back, 1), (self.forth, 1), (self.undo, 1), (self.redo, 1)))

        self.accept = button('Return  accept', 'Decide by what is drawn (Return)', work.accept_edit)
        self.give_up = button('Esc  give up', 'Forget what is drawn (Escape)', work.give_up_edit)
        self.unlocked = named(
            QCheckBox('beyond the region too'), 'Beyond the region', 'Paint outside of the dispute as well'
        )
        self.unlocked.toggled.connect(work.unlock)
        self.drawing = QWidget()
        rows = QVBoxLayout(self.drawing)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(3)
        rows.addWidget(quiet("Paint with napari's brush: 2 paints, 1 erases, [ and ] change its size."))
        rows.addWidget(self.unlocked)
        rows.addWidget(line((self.accept, 1), (self.give_up, 1)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.deciding)
        layout.addWidget(self.drawing)
        layout.addStretch()
        self.drawing.hide()
        self.setMinimumWidth(270)

    def sync(self) -> None:
        """Show what can be answered now."""
        work = self.work
        drawing = work.edit is not None
        self.deciding.setVisible(not drawing)
        self.drawing.setVisible(drawing)
        if not drawing:
            with QSignalBlocker(self.unlocked):
                self.unlocked.setChecked(False)
        self._sync_raters()
        for widget in (self.edit, self.undecidable, self.reason, *self.sure.buttons()):
            widget.setEnabled(work.can_decide)
        self.consensus.setEnabled(work.can_decide and not work.is_tied)
        self.consensus.setToolTip(_TIED if work.is_tied else _CONSENSUS)
        for i in range(self.raters.count()):
            self.raters.itemAt(i).widget().setEnabled(work.can_decide)
        self.undo.setEnabled(work.is_open)
        self.redo.setEnabled(work.is_open)
        for widget in (self.back, self.forth):
            widget.setEnabled(bool(work.disputes))
        if self.reason.text() != work.reason:
            self.reason.setText(work.reason)
        for number, level in enumerate(self.sure.buttons(), start=1):
            level.setChecked(number == work.confidence)

    def set_sure(self, number: int) -> None:
        """Say how sure one is, from 1 to 5; the same again takes it back."""
        work = self.work
        work.confidence = None if work.confidence == number else number
        self.sync()

    def _level(self, number: int) -> QPushButton:
        level = button(str(number), f'{number} of 5, 5 is sure (Alt+{number})', lambda: self.set_sure(number))
        level.setCheckable(True)
        level.setFixedWidth(24)
        level.setStyleSheet('padding: 2px 0px;')
        self.sure.addButton(level)
        return level

    def _sync_raters(self) -> None:
        cast = self.work.cast
        if cast == self._cast:
            return
        self._cast = cast
        clear_grid(self.raters)
        columns = _NAMES if cast.names_shown else _LETTERS
        for place, name in enumerate(cast.order):
            key = f'{place + 1}  ' if place < 9 else ''
            words = f'As {cast.title(name)} drew it{f" ({place + 1})" if key else ""}'
            made = button(f'{key}{cast.title(name)}', words, lambda place=place: self.work.follow(place))
            made.setStyleSheet(f'QPushButton {{ border-left: 4px solid {cast.color(name)}; }}')
            self.raters.addWidget(made, place // columns, place % columns)
