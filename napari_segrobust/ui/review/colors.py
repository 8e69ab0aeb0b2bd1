"""How raters are told apart: a letter, a colour, and a pattern of dashes for those who see colours differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.ui.canvas.colors import BLUE, GREEN, ORANGE, PURPLE, SKY, WHITE, YELLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Of raters in their order; beyond these they repeat with other dashes.
RATER_COLORS = (SKY, ORANGE, YELLOW, PURPLE, GREEN, BLUE, WHITE)
#: Lengths of dash and gap; the first is a full line.
RATER_DASHES: tuple[tuple[int, ...], ...] = ((), (4, 2), (2, 2), (6, 2, 2, 2), (8, 3), (1, 2), (3, 1, 1, 1))


def letter_of(index: int) -> str:
    """A, B, ... Z, AA, AB ..."""
    more, place = divmod(index, 26)
    return (letter_of(more - 1) if more else '') + chr(ord('A') + place)


def letters_of(names: Sequence[str]) -> dict[str, str]:
    """A letter for each name, in their order."""
    return {name: letter_of(i) for i, name in enumerate(names)}


def color_of(index: int) -> str:
    """``#rrggbb`` of a rater."""
    return RATER_COLORS[index % len(RATER_COLORS)]


def dashes_of(index: int) -> tuple[int, ...]:
    """Dash pattern of a rater."""
    return RATER_DASHES[(index + index // len(RATER_COLORS)) % len(RATER_DASHES)]
