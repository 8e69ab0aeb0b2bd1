"""A drawing as a list of simple parts, in points: what is drawn into pixels and written as SVG alike."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray
    from PIL import ImageFont

#: Okabe-Ito (https://jfly.uni-koeln.de/color/), as on the canvas; the outlines of the reference are none of them.
ORANGE, BLUE, PURPLE, REFERENCE = '#E69F00', '#0072B2', '#CC79A7', '#00E6E6'
#: From one model that sees something to all of them: viridis, its dark end left out.
VOTES = ('#FDE725', '#5EC962', '#21918C', '#3B528B')

Anchor = Literal['start', 'middle', 'end']
Hatch = Literal['', 'diagonal', 'cross']


@dataclass(frozen=True)
class Text:
    """Words on a baseline; `turned` ones are read upwards."""

    x: float
    y: float
    words: str
    size: float = 7.0
    anchor: Anchor = 'start'
    bold: bool = False
    colour: str = '#1A1A1A'
    turned: bool = False


@dataclass(frozen=True)
class Box:
    """A rectangle; without `fill` an empty one."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ''
    opacity: float = 1.0
    stroke: str = ''
    line: float = 0.0


@dataclass(frozen=True)
class Line:
    """A line through points, or with `fill` the polygon that they bound, which alone can let through what is below.

    A line may have `dashes`: lengths of dash and gap in turn, in widths of the line.
    """

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float = 0.6
    fill: bool = False
    opacity: float = 1.0
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Dot:
    """A disc."""

    x: float
    y: float
    radius: float
    colour: str


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels (rows, columns, 3) uint8, stretched over a rectangle."""

    x: float
    y: float
    width: float
    height: float
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Area:
    """A mask (rows, columns) stretched over a rectangle, as its smooth outline.

    Attributes
    ----------
    fill : float
        Opacity of what is inside: 0 for an outline alone.
    hatch : {'', 'diagonal', 'cross'}
        In place of an even fill.
    line : float
        Width of the outline; 0 for none.
    halo : bool
        Whether the outline has a dark rim, so that it is seen on bright and on dark.
    dashes : tuple of float
        Of the outline, as those of a `Line`; the rim has none.
    """

    x: float
    y: float
    width: float
    height: float
    mask: NDArray[np.bool_]
    colour: str
    fill: float = 0.0
    hatch: Hatch = ''
    line: float = 0.8
    halo: bool = False
    dashes: tuple[float, ...] = ()

    def outlines(self) -> list[NDArray[np.float64]]:
        """Closed lines (points, 2) as x and y on the sheet, halfway between inside and outside."""
        rows, columns = self.mask.shape
        scale = (self.width / columns, self.height / rows)
        return [line.clip(0, (columns, rows)) * scale + (self.x, self.y) for line in outlines(self.mask)]


Part: TypeAlias = 'Text | Box | Line | Dot | Picture | Area'


@dataclass
class Sheet:
    """A page.

    Attributes
    ----------
    width, height : float
        In points, 72 to the inch.
    parts : list of Part
        In the order in which they are drawn.
    words : str
        What the page shows, for those who do not see it, and for the file's header.
    """

    width: float
    height: float
    parts: list[Part] = field(default_factory=list)
    words: str = ''

    def add(self, *parts: Part) -> None:
        """Draw on top of what is there."""
        self.parts.extend(parts)

    def texts(self) -> list[str]:
        """All words on the page."""
        return [part.words for part in self.parts if isinstance(part, Text)]


def outlines(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Closed lines (points, 2) around a mask, as x and y in pixels from the corner of the picture.

    Lines run through the middles between pixels inside and outside, which cuts the corners (marching squares, by
    scikit-image); the edge of the picture counts as outside.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return []
    part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    corner = np.array([columns[0], rows[0]]) - 0.5
    return [line + corner for line in _contours(part.shape, np.packbits(part).tobytes())]


def dashed(line: NDArray[np.float64], lengths: Sequence[float]) -> list[NDArray[np.float64]]:
    """Cut a line (points, 2) into dashes: `lengths` of dash and gap in turn, from its first point on."""
    if not lengths:
        return [line]
    at = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))))
    ends = np.cumsum(np.resize(lengths, 2 * (int(at[-1] / sum(lengths)) + 1) * len(lengths)))
    pieces = []
    for start, stop in zip([0.0, *ends[1::2]], ends[::2], strict=False):
        if start >= at[-1]:
            break
        stop = min(stop, at[-1])
        places = np.concatenate(([start], at[(at > start) & (at < stop)], [stop]))
        pieces.append(np.stack([np.interp(places, at, side) for side in line.T], axis=1))
    return pieces


@lru_cache(maxsize=128)
def _contours(shape: tuple[int, int], packed: bytes) -> tuple[NDArray[np.float64], ...]:
    """Closed lines around a mask, kept: a reference is drawn in every row and every frame."""
    from skimage.measure import find_contours

    mask = np.unpackbits(np.frombuffer(packed, np.uint8), count=shape[0] * shape[1]).reshape(shape)
    return tuple(line[:, ::-1] for line in find_contours(np.pad(mask, 1).astype(np.float32), 0.5))


@cache
def font(pixels: int) -> ImageFont.FreeTypeFont:
    """Letters of a height in pixels: the sans serif that comes with Pillow, the same on every machine."""
    from PIL import ImageFont

    found = ImageFont.load_default(max(1, pixels))
    assert isinstance(found, ImageFont.FreeTypeFont)  # Pillow's wheels have FreeType
    return found


def advance(words: str, size: float, bold: bool = False) -> float:
    """Width of words in points."""
    return font(100).getlength(drawable(words)) * size / 100 * (1.035 if bold else 1.0)


def wrapped(words: str, size: float, room: float, bold: bool = False) -> list[str]:
    """Break words into lines that fit a width in points; a single word that does not is left whole."""
    lines: list[str] = []
    for word in words.split():
        longer = f'{lines[-1]} {word}' if lines else word
        if lines and advance(longer, size, bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def elided(words: str, size: float, room: float, bold: bool = False) -> str:
    """Words cut in their middle where they do not fit a width in points."""
    if advance(words, size, bold) <= room:
        return words
    for kept in range(len(words) - 1, 1, -1):
        head = (kept + 1) // 2
        shorter = f'{words[:head].rstrip()}...{words[len(words) - (kept - head) :].lstrip()}'
        if advance(shorter, size, bold) <= room:
            return shorter
    return '...'


def nice(length: float) -> float:
    """The largest of 1, 2, 5, 10, 20, ... up to a length."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9))


