"""Raters as letters in a random order, which the log records, so that nobody decides by name."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Self

from napari_segrobust.review.marks import letter_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Blinding:
    """Which letter stands for whom.

    Attributes
    ----------
    blinded : bool
        Whether letters alone are shown until the adjudication is closed.
    seed : int
        Of the order; it is recorded, and the order with it.
    order : tuple of str
        Names of the raters: the first is A.
    """

    blinded: bool
    seed: int
    order: tuple[str, ...]

    @classmethod
    def drawn(cls, names: Sequence[str], *, blinded: bool = True, seed: int | None = None) -> Self:
        """Draw an order, at random without a seed; raters who are shown by name keep theirs."""
        seed = secrets.randbits(32) if seed is None else seed
        # By name, not by place: the same seed gives the same letters however the masks were loaded.
        order = sorted(names) if blinded else list(names)
        if blinded:
            Random(seed).shuffle(order)
        return cls(blinded, seed, tuple(order))

    @property
    def letters(self) -> tuple[str, ...]:
        """Letters of the raters in `order`."""
        return tuple(letter_of(place) for place in range(len(self.order)))

    def letter(self, name: str) -> str:
        """Letter of a rater."""
        return letter_of(self.order.index(name))

    def rater(self, shown: str) -> str:
        """Name of the rater behind a letter."""
        return self.order[self.letters.index(shown)]
