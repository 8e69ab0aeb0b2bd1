"""The strip of slices: what it says, and where a click goes."""

from __future__ import annotations

import math

import pytest
from qtpy.QtCore import QPoint, Qt

from napari_segrobust.ui.widgets.slice_rail import SliceRail

VALUES = (math.nan, 0.0, 0.5, 0.9, math.nan)


@pytest.fixture
def rail(qtbot, palette):
    rail = SliceRail(palette=palette)
    qtbot.addWidget(rail)
    rail.resize(200, 26)
    rail.set_values(VALUES, (math.nan, 0.8, 0.9, 0.9, math.nan), title='Dice', baseline='clean')
    rail.show()
    return rail


def test_it_says_what_it_shows(rail):
    assert rail.accessibleDescription() == 'Dice of 3 slices, worst 0 in slice 1'
    assert rail._words(2) == 'slice 2: Dice 0.500, clean 0.900'
    assert rail._words(0) == 'slice 0: no number: empty in both'
    rail.set_values((math.nan,), title='Dice')
    assert 'no slice has a number' in rail.accessibleDescription()


def test_a_click_and_a_drag_go_to_slices(qtbot, rail):
    chosen = []
    rail.chosen.connect(chosen.append)
    qtbot.mousePress(rail, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    qtbot.mouseRelease(rail, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    assert chosen == [2]
    qtbot.mouseClick(rail, Qt.MouseButton.LeftButton, pos=QPoint(199, 10))
    assert chosen == [2, 4]
    qtbot.mouseClick(rail, Qt.MouseButton.LeftButton, pos=QPoint(199, 10))
    assert chosen == [2, 4], 'it is there already'


def test_keys_step(qtbot, rail):
    rail.set_current(3)
    with qtbot.waitSignal(rail.chosen) as caught:
        qtbot.keyClick(rail, Qt.Key.Key_Left)
    assert caught.args == [2]
    rail.set_current(4)
    with qtbot.assertNotEmitted(rail.chosen):
        qtbot.keyClick(rail, Qt.Key.Key_Right)


def column(rail, index):
    """Colours of a column through the middle of a bar, from the top to the bottom."""
    picture = rail.grab().toImage()
    x = int((rail.left(index) + rail.left(index + 1)) / 2 * picture.width() / rail.width())
    return [picture.pixelColor(x, y).name() for y in range(picture.height())]


def test_a_slice_without_a_number_is_empty_and_one_of_zero_has_a_foot(rail):
    rail.set_values(VALUES)
    assert len(set(column(rail, 0))) == 1
    assert len(set(column(rail, 1))) == 2
    heights = [sum(colour == column(rail, index)[-1] for colour in column(rail, index)) for index in (1, 2, 3)]
    assert heights == sorted(heights)
    assert heights[0] < heights[1] < heights[2]


def test_nothing_is_painted_without_values(rail, qtbot):
    rail.set_values(())
    rail.set_current(None)
    qtbot.mouseClick(rail, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert not rail.grab().isNull()
    rail.set_pending(True)
    assert not rail.grab().isNull()
