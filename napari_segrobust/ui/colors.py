"""Colours of what is painted: Okabe-Ito, never red against green, and paler shades for the second cue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import DirectLabelColormap

from napari_segrobust.compare import ChangeCode, DriftCode, ErrorCode
from napari_segrobust.explore.picture import PALE

if TYPE_CHECKING:
    from collections.abc import Mapping

ORANGE = '#E69F00'
BLUE = '#0072B2'
PURPLE = '#CC79A7'
SKY = '#56B4E9'
GREY = '#BBBBBB'
YELLOW = '#F0E442'
GREEN = '#009E73'

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
#: One for each lane, legible on both themes.
LANE_COLORS = (SKY, ORANGE, PURPLE, GREEN, YELLOW, GREY)
#: For label values without a colour of their own.
LABEL_COLORS = (SKY, YELLOW, GREEN, PURPLE, ORANGE, BLUE)
#: How much of the colour the paler shade keeps.
_PALE_ALPHA = 0.55


def code_colormap(colors: Mapping[int, str]) -> DirectLabelColormap:
    """Colour map of an error or change picture: each code and its paler shade."""
    table: dict[int | None, object] = {None: 'transparent', 0: 'transparent'}
    for code, color in colors.items():
        solid = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] + [1.0])
        table[int(code)] = solid
        table[int(code) + PALE] = solid * (1, 1, 1, _PALE_ALPHA)
    return DirectLabelColormap(color_dict=table)


def label_colormap(colors: Mapping[int, tuple[int, int, int] | None]) -> DirectLabelColormap:
    """Colour map of a label mask; a label without a colour gets one of `LABEL_COLORS`."""
    table: dict[int | None, object] = {None: 'transparent', 0: 'transparent'}
    for i, (value, rgb) in enumerate(colors.items()):
        table[value] = LABEL_COLORS[i % len(LABEL_COLORS)] if rgb is None else (*(c / 255 for c in rgb), 1.0)
    return DirectLabelColormap(color_dict=table)