def drawable(words: str) -> str:
    """The same words in letters that Pillow's own font has."""
    import unicodedata

    plain = words.translate(_LETTERS)
    if plain.isascii():
        return plain
    parts = unicodedata.normalize('NFKD', plain)
    return ''.join(c for c in parts if c in _KNOWN or c.isascii() or not unicodedata.combining(c)).translate(_Unknown())


_KNOWN = '\u00b1\u00b7'
_LETTERS = {ord(a): b for a, b in {'\u2212': '-', '\u2013': '-', '\u2014': '-', '\u00d7': 'x', '\u00b2': '2',
                                   '\u00b3': '3', '\u03c3': 'sigma', '\u03bc': 'u', '\u00b5': 'u'}.items()}  # fmt: skip


class _Unknown(dict[int, str]):
    """Everything that the font lacks becomes a question mark."""

    def __missing__(self, letter: int) -> str:
        return chr(letter) if letter < 128 or chr(letter) in _KNOWN else '?'


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def shades(
    image: NDArray[np.float32], limits: Sequence[float], in_colour: bool = False, channel: int = 0
) -> NDArray[np.uint8]:
    """Pixels (rows, columns, 3) of an image plane (C, rows, columns)."""
    low, high = (0.0, 255.0) if in_colour else limits
    values: NDArray[Any] = np.moveaxis(image, 0, -1) if in_colour else image[min(channel, len(image) - 1)]
    scaled = np.nan_to_num((values - low) * (255 / ((high - low) or 1.0)), nan=0.0, posinf=255.0, neginf=0.0)
    grey = scaled.clip(0, 255).astype(np.uint8)
    return grey if in_colour else np.repeat(grey[..., None], 3, axis=2)
