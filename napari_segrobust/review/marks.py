"""How raters are told apart: a letter, a colour, and a pattern of dashes for those who see colours differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Of raters in their order, from Okabe and Ito; beyond these they repeat with other dashes.
RATER_COLORS = ('#56B4E9', '#E69F00', '#F0E442', '#CC79A7', '#009E73', '#0072B2', '#FFFFFF')
#: Lengths of dash and gap, in widths of the line; the first is a full line.
RATER_DASHES: tuple[tuple[int, ...], ...] = ((), (4, 2), (2, 2), (6, 2, 2, 2), (8, 3), (1, 2), (3, 1, 1, 1))


def letter_of(place: int) -> str:
    """A to Z, then AA, AB and so on."""
    more, one = divmod(place, 26)
    return (letter_of(more - 1) if more else '') + chr(ord('A') + one)


def letters_of(names: Sequence[str]) -> dict[str, str]:
    """A letter for each name, in their order."""
    return {name: letter_of(i) for i, name in enumerate(names)}


def is_simulated(name: str) -> bool:
    """Whether a rater says by name that no person drew the mask."""
    return 'simulated' in name.lower()


def color_of(index: int) -> str:
    """``#rrggbb`` of a rater."""
    return RATER_COLORS[index % len(RATER_COLORS)]


def dashes_of(index: int) -> tuple[int, ...]:
    """Dash pattern of a rater."""
    return RATER_DASHES[(index + index // len(RATER_COLORS)) % len(RATER_DASHES)]


def told_apart(names: Sequence[str]) -> tuple[str, list[str]]:
    """Words that all names begin with, and what remains of each.

    Examples
    --------
    >>> told_apart(['simulated rater A', 'simulated rater B'])
    ('simulated rater', ['A', 'B'])
    """
    if not names:
        return '', []
    split = [name.split(' ') for name in names]
    count = 0
    while len(names) > 1 and all(len(words) > count + 1 for words in split) and len({w[count] for w in split}) == 1:
        count += 1
    return ' '.join(split[0][:count]), [' '.join(words[count:]) for words in split]
