"""The page "Disputes": the worklist, what can be answered, and pictures of this dispute and of the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from napari_segrobust.digits import on_screen, three_digits
from napari_segrobust.ui.canvas.layer_set import IMAGE
from napari_segrobust.ui.review.disputes.answers import Answers
from napari_segrobust.ui.review.disputes.keys import DISPUTE_KEYS, DisputeKeys
from napari_segrobust.ui.review.disputes.preview import DisputePicture, Picture
from napari_segrobust.ui.review.disputes.start import StartBar
from napari_segrobust.ui.review.disputes.table import DisputeRow, DisputeTable
from napari_segrobust.ui.review.disputes.work import Work, volumes
from napari_segrobust.ui.review.page import PageSpec, ReviewPage
from napari_segrobust.ui.sections.base import button, line, quiet

if TYPE_CHECKING:
    from napari_segrobust.review import Dispute
    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette

_ANSWERS = {
    'consensus': 'consensus',
    'edit': 'edited',
    'undecidable': 'undecidable',
    'both_plausible': 'both plausible',
    'reference_wrong': 'reference wrong',
}
#: Of the list, in pixels.
_NARROWEST = 440
_CLOSE, _REALLY = 'Close ...', 'Close for good'


class DisputesPage(ReviewPage):
    """Settles disputes one by one; see `Work`."""

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__(explorer, palette)
        self.work = Work(explorer)
        self._began = False
        self.start = StartBar()
        self.start.begun.connect(lambda path, name, blinded: self.work.begin(path, name, blinded=blinded))
        self.progress = QLabel()
        self.close_it = button(_CLOSE, 'End it: names are shown, and nothing can be changed any more', self._close)
        self.leave = button('Leave', 'Let the log go; it can be resumed at any time', self.work.leave)
        self.going = line((self.progress, 1), self.leave, self.close_it)
        self.said = quiet()
        self.table = DisputeTable(palette=palette)
        self.table.setMinimumWidth(_NARROWEST)
        self.answers = Answers(self.work)
        self.here = DisputePicture('here', palette=palette)
        self.next = DisputePicture('next', palette=palette)
        self.pictures = QWidget()
        row = QHBoxLayout(self.pictures)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.here, 1)
        row.addWidget(self.next, 1)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        for widget, stretch in ((self.table, 3), (self.answers, 0), (self.pictures, 2)):
            self.split.addWidget(widget)
            self.split.setStretchFactor(self.split.count() - 1, stretch)
        self.split.setSizes([520, 280, 340])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.start)
        layout.addWidget(self.going)
        layout.addWidget(self.said)
        layout.addWidget(self.split, 1)
        # Until the first look nothing is known.
        for part in (self.start, self.going, self.said, self.split):
            part.hide()
        self.answers.setToolTip('\n'.join(f'{key.key}: {key.words}' for key in DISPUTE_KEYS))
        self.keys = DisputeKeys(self, self.work, self.answers.set_sure)
        self.table.chosen.connect(self.work.choose)
        self.answers.reason.returnPressed.connect(self.table.setFocus)
        self.links.add(self.work.changed, self.sync)

    def sync(self) -> None:
        """Show the worklist as it is now."""
        work, agreement = self.work, self.work.agreement
        self.start.setVisible(work.adjudication is None and agreement is not None)
        self.start.propose(work.path())
        self.going.setVisible(work.adjudication is not None)
        self.close_it.setVisible(work.is_open)
        self.close_it.setText(_CLOSE)
        self.progress.setText(self._progress())
        words = work.said or self._words()
        self.said.setText(words)
        self.said.setVisible(bool(words))
        self.split.setVisible(bool(work.disputes))
        if agreement is not None and work.disputes:
            votes = agreement.votes
            units = votes.volume_unit, votes.length_unit, 'slices' if len(votes.shape) == 3 else 'rows'
            self.table.set_rows(self._rows(), work.cast, units)
            self.table.set_current(work.index)
            self.table.setEnabled(work.edit is None)
        self.answers.setVisible(work.is_open)
        self.answers.sync()
        self.keys.sync()
        self._sync_pictures()
        if self.isVisible():
            work.show()
        if work.is_open and not self._began:
            # Not in a field that would take the first keys.
            self.table.setFocus()
        self._began = work.is_open

    def hidden(self) -> None:
        """Draw nothing for a page that is not seen."""
        self.work.hide()
        self.keys.sync()

    def shutdown(self) -> None:
        """Let the log go, and cut the connections. Idempotent."""
        super().shutdown()
        self.keys.close()
        self.work.shutdown()

    def _rows(self) -> list[DisputeRow]:
        adjudication = self.work.adjudication
        if adjudication is None:
            words = {'rim': 'by rule'}
            return [DisputeRow(dispute, words.get(dispute.kind, '')) for dispute in self.work.disputes]
        rows = []
        for item in adjudication.items:
            decision, state = adjudication.decision(item.id), adjudication.state(item.id)
            if decision is None:
                words = f'by rule: {adjudication.rule}' if state == 'rule' else 'open'
            else:
                words = self._called(decision.rater) if decision.rater is not None else _ANSWERS[decision.answer]
                words += '' if decision.confidence is None else f', sure {decision.confidence}'
            rows.append(DisputeRow(item.dispute, words, state != 'open'))
        return rows

    def _called(self, name: str) -> str:
        """Letter, and a short name where names may be seen."""
        cast = self.work.cast
        return f'{cast.letter(name)} = {self.review.short(name)}' if cast.names_shown else cast.letter(name)

    def _progress(self) -> str:
        adjudication = self.work.adjudication
        if adjudication is None:
            return ''
        now = adjudication.progress
        amount = volumes(now.settled_volume, now.volume, now.unit)
        how = 'blinded' if adjudication.blinding.blinded else 'by name'
        closed = ', closed' if adjudication.closed else ''
        who = f'{adjudication.adjudicator}, {how}{closed}, {adjudication.path.name}'
        return f'<b>{now.settled} of {now.items} settled</b>, {amount} &nbsp; {who}'

    def _words(self) -> str:
        """What else is to be known, in one line."""
        work, agreement = self.work, self.work.agreement
        if agreement is None:
            return ''
        if work.adjudication is not None:
            if work.adjudication.agreement is not self.review.agreement and self.review.agreement is not None:
                tolerance = agreement.settings.tolerance_mm
                unit = agreement.votes.length_unit
                return f'The review has moved on; this list belongs to its own masks, tolerance {tolerance:g} {unit}.'
            return ''
        found = self.review.part('disputes')
        if found is None:
            return 'pending'
        unit, volume = on_screen(found.unit), sum(item.volume for item in found.items)
        words = [f'{len(found.items)} to settle, {three_digits(volume)} {unit}']
        if found.rim is not None:
            words.append(f'rim {three_digits(found.rim.volume)} {unit}, settled by a rule')
        if found.below_floor:
            words.append(f'{found.below_floor} below {three_digits(found.floor)} {unit} not listed')
        return 'Nothing in dispute.' if not found.items and found.rim is None else '; '.join(words) + '.'

    def _sync_pictures(self) -> None:
        work = self.work
        following = self._following()
        self.pictures.setVisible(work.dispute is not None)
        self.next.setVisible(following is not None and self.work.is_open)
        for widget, dispute, caption in ((self.here, work.dispute, 'here'), (self.next, following, 'next')):
            number = '' if dispute is None else f' {work.disputes.index(dispute) + 1}'
            widget.show_picture(self._picture(dispute), f'{caption}{number}')

    def _following(self) -> Dispute | None:
        work = self.work
        if work.adjudication is None or work.dispute is None:
            return None
        item = work.adjudication.next_open(work.adjudication.items[work.index].id)
        return None if item is None or item.dispute is work.dispute else item.dispute

    def _picture(self, dispute: Dispute | None) -> Picture | None:
        agreement, layers = self.work.agreement, self.explorer.painter.layers
        if dispute is None or agreement is None or layers is None:
            return None
        return Picture.of(dispute, agreement.votes, self.work.cast, layers.get(IMAGE, 0, IMAGE))

    def _close(self) -> None:
        """Ask once more in the button itself: what is closed cannot be opened again."""
        adjudication = self.work.adjudication
        if self.close_it.text() == _REALLY:
            self.work.close()
        elif adjudication is not None:
            left = adjudication.progress.items - adjudication.progress.settled
            self.close_it.setText(_REALLY)
            rule = f'{left} open will follow the rule ({adjudication.rule}). ' if left else ''
            self.said.setText(f'{rule}Nothing can be changed after that. Click again to close.')
            self.said.setVisible(True)


PAGE = PageSpec(40, 'Disputes', 'What raters differ on, to settle one by one', DisputesPage)
