"""Guess first: numbers stay hidden until someone has said which prediction scores better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psygnal import EventedModel
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from napari_segrobust.errors import LabError
from napari_segrobust.lab.numbers import Row, rows
from napari_segrobust.lab.scene import SAME, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Ask:
    """One thing to guess.

    Attributes
    ----------
    text : str
        The question.
    right : tuple of str
        The right answers; empty where there is nothing to guess and the number is only shown.
    row : Row or None
        The numbers that the answer reveals.
    """

    text: str
    right: tuple[str, ...]
    row: Row | None


class Tally(BaseModel):
    """Hands raised for a right and for a wrong answer."""

    model_config = ConfigDict(frozen=True)

    right: int = 0
    wrong: int = 0


def asks(scene: Scene) -> tuple[Ask, ...]:
    """List what a scene asks: its own question, then each metric that this has not revealed yet; or nothing at all."""
    if not scene.question.text:
        return ()
    table = rows(scene)
    first = table[0] if scene.question.metric else None
    found = [Ask(scene.question.text, (scene.question.answer,), first)]
    found += [Ask(f'And by {row.title}: which one is better?', row.right, row) for row in table[first is not None :]]
    return tuple(found)


class Game(EventedModel):
    """State of a round; changed by its methods, in the GUI thread only.

    Attributes
    ----------
    scenes : tuple of Scene
        In the order in which they are played.
    index : int
        The scene on screen.
    answered : int
        How many of its asks are closed: their numbers are revealed.
    hands : dict of str to int
        Hands raised for each answer to the open ask.
    closed : tuple of dict
        The hands of every closed ask of this scene.
    tally : Tally
        Over all scenes since `reset_tally`.

    Notes
    -----
    Each field has a signal of its name in ``events``.
    """

    model_config = ConfigDict(extra='forbid', validate_assignment=True)

    scenes: tuple[Scene, ...] = Field(min_length=1)
    index: int = 0
    answered: int = 0
    hands: dict[str, int] = Field(default_factory=dict)
    closed: tuple[dict[str, int], ...] = ()
    tally: Tally = Tally()
    _asks: dict[int, tuple[Ask, ...]] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, scenes: Iterable[Scene]) -> Game:
        """Begin a round."""
        return cls(scenes=tuple(scenes))

    @property
    def scene(self) -> Scene:
        """The scene on screen."""
        return self.scenes[self.index]

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Everything that this scene asks; computed once."""
        if self.index not in self._asks:
            self._asks[self.index] = asks(self.scene)
        return self._asks[self.index]

    @property
    def ask(self) -> Ask | None:
        """The open ask; None when all is revealed and the explanation is shown."""
        return self.asks[self.answered] if self.answered < len(self.asks) else None

    @property
    def answers(self) -> tuple[str, ...]:
        """What can be answered."""
        return (*self.scene.contestants, SAME)

    @property
    def revealed(self) -> tuple[Row, ...]:
        """The numbers that may be shown."""
        return tuple(ask.row for ask in self.asks[: self.answered] if ask.row is not None)

    def visible(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Those of other rows of this scene, such as of edited predictions, whose numbers may be shown."""
        if not self.asks:
            return tuple(rows)
        shown = {(row.spec.key, row.policy) for row in self.revealed}
        return tuple(row for row in rows if (row.spec.key, row.policy) in shown)

    @property
    def last(self) -> Ask | None:
        """The ask that was closed last: its right answers may be shown."""
        return self.asks[self.answered - 1] if self.answered else None

    def raise_hands(self, answer: str, number: int = 1) -> None:
        """Set how many hands are raised for an answer.

        Raises
        ------
        LabError
            When it is none of `answers`.
        """
        if answer not in self.answers:
            raise LabError('Not an answer', repr(answer), f'Choose one of {", ".join(self.answers)}.')
        hands = {**self.hands, answer: max(0, number)}
        self.hands = {name: count for name, count in hands.items() if count}

    def reveal(self) -> None:
        """Close the open ask: count the hands, show the number. Nothing happens when all is shown."""
        ask = self.ask
        if ask is None:
            return
        hands = self.hands
        if ask.right:
            right = sum(count for answer, count in hands.items() if answer in ask.right)
            wrong = sum(hands.values()) - right
            self.tally = Tally(right=self.tally.right + right, wrong=self.tally.wrong + wrong)
        # The number is shown last: whoever listens to it finds everything else in place.
        self._set(closed=(*self.closed, hands), hands={}, answered=self.answered + 1)

    def guess(self, answer: str) -> bool:
        """Answer as a single person, and reveal.

        Returns
        -------
        bool
            Whether it was right.

        Raises
        ------
        LabError
            When it is none of `answers`.
        """
        ask = self.ask
        self.hands = {}
        self.raise_hands(answer)
        self.reveal()
        return ask is not None and answer in ask.right

    def reveal_all(self) -> None:
        """Show every number; open asks are not counted."""
        self._set(hands={}, closed=(*self.closed, *[{}] * (len(self.asks) - self.answered)), answered=len(self.asks))

    def reset(self) -> None:
        """Hide the numbers of this scene again; the tally stays."""
        self._set(hands={}, closed=(), answered=0)

    def reset_tally(self) -> None:
        """Count from 0."""
        self.tally = Tally()

    def go_to(self, index: int) -> None:
        """Show another scene, hidden; past an end the other one follows."""
        self._set(hands={}, closed=(), answered=0, index=index % len(self.scenes))

    def next_scene(self) -> None:
        """Show the next scene, hidden."""
        self.go_to(self.index + 1)

    def previous_scene(self) -> None:
        """Show the scene before, hidden."""
        self.go_to(self.index - 1)

    def _set(self, **changes: Any) -> None:
        """Change several fields in that order, one signal each."""
        for name, value in changes.items():
            setattr(self, name, value)
