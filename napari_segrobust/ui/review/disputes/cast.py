"""Who goes by which letter, name and colour while disputes are settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.review.marks import color_of, letter_of

if TYPE_CHECKING:
    from napari_segrobust.review.adjudication import Ledger


@dataclass(frozen=True)
class Cast:
    """Raters in the order of their letters.

    Attributes
    ----------
    order : tuple of str
        Names.
    names_shown : bool
        Whether the names may be seen, or the letters alone.
    """

    order: tuple[str, ...]
    names_shown: bool = True

    @classmethod
    def of(cls, adjudication: Ledger) -> Cast:
        """Raters of an adjudication: their letters are its own."""
        return cls(adjudication.blinding.order, adjudication.names_shown)

    def letter(self, name: str) -> str:
        """A, B, C ..."""
        return letter_of(self.order.index(name))

    def color(self, name: str) -> str:
        """``#rrggbb``: it goes with the letter, and so says nothing of who it is."""
        return color_of(self.order.index(name))

    def title(self, name: str) -> str:
        """Letter, and the name where it may be seen."""
        letter = self.letter(name)
        return f'{letter} {name}' if self.names_shown else letter
