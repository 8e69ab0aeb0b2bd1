"""Settling disputes one by one: the one in hand, what is decided on it, and where to go next. GUI thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from napari_segrobust.digits import on_screen, three_digits
from napari_segrobust.errors import SegrobustError
from napari_segrobust.review.adjudication import Adjudication
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.disputes.canvas import DisputeLayers
from napari_segrobust.ui.review.disputes.cast import Cast
from napari_segrobust.ui.review.disputes.edit import Edit
from napari_segrobust.ui.review.log_work import LogWork

if TYPE_CHECKING:
    from pathlib import Path

    from napari_segrobust.review import Agreement, Dispute
    from napari_segrobust.review.adjudication import Answer
    from napari_segrobust.ui.app import Explorer


class Work(LogWork):
    """The worklist of one explorer, with or without an adjudication.

    Parameters
    ----------
    explorer : Explorer

    Attributes
    ----------
    index : int
        Of the dispute in hand; -1 where there is none.
    reason : str
    confidence : int or None
        What goes with the next decision.
    edit : Edit or None
        While somebody draws.
    """

    ending = '.adjudication.jsonl'

    def __init__(self, explorer: Explorer) -> None:
        super().__init__(explorer)
        self._layers = DisputeLayers(explorer)
        self.index, self.reason, self.confidence = -1, '', None
        self.edit: Edit | None = None
        self._since = 0.0
        self._links = Connections()
        self._links.add(self._session.case_changed, self._on_case, priority=2)
        self._links.add(explorer.viewer.layers.events.removed, self._on_removed)

    def shutdown(self) -> None:
        """Let the log go, and take away what is drawn. Idempotent."""
        self._links.close()
        self._end_edit()
        self._layers.close()
        self._review.adjudicate(None)

    # -- what there is ---------------------------------------------------------------------------------------------

    @property
    def adjudication(self) -> Adjudication | None:
        """The one that goes on here, or was closed here."""
        return self._review.adjudication

    @property
    def agreement(self) -> Agreement | None:
        """What the disputes are about: an adjudication keeps the masks it began with."""
        return self._review.agreement if self.adjudication is None else self.adjudication.agreement

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        """The worklist, the rim last; empty while it is not there yet."""
        if self.adjudication is not None:
            return tuple(item.dispute for item in self.adjudication.items)
        found = self._review.part('disputes')
        return () if found is None else (*found.items, *([] if found.rim is None else [found.rim]))

    @property
    def dispute(self) -> Dispute | None:
        """The one in hand."""
        return self.disputes[self.index] if 0 <= self.index < len(self.disputes) else None

    @property
    def cast(self) -> Cast:
        """Who goes by which letter."""
        if self.adjudication is not None:
            return Cast.of(self.adjudication)
        agreement = self.agreement
        return Cast(() if agreement is None else agreement.votes.names)

    @property
    def is_open(self) -> bool:
        """Whether an adjudication takes decisions."""
        return self.adjudication is not None and not self.adjudication.closed

    @property
    def can_decide(self) -> bool:
        """Whether a key would decide the dispute in hand."""
        return self.is_open and self.edit is None and not self._busy and self.dispute is not None

    @property
    def is_tied(self) -> bool:
        """Whether there is no consensus on the dispute in hand."""
        adjudication, dispute = self.adjudication, self.dispute
        if adjudication is None or dispute is None:
            return False
        return adjudication.ties(adjudication.items[self.index].id) == dispute.voxels

    # -- beginning and ending ---------------------------------------------------------------------------------------

    def begin(self, path: Path, adjudicator: str, *, blinded: bool) -> None:
        """Begin an adjudication in the file thread, or go on with the one in that file."""
        agreement = self._review.agreement
        if agreement is None or self.is_open:
            return
        self.said = ''

        def done(found: Adjudication) -> None:
            if self._review.agreement is not agreement:
                found.release()
                return
            self._review.adjudicate(found)
            lost = f' A line of {found.torn} bytes was torn, and is dropped.' if found.torn else ''
            count = found.progress.settled
            self.said = f'Resumed with {count} settled.{lost}' if count or lost else ''
            first = found.next_open()
            self._go(0 if first is None else found.items.index(first))

        self._ask(lambda: Adjudication.open(path, agreement, adjudicator=adjudicator, blinded=blinded), done)

    def close(self) -> None:
        """End it for good: names are shown, and the log is closed."""
        adjudication = self.adjudication
        if adjudication is None or not self.is_open:
            return
        self._end_edit()

        def done(_: object) -> None:
            self._review.adjudicate(adjudication)
            self.said = 'Closed. Names are shown.'
            self._go(self.index)

        self._ask(adjudication.close, done)

    def leave(self) -> None:
        """Let the log go, to resume another time, or after the end."""
        self._end_edit()
        self.index, self.said = -1, ''
        self._review.adjudicate(None)
        self.hide()
        self.changed.emit()

    # -- one dispute after another -----------------------------------------------------------------------------------

    def choose(self, index: int) -> None:
        """Take a dispute in hand, and fly there; not while somebody draws."""
        if self.edit is None and 0 <= index < len(self.disputes):
            self.said = ''
            self._go(index)

    def step(self, by: int) -> None:
        """Go to the next dispute or the one before, decided or not, round the ends."""
        count = len(self.disputes)
        if count:
            self.choose((self.index + by) % count if self.index >= 0 else 0 if by > 0 else count - 1)

    def decide(self, answer: Answer, **how: Any) -> None:
        """Decide the dispute in hand, and go to the next one that is open."""
        adjudication, index = self.adjudication, self.index
        if adjudication is None or not self.can_decide:
            return
        seconds = time.monotonic() - self._since
        item = adjudication.items[index].id
        try:
            adjudication.decide(item, answer, reason=self.reason, confidence=self.confidence, seconds=seconds, **how)
        except SegrobustError as error:
            self._say(str(error))
            return
        following = adjudication.next_open(item)
        self.said = '' if following is not None else 'All are settled. Close it to see names.'
        self._go(index if following is None else adjudication.items.index(following))

    def follow(self, place: int) -> None:
        """Follow the rater of a letter: 0 is A."""
        order = self.cast.order
        if place < len(order):
            self.decide('rater', rater=order[place])

    def undo(self) -> None:
        """Take the last decision back, and go there."""
        self._move('undo')

    def redo(self) -> None:
        """Make it again."""
        self._move('redo')

    def _move(self, what: str) -> None:
        adjudication = self.adjudication
        if adjudication is None or not self.is_open or self.edit is not None or self._busy:
            return
        try:
            decision = getattr(adjudication, what)()
        except SegrobustError as error:
            self._say(str(error))
            return
        if decision is None:
            self._say(f'Nothing to {what}.')
            return
        index = next(i for i, item in enumerate(adjudication.items) if item.id == decision.item)
        self.said = f'{"Undone" if what == "undo" else "Redone"}: {index + 1}.'
        self._go(index)

    # -- drawing -----------------------------------------------------------------------------------------------------

    def begin_edit(self) -> None:
        """Draw what is right with napari's brush, from the mask so far."""
        adjudication, dispute = self.adjudication, self.dispute
        if adjudication is None or dispute is None or not self.can_decide:
            return

        def done(mask: Any) -> None:
            if self.is_open and self.dispute is dispute:
                self.edit = Edit(self._explorer, mask, dispute.where)

        self._ask(adjudication.final_mask, done)

    def unlock(self, on: bool) -> None:
        """Draw outside of the region too, or no longer."""
        if self.edit is not None:
            self.edit.unlock(on)

    def accept_edit(self) -> None:
        """Decide by what was drawn."""
        if self.edit is not None:
            mask, unlocked = self.edit.mask(), self.edit.layer.region is None
            self._end_edit()
            self.decide('edit', inside=mask, unlocked=unlocked)

    def give_up_edit(self) -> None:
        """Forget what was drawn."""
        if self.edit is not None:
            self._end_edit()
            self._say('Edit given up.')

    def _end_edit(self) -> None:
        edit, self.edit = self.edit, None
        if edit is not None:
            edit.end()

    # -- what is seen ------------------------------------------------------------------------------------------------

    def hide(self) -> None:
        """Draw nothing: another page is seen."""
        self._layers.hide()

    def show(self) -> None:
        """Draw the dispute in hand again, where the canvas is."""
        if self.dispute is not None and not self._layers.is_shown:
            self._go(self.index)

    def _go(self, index: int) -> None:
        if index != self.index:
            self.reason, self.confidence = '', None
        self.index, self._since = index, time.monotonic()
        agreement, dispute = self.agreement, self.dispute
        if dispute is not None and agreement is not None:
            self._layers.fly(dispute, agreement.votes, self.cast)
        self.changed.emit()

    def _on_case(self, *_: object) -> None:
        self._end_edit()
        self.index, self.said, self._busy = -1, '', False
        self.changed.emit()

    def _on_removed(self, event: Any) -> None:
        if self.edit is not None and event.value is self.edit.layer:
            self.give_up_edit()


def volumes(settled: float, whole: float, unit: str) -> str:
    """How much is settled: "1.20 of 4.00 ml"."""
    return f'{three_digits(settled)} of {three_digits(whole)} {on_screen(unit)}'
