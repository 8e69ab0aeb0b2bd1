"""What the lines of a log add up to. The same steps are taken when a line is written and when it is read again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from napari_segrobust.errors import first_fault
from napari_segrobust.review.adjudication.decision import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class History:
    """Decisions in their order, with those that were taken back.

    Attributes
    ----------
    shape : tuple of int
        Of the image.
    raters : tuple of str
    done, undone : list of Decision
        Undoing moves the last one over, redoing moves it back, deciding forgets what was undone.
    model_shown : bool
        Whether the numbers of the model were shown before the end.
    closed : mapping or None
        The closing line.
    """

    shape: tuple[int, ...]
    raters: tuple[str, ...]
    done: list[Decision] = field(default_factory=list)
    undone: list[Decision] = field(default_factory=list)
    model_shown: bool = False
    closed: Mapping[str, Any] | None = None
    _standing: dict[str, Decision] | None = None

    @property
    def decisions(self) -> dict[str, Decision]:
        """What stands: the last decision of each item, in the order in which they were made."""
        if self._standing is None:
            self._standing = {}
            for decision in self.done:
                self._standing.pop(decision.item, None)
                self._standing[decision.item] = decision
        return self._standing

    def take(self, line: Mapping[str, Any]) -> None:
        """Take one line.

        Raises
        ------
        ValueError
            The line says nothing that can be done here; the message says why.
        """
        rest, self._standing = dict(line), None
        event = rest.pop('event', None)
        if self.closed is not None:
            raise ValueError('comes after the end')
        if event == 'decide':
            self._decide(rest)
        elif event in ('undo', 'redo'):
            source, target = (self.done, self.undone) if event == 'undo' else (self.undone, self.done)
            if not source or source[-1].item != rest.get('item'):
                raise ValueError(f'has nothing to {event}')
            target.append(source.pop())
        elif event == 'model_shown':
            self.model_shown = True
        elif event == 'close':
            self.closed = rest
        elif event != 'resume':
            raise ValueError(f'holds an unknown event, {event!r}')

    def _decide(self, fields: Mapping[str, Any]) -> None:
        try:
            decision = Decision.model_validate(fields)
        except ValidationError as error:
            raise ValueError(f'holds no decision ({first_fault(error)})') from None
        if decision.rater is not None and decision.rater not in self.raters:
            raise ValueError(f'follows {decision.rater!r}, who is no rater')
        for voxels in (decision.region, decision.inside, decision.beyond):
            if voxels is not None:
                voxels.where(self.shape)
        self.done.append(decision)
        self.undone.clear()
