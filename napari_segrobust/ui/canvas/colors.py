"""Colours of what is painted: Okabe-Ito, never red against green, and a second cue beside every colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import DirectLabelColormap

from napari_segrobust.compare import ChangeCode, DriftCode, ErrorCode
from napari_segrobust.compare.maps import CHANGE_NAMES, DRIFT_NAMES, ERROR_NAMES
from napari_segrobust.explore.picture import PALE
from napari_segrobust.ui.widgets.marks import LANE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari.layers import Labels

ORANGE = '#E69F00'
BLUE = '#0072B2'
PURPLE = '#CC79A7'
SKY = '#56B4E9'
GREY = '#BBBBBB'
PINK = '#FF77FF'
YELLOW = '#F0E442'
GREEN = '#009E73'
CYAN = '#00E6E6'
WHITE = '#FFFFFF'
BLACK = '#000000'

ERROR_COLORS = {
    ErrorCode.TRUE_POSITIVE: GREY,
    ErrorCode.FALSE_POSITIVE: ORANGE,
    ErrorCode.FALSE_NEGATIVE: BLUE,
    ErrorCode.WRONG_CLASS: PURPLE,
}
CHANGE_COLORS = {
    ChangeCode.NEWLY_WRONG: ORANGE,
    ChangeCode.NEWLY_RIGHT: BLUE,
    ChangeCode.WRONG_ALIKE: GREY,
    ChangeCode.WRONG_DIFFERENTLY: PURPLE,
}
DRIFT_COLORS = {DriftCode.GAINED: BLUE, DriftCode.LOST: ORANGE, DriftCode.CLASS_CHANGED: PURPLE}
#: For label values without a colour of their own: none of them is the colour of an error.
LABEL_COLORS = (SKY, YELLOW, GREEN, WHITE, '#9BE7D8', '#B8A9E8')
#: Outlines where one label is shown: neither is the colour of an error, nor white or black, as parts of images are.
REFERENCE_COLOR = CYAN
PREDICTION_COLOR = LANE_COLOURS[0]
#: How much of the colour the paler shade keeps.
_PALE_ALPHA = 0.55


@dataclass(frozen=True, slots=True)
class Chip:
    """One entry of a legend: its colour ``#rrggbb``, its word, and a sign for its second cue."""

    color: str
    word: str
    sign: str

    @property
    def text_color(self) -> str:
        """Black or white, whichever is easier to read on `color`."""
        return BLACK if luminance(self.color) > 0.18 else WHITE


ERROR_CHIPS = (
    Chip(ORANGE, f'{ERROR_NAMES[ErrorCode.FALSE_POSITIVE]} (FP)', '▨'),
    Chip(BLUE, f'{ERROR_NAMES[ErrorCode.FALSE_NEGATIVE]} (FN)', '▣'),
    Chip(PURPLE, ERROR_NAMES[ErrorCode.WRONG_CLASS], '▨'),
)
CORRECT_CHIP = Chip(GREY, ERROR_NAMES[ErrorCode.TRUE_POSITIVE], '▢')
REFERENCE_CHIP = Chip(REFERENCE_COLOR, 'reference', '▢')
CHANGE_CHIPS = (
    Chip(ORANGE, CHANGE_NAMES[ChangeCode.NEWLY_WRONG], '▨'),
    Chip(BLUE, CHANGE_NAMES[ChangeCode.NEWLY_RIGHT], '▣'),
    Chip(GREY, CHANGE_NAMES[ChangeCode.WRONG_ALIKE], '■'),
    Chip(PURPLE, CHANGE_NAMES[ChangeCode.WRONG_DIFFERENTLY], '■'),
)
DRIFT_CHIPS = (
    Chip(BLUE, DRIFT_NAMES[DriftCode.GAINED], '▣'),
    Chip(ORANGE, DRIFT_NAMES[DriftCode.LOST], '▨'),
    Chip(PURPLE, DRIFT_NAMES[DriftCode.CLASS_CHANGED], '■'),
)
#: What only a case with several labels can have.
CLASS_CHIPS = (ERROR_CHIPS[-1], CHANGE_CHIPS[-1], DRIFT_CHIPS[-1])


def prediction_chip(lane: int, names: Sequence[str]) -> Chip:
    """The entry of a lane's outline: with its name as soon as there are several lanes."""
    word = names[lane] if len(names) > 1 else 'prediction'
    return Chip(prediction_colors(len(names))[lane], word, '▢')


def rgb(color: str) -> tuple[float, float, float]:
    """(R, G, B) from 0 to 1 of ``#rrggbb``."""
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def luminance(color: str) -> float:
    """Relative luminance of ``#rrggbb``, from 0 to 1, as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(color)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def prediction_colors(lanes: int) -> tuple[str, ...]:
    """Colour of every lane's outline where one label is shown, the one it has in the curve."""
    return LANE_COLOURS[: max(1, lanes)]


def code_colormap(colors: Mapping[int, str]) -> DirectLabelColormap:
    """Colour map of an error or change picture: each code and its paler shade."""
    table: dict[int | None, object] = {None: 'transparent', 0: 'transparent'}
    for code, color in colors.items():
        table[int(code)] = (*rgb(color), 1.0)
        table[int(code) + PALE] = (*rgb(color), _PALE_ALPHA)
    return DirectLabelColormap(color_dict=table)


def label_colormap(colors: Mapping[int, tuple[int, int, int] | None]) -> DirectLabelColormap:
    """Colour map of a label mask; a label without a colour gets one of `LABEL_COLORS`."""
    table: dict[int | None, object] = {None: 'transparent', 0: 'transparent'}
    for i, (value, color) in enumerate(colors.items()):
        table[value] = LABEL_COLORS[i % len(LABEL_COLORS)] if color is None else (*(c / 255 for c in color), 1.0)
    return DirectLabelColormap(color_dict=table)


def one_label_colormap(label: int, color: str) -> DirectLabelColormap:
    """Colour map that shows one label of a mask and nothing else."""
    return DirectLabelColormap(color_dict={None: 'transparent', 0: 'transparent', label: color})


def recolor(layer: Labels, colormap: DirectLabelColormap) -> None:
    """Give a layer these colours; nothing is done where it has them, for which napari would take 5 ms and a repaint."""
    now, new = getattr(layer.colormap, 'color_dict', {}), colormap.color_dict
    if now.keys() != new.keys() or any(not np.array_equal(now[value], color) for value, color in new.items()):
        layer.colormap = colormap
