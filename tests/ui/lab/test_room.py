"""The lab opens, is played with mouse and keys, and leaves nothing behind."""

from __future__ import annotations

import threading

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QDockWidget

from napari_segrobust.lab import SAME, scenes
from napari_segrobust.ui import commands
from napari_segrobust.ui.keys import KEYS
from napari_segrobust.ui.lab.keys import LAB_KEYS
from napari_segrobust.ui.lab.room import Room
from napari_segrobust.ui.lab.words import number_words
from napari_segrobust.ui.widgets.palette import Palette


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def press(room: Room, key: str) -> None:
    QTest.keySequence(room.slide, QKeySequence(key))


def numbers(room: Room, line: int) -> list[str]:
    return [label.text() for (row, _), label in room.slide.numbers.items() if row == line]


def docks(room: Room) -> list[str]:
    window = room.dock.window()
    return sorted(dock.objectName() for dock in window.findChildren(QDockWidget) if dock.isVisible())


# -- scenes -------------------------------------------------------------------------------------------------------


def test_it_opens_on_the_first_scene_over_the_canvas(room):
    first = next(iter(scenes().values()))
    slide = room.slide
    assert slide.isVisible()
    assert slide.size() == slide.parentWidget().size()
    assert slide.title.text() == first.title
    assert slide.question.text() == first.question.text
    assert [cell.picture.shape for cell in slide.cells] == [(22, 22), (22, 22)]
    assert not slide.explanation.isVisible()


def test_every_scene_is_shown_with_its_numbers(stage):
    for name, scene in scenes().items():
        room = stage(name)
        assert len(room.slide.cells) == len(scene.panes)
        assert list(room.slide.buttons) == [*scene.contestants, SAME]
        assert {label.text() for label in room.slide.numbers.values()} == {'?'}
        click(room.panel.guess.all)
        for line, row in enumerate(room.lab.found.rows):
            shown = [text.removesuffix('  \u2713') for text in numbers(room, line)]
            assert shown == [number_words(value) for value in row.values.values()]
            marked = [one for one, text in zip(row.values, numbers(room, line), strict=True) if '\u2713' in text]
            assert marked == [one for one in row.values if one in row.right]
        assert room.slide.explanation.isVisible()
        assert room.slide.explanation.text() == scene.explanation


def test_next_and_previous_by_button_key_and_chooser(room, qtbot):
    game = room.lab.game
    click(room.panel.forth)
    assert game.index == 1
    press(room, 'PgDown')
    assert game.index == 2
    press(room, 'PgUp')
    click(room.panel.back)
    assert game.index == 0
    room.panel.scene.setCurrentText('Holes')
    qtbot.waitUntil(lambda: room.lab.settled)
    assert room.slide.title.text() == 'Holes'
    click(room.panel.back)
    assert room.panel.scene.currentText() == 'Alignment'


def test_a_volume_is_shown_in_the_plane_that_tells_most_and_the_wheel_leaves_it(stage):
    room = stage('spacing')
    plane = room.lab.plane
    for pane in room.lab.found.panes:
        assert (plane.of(pane.reference) != plane.of(pane.prediction)).any()
    room.slide.cells[0].scrolled.emit(1)
    assert (room.lab.plane.axis, room.lab.plane.index) == (plane.axis, plane.index + 1)


# -- guess first --------------------------------------------------------------------------------------------------


def test_a_guess_reveals_one_number_and_says_right_or_wrong(stage):
    room = stage('holes')
    click(room.slide.buttons['a hole inside'])
    assert room.slide.verdict.text() == 'HD: \u2717 wrong, it is too small all round'
    assert '?' not in numbers(room, 0)
    assert numbers(room, 1) == ['?', '?']
    press(room, '1')
    assert room.slide.verdict.text().startswith('Dice: \u2713 right') == ('a hole inside' in room.lab.game.last.right)
    assert room.lab.game.answered == 2
    press(room, 'R')
    press(room, 'R')
    assert room.lab.game.ask is None
    press(room, 'Shift+R')
    assert room.lab.game.answered == 0
    assert numbers(room, 0) == ['?', '?']


