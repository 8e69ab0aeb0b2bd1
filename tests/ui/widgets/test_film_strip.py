"""Frames, and playing them forth and back."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QPixmap

from napari_segrobust.ui.widgets.film_strip import FilmStrip

TITLES = ('easiest', 'clean', 'hardest')


@pytest.fixture
def strip(qtbot, palette):
    strip = FilmStrip(palette=palette, ready=lambda: strip.seen)
    strip.seen = True
    qtbot.addWidget(strip)
    strip.frames.set_titles(TITLES)
    strip.chosen.connect(strip.frames.set_current)
    strip.timer.setInterval(1)
    strip.resize(320, 110)
    strip.show()
    return strip


def test_a_click_goes_there(qtbot, strip):
    with qtbot.waitSignal(strip.chosen) as caught:
        place = strip.frames.box(2).center().toPoint()
        qtbot.mouseClick(strip.frames, Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [2]


def test_arrows_step_and_stop_at_the_ends(qtbot, strip):
    seen = []
    strip.chosen.connect(seen.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(strip.frames, key)
    assert seen == [0, 1, 2, 2, 1]


def test_it_plays_forth_and_back_and_pauses(qtbot, strip):
    seen = []
    strip.chosen.connect(seen.append)
    with qtbot.waitSignal(strip.playing_changed) as caught:
        qtbot.mouseClick(strip.play, Qt.MouseButton.LeftButton)
    assert caught.args == [True]
    qtbot.waitUntil(lambda: len(seen) >= 7)
    assert seen[:7] == [0, 1, 2, 1, 0, 1, 2]
    qtbot.mouseClick(strip.play, Qt.MouseButton.LeftButton)
    assert not strip.is_playing()


def test_it_waits_until_a_frame_is_seen(qtbot, strip):
    strip.seen = False
    seen = []
    strip.chosen.connect(seen.append)
    strip.play.setChecked(True)
    with qtbot.waitSignals([strip.timer.timeout] * 3):
        pass
    assert seen == []
    strip.seen = True
    qtbot.waitUntil(lambda: bool(seen))


def test_choosing_by_hand_pauses(qtbot, strip):
    strip.play.setChecked(True)
    qtbot.keyClick(strip.frames, Qt.Key.Key_Right)
    assert not strip.is_playing()


def test_frames_say_their_numbers(strip):
    strip.frames.set_frame(0, QPixmap(4, 4), 0.814)
    strip.frames.set_frame(1, QPixmap(4, 4), None)
    assert strip.frames.values() == [0.814, None, None]
    assert strip.frames.accessibleDescription() == 'easiest 0.814, clean, hardest'
    assert not strip.grab().isNull()
