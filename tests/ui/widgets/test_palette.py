"""Contrast on both themes."""

import pytest
from qtpy.QtWidgets import QWidget

from napari_segrobust.ui.widgets.marks import LANE_COLOURS, lane_colour
from napari_segrobust.ui.widgets.palette import TEXT_CONTRAST, Palette, contrast, luminance, mix, theme_tree
from napari_segrobust.ui.widgets.section import Section
from napari_segrobust.ui.widgets.slider import SliderRow


def test_contrast_of_the_extremes():
    assert luminance('#000000') == 0
    assert luminance('#ffffff') == pytest.approx(1)
    assert contrast('#000000', '#ffffff') == pytest.approx(21)
    assert contrast('#123456', '#123456') == 1


def test_contrast_of_a_published_pair():
    # #767676 on white is the well-known lightest grey that passes 4.5
    assert contrast('#767676', '#ffffff') == pytest.approx(4.54, abs=0.005)


def test_mix():
    assert mix('#000000', '#ffffff', 0) == '#000000'
    assert mix('#000000', '#ffffff', 1) == '#ffffff'


def test_theme_type():
    assert Palette.from_theme('dark').is_dark
    assert not Palette.from_theme('light').is_dark


@pytest.mark.parametrize('surface', ['background', 'foreground'])
def test_every_ink_is_legible(palette, surface):
    behind = getattr(palette, surface)
    inks = [palette.text, palette.muted, palette.ink(palette.warning), palette.ink(palette.error)]
    inks += [lane_colour(lane, palette) for lane in range(len(LANE_COLOURS))]
    assert min(contrast(ink, behind) for ink in inks) >= TEXT_CONTRAST
    assert contrast(palette.accent, behind) >= 3


def test_lanes_differ(palette):
    assert len({lane_colour(lane, palette) for lane in range(6)}) == 6


def test_a_legible_colour_is_left_alone():
    assert Palette.from_theme('dark').ink('#E69F00'.lower()) == '#e69f00'


def test_theme_tree_reaches_the_children(qtbot):
    dark, light = Palette.from_theme('dark'), Palette.from_theme('light')
    root = QWidget()
    qtbot.addWidget(root)
    section = Section('Compare', palette=dark, parent=root)
    row = SliderRow('opacity', 0, 1, 0.05, tooltip='How much is seen through', palette=dark)
    section.body.addWidget(row)
    theme_tree(root, light)
    assert row.control._palette == light
