"""A font of 5 x 7 dots, drawn for this project: the same letters on every machine and for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Dots of a letter with the space to the next one, and of a line with the space to the next.
WIDTH, HEIGHT = 6, 9

_GLYPHS = {
    '0': '.###. #...# #..## #.#.# ##..# #...# .###.',
    '1': '..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.',
    '2': '.###. #...# ....# ...#. ..#.. .#... #####',
    '3': '##### ...#. ..#.. ...#. ....# #...# .###.',
    '4': '...#. ..##. .#.#. #..#. ##### ...#. ...#.',
    '5': '##### #.... ####. ....# ....# #...# .###.',
    '6': '..##. .#... #.... ####. #...# #...# .###.',
    '7': '##### ....# ...#. ..#.. .#... .#... .#...',
    '8': '.###. #...# #...# .###. #...# #...# .###.',
    '9': '.###. #...# #...# .#### ....# ...#. .##..',
    'A': '.###. #...# #...# ##### #...# #...# #...#',
    'B': '####. #...# #...# ####. #...# #...# ####.',
    'C': '.###. #...# #.... #.... #.... #...# .###.',
    'D': '####. #...# #...# #...# #...# #...# ####.',
    'E': '##### #.... #.... ####. #.... #.... #####',
    'F': '##### #.... #.... ####. #.... #.... #....',
    'G': '.###. #...# #.... #.### #...# #...# .####',
    'H': '#...# #...# #...# ##### #...# #...# #...#',
    'I': '.###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.',
    'K': '#...# #..#. #.#.. ##... #.#.. #..#. #...#',
    'L': '#.... #.... #.... #.... #.... #.... #####',
    'M': '#...# ##.## #.#.# #.#.# #...# #...# #...#',
    'N': '#...# #...# ##..# #.#.# #..## #...# #...#',
    'O': '.###. #...# #...# #...# #...# #...# .###.',
    'P': '####. #...# #...# ####. #.... #.... #....',
    'R': '####. #...# #...# ####. #.#.. #..#. #...#',
    'S': '.#### #.... #.... .###. ....# ....# ####.',
    'T': '##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..',
    'U': '#...# #...# #...# #...# #...# #...# .###.',
    'V': '#...# #...# #...# #...# #...# .#.#. ..#..',
    'X': '#...# #...# .#.#. ..#.. .#.#. #...# #...#',
    'Y': '#...# #...# .#.#. ..#.. ..#.. ..#.. ..#..',
    ':': '..... ..#.. ..#.. ..... ..#.. ..#.. .....',
    ' ': '..... ..... ..... ..... ..... ..... .....',
}


def printed(lines: Sequence[str]) -> NDArray[np.bool_]:
    """Dots of lines of text, with one free dot on every side.

    Parameters
    ----------
    lines : sequence of str
        Of digits, capitals, colons and spaces.

    Returns
    -------
    ndarray, shape (9 n + 1, 6 m + 1), bool
        True on the letters; m is the length of the longest line.
    """
    length = max(len(line) for line in lines)
    dots = np.zeros((HEIGHT * len(lines) + 1, WIDTH * length + 1), bool)
    for row, line in enumerate(lines):
        for column, letter in enumerate(line):
            glyph = np.array([[dot == '#' for dot in dots] for dots in _GLYPHS[letter].split()])
            dots[HEIGHT * row + 1 :, WIDTH * column + 1 :][:7, :5] = glyph
    return dots