def test_no_difference_is_an_answer(stage):
    room = stage('alignment')
    press(room, '0')
    assert 'right, no difference' in room.slide.verdict.text()


def test_a_class_raises_hands(stage):
    room = stage('structure_size')
    click(room.panel.guess.for_class)
    for _ in range(3):
        press(room, '1')
    room.panel.guess.hands['small'].setValue(2)
    assert room.slide.buttons['large'].text() == 'This one (1)   3 hands'
    assert numbers(room, 0) == ['?', '?']
    click(room.panel.guess.reveal)
    assert room.slide.verdict.text() == 'Dice: \u2713 3 of 5 hands right, large'
    assert room.panel.guess.tally.text() == 'tally: 3 right, 2 wrong'
    assert room.slide.count.text().startswith('3 right, 2 wrong')
    click(room.panel.guess.forget)
    assert room.panel.guess.tally.text() == 'tally: 0 right, 0 wrong'


# -- the window ---------------------------------------------------------------------------------------------------


def test_presenting_folds_the_dock_and_writes_large(room):
    small = room.slide.fontMetrics().height(), room.slide.title.fontMetrics().height()
    press(room, 'P')
    assert docks(room) == []
    assert room.slide.title.fontMetrics().height() > small[1]
    press(room, 'P')
    assert docks(room) == ['Pitfall lab']
    assert room.slide.title.fontMetrics().height() == small[1]


def test_the_theme_is_followed(room):
    room.viewer.theme = 'light'
    assert Palette.from_theme('light').background in room.slide.styleSheet()
    assert room.panel.guess.palette_ == Palette.from_theme('light')


def test_its_keys_are_not_those_of_the_explorer():
    assert not {key.key for key in KEYS} & {key.key for key in LAB_KEYS}


def test_closing_leaves_nothing_behind(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    layer = viewer.add_labels(np.zeros((4, 4), np.uint8))
    watched = (viewer.events.theme, viewer.layers.events.inserted)
    before = set(viewer.keymap), [len(event.callbacks) for event in watched], set(viewer.window.dock_widgets)
    room = Room.open(viewer)
    assert Room.of(viewer) is Room.open(viewer) is room
    game, bench, slide = room.lab.game, room.lab.bench, room.slide
    qtbot.waitUntil(lambda: room.lab.settled and docks(room) == ['Pitfall lab'])
    click(room.panel.leave)
    after = set(viewer.keymap), [len(event.callbacks) for event in watched], set(viewer.window.dock_widgets)
    assert after == before
    assert not slide.isVisible()
    assert list(viewer.layers) == [layer]
    assert set(viewer.layers.selection) == {layer}
    assert Room.of(viewer) is None
    for name in ('index', 'answered', 'hands', 'tally'):
        assert len(getattr(game.events, name)) == 0
    for name in ('scene', 'edits', 'settings', 'outer_contours'):
        assert len(getattr(bench.events, name)) == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith('pitfall lab')]
    room.close()


def test_what_is_opened_while_it_is_open_is_shown(room, qtbot):
    viewer = room.viewer
    viewer.add_image(np.zeros((4, 4)))
    qtbot.waitUntil(lambda: Room.of(viewer) is None)


def test_the_x_of_the_dock_closes_it(room, qtbot):
    viewer = room.viewer
    room.dock.close()
    qtbot.waitUntil(lambda: Room.of(viewer) is None)


def test_menu_and_palette_open_it(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.open_sample('napari-segrobust', 'pitfalls')
    qtbot.waitUntil(lambda: Room.of(viewer) is not None)
    assert not viewer.layers
    commands.pitfall_lab()
    assert Room.of(viewer) is None
    commands.pitfall_lab()
    assert Room.of(viewer) is not None
    commands.pitfall_lab()


def test_a_window_that_closes_takes_it_along(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    room = Room.open(viewer)
    qtbot.waitUntil(lambda: room.lab.settled)
    viewer.close()
    qtbot.waitUntil(lambda: Room.of(viewer) is None)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith('pitfall lab')]
    room.close()
