"""Masks change under the hand, and the numbers are those of the changed masks."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_segrobust.compare import compare
from napari_segrobust.lab import EMPTY_POLICIES, HD95_DEFINITIONS, TRIALS, MaskEdit, edit_mask, mask_edits, scenes
from napari_segrobust.ui.lab.latest import Latest
from napari_segrobust.ui.lab.words import number_words


def add(room, qtbot, title: str):
    room.panel.edits.add.setCurrentText(title)
    qtbot.waitUntil(lambda: room.lab.settled)
    return room.panel.edits.rows[-1]


def shown(room, key: str) -> list[str]:
    line = next(i for i, row in enumerate(room.lab.found.rows) if row.spec.key == key)
    return [text.text().removesuffix('  \u2713') for (row, _), text in room.slide.numbers.items() if row == line]


def test_a_slider_changes_masks_and_numbers_of_its_pane_alone(stage, qtbot):
    room, scene = stage('holes'), scenes()['holes']
    QTest.mouseClick(room.panel.guess.all, Qt.MouseButton.LeftButton)
    before = shown(room, 'dice')
    row = add(room, qtbot, 'Dilate')
    row.amount.control.slider.setValue(30)
    assert row.amount.value() == pytest.approx(3.0)
    qtbot.waitUntil(lambda: room.lab.settled)
    pane = scene.draw()[0]
    mask = edit_mask(pane.prediction, [MaskEdit(name='dilate', amount=3)], pane.spacing)
    np.testing.assert_array_equal(room.lab.found.panes[0].prediction, mask)
    expected = compare(pane.reference, mask, pane.spacing, labels=[1], metrics=scene.metrics, settings=pane.settings)
    for key in scene.metrics:
        assert shown(room, key)[0] == number_words(expected.metrics[1][key])
    assert shown(room, 'dice')[1] == before[1]
    assert room.slide.count.text().endswith('changed')
    QTest.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: room.lab.settled)
    assert shown(room, 'dice') == before
    assert not room.panel.edits.rows


def test_every_edit_has_a_row_and_is_seen(stage, qtbot):
    room = stage('five_raters')
    for name, spec in mask_edits().items():
        row = add(room, qtbot, spec.title)
        assert row.spec is spec
        assert len(row.axes) == (2 if spec.offset else 0)
        assert (row.radius is None) == (spec.radius is None)
        assert room.lab.bench.edits[0][-1].name == name
        assert room.lab.bench.edits[0][-1].amount == spec.amount.default
        assert not room.lab.found.fault
        changed = room.lab.found.panes[0].prediction
        assert (changed != scenes()['five_raters'].draw()[0].prediction).any() or name == 'drag'
        QTest.mouseClick(room.panel.edits.reset, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: room.lab.settled)
    assert not room.lab.bench.changed


def test_a_shift_has_a_slider_for_each_axis(stage, qtbot):
    room = stage('spacing')
    row = add(room, qtbot, 'Shift')
    assert [slider.label.text() for slider in row.axes] == ['z', 'y', 'x']
    row.axes[0].control.box.setValue(3)
    row.axes[2].control.box.setValue(0)
    qtbot.waitUntil(lambda: room.lab.settled)
    before = scenes()['spacing'].draw()[0].prediction
    np.testing.assert_array_equal(room.lab.found.panes[0].prediction, np.roll(before, 1, 0))
    row.axes[0].control.box.setValue(0)
    assert not room.lab.bench.changed


def test_another_pane_is_changed_once_it_is_chosen(stage, qtbot):
    room = stage('holes')
    room.panel.edits.pane.setCurrentIndex(1)
    add(room, qtbot, 'Empty')
    assert room.lab.bench.edits.keys() == {1}
    assert [cell.chosen for cell in room.slide.cells] == [False, True]
    QTest.mouseClick(room.slide.cells[0], Qt.MouseButton.LeftButton)
    assert room.panel.edits.pane.currentIndex() == 0
    assert not room.panel.edits.rows
    assert [cell.chosen for cell in room.slide.cells] == [True, False]


def test_a_blob_is_dragged_with_the_mouse(stage, qtbot):
    room = stage('holes')
    cell = room.slide.cells[0]
    start, end = (cell.frame().topLeft() + QPoint(*at) * cell.scale() for at in ((4, 15), (1, 15)))
    before = room.lab.found.panes[0].prediction
    QTest.mousePress(cell, Qt.MouseButton.LeftButton, pos=start.toPoint())
    for point in (start + (end - start) / 2, end):
        qtbot.mouseMove(cell, point.toPoint())
    QTest.mouseRelease(cell, Qt.MouseButton.LeftButton, pos=end.toPoint())
    (edit,) = room.lab.bench.edits[0]
    assert edit.name == 'drag'
    assert edit.place == pytest.approx((15, 4), abs=0.5)
    assert edit.offset == pytest.approx((0, -3), abs=0.5)
    qtbot.waitUntil(lambda: room.lab.settled and bool((room.lab.found.panes[0].prediction != before).any()))
    assert room.panel.edits.rows[0].spec.name == 'drag'


def test_hidden_numbers_stay_hidden_while_masks_change(stage, qtbot):
    room = stage('holes')
    add(room, qtbot, 'Erode')
    assert {text.text() for text in room.slide.numbers.values()} == {'?'}


def test_what_cannot_be_done_is_said_and_the_masks_stay(stage, qtbot):
    room = stage('holes')
    before = room.lab.found.panes
    room.lab.bench.add(0, MaskEdit(name='hole', amount=2, place=(1.0, 2.0, 3.0)))
    qtbot.waitUntil(lambda: room.lab.settled and bool(room.lab.found.fault))
    assert room.lab.found.panes is before
    assert 'one number per axis' in room.panel.edits.fault.text()


# -- beside the numbers -------------------------------------------------------------------------------------------


def test_beside_the_numbers_nothing_is_shown_before_they_are(stage):
    room = stage('over_under')
    assert not room.panel.extras.isVisible()
    room.lab.game.reveal_all()
    assert room.panel.extras.isVisible()


def test_beta_decides_which_is_worse(stage, qtbot):
    room = stage('over_under')
    room.lab.game.reveal_all()
    pane = scenes()['over_under'].draw()[0]
    for beta in (0.5, 2.0):
        room.panel.extras.beta.control.box.setValue(beta)
        qtbot.waitUntil(lambda: room.lab.settled)
        value = pane.with_settings(beta=beta).compare(['f_beta']).metrics[1]['f_beta']
        assert shown(room, 'f_beta')[0] == number_words(value)


def test_outer_contours_call_a_hole_perfect(stage, qtbot):
    room = stage('holes')
    room.lab.game.reveal_all()
    room.panel.extras.outer.setChecked(True)
    qtbot.waitUntil(lambda: room.lab.settled)
    assert shown(room, 'hd')[0] == '0 px'


def test_tables_of_other_tools_and_the_scorecard(stage, qtbot):
    room = stage('empty_maps')
    room.lab.game.reveal_all()
    extras = room.panel.extras
    assert [line[0] for line in extras._shown[1:]] == [policy.tool for policy in EMPTY_POLICIES]
    extras.metrics.setCurrentText('HD')
    assert extras._shown[1] == ['MetricsReloaded', '0', 'NaN', 'NaN']
    stage('annotation_noise').lab.game.reveal_all()
    assert [words for _, words in extras._shown] == list(HD95_DEFINITIONS.values())
    stage('resolution').lab.game.reveal_all()
    assert [line[0] for line in extras._shown[2:-1]] == [trial.title for trial in TRIALS]
    before = extras._shown
    room.panel.edits.pane.setCurrentIndex(3)
    qtbot.waitUntil(lambda: room.lab.settled)
    assert extras._shown != before


# -- the thread ---------------------------------------------------------------------------------------------------


def test_only_the_newest_work_is_done(qtbot):
    done, gate = [], threading.Event()
    latest = Latest(done.append)

    def slow():
        gate.wait()
        return 'slow'

    latest.ask(slow)
    for number in range(20):
        latest.ask(lambda number=number: number)
    gate.set()
    qtbot.waitUntil(lambda: not latest.busy and len(done) == 2)
    assert done == ['slow', 19]
    latest.ask(lambda: 'late')
    latest.close()
    assert not latest._pool._threads or all(not thread.is_alive() for thread in latest._pool._threads)
