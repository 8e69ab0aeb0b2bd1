"""The prediction of an open case under the hand."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_segrobust.compare import compare
from napari_segrobust.explore.state import Lane
from napari_segrobust.lab import MaskEdit, edit_mask
from napari_segrobust.ui import commands
from napari_segrobust.ui.lab.own import edit_prediction
from napari_segrobust.ui.lab.room import Room
from napari_segrobust.ui.lab.words import number_words


@pytest.fixture(params=['shifted', 'threshold'])
def opened(request, explorer, panel, ball_case, qtbot):
    """The ball with its given mask, or with what a model made of it."""
    explorer.open_case(ball_case, [Lane(source=request.param, given=request.param == 'shifted')])
    session = explorer.session
    qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=60_000)
    return explorer


def test_the_prediction_is_edited_and_the_explorer_comes_back(opened, panel, ball_case, qtbot):
    viewer, session = opened.viewer, opened.session
    layers, labels = list(viewer.layers), session.volume.lanes[0].labels.copy()
    QTest.mouseClick(panel.perturb.edit, Qt.MouseButton.LeftButton)
    room = Room.of(viewer)
    qtbot.waitUntil(lambda: room.lab.settled)
    assert room.slide.title.text() == 'ball: object'
    assert room.lab.chosen == 1
    assert not room.panel.guess.isVisibleTo(room.panel)
    assert room.slide.cells[1].sides == ('A', 'P', 'R', 'L')
    assert room.slide.research.isVisibleTo(room.slide)
    assert room.slide.cells[1].picture.grey is not None

    room.panel.edits.add.setCurrentText('Dilate')
    room.panel.edits.rows[0].amount.control.box.setValue(2)
    qtbot.waitUntil(lambda: room.lab.settled)
    mask = edit_mask((labels == 1).astype(np.uint8), [MaskEdit(name='dilate', amount=2)], (2, 1, 1))
    np.testing.assert_array_equal(room.lab.found.panes[1].prediction, mask)
    keys = [row.spec.key for row in room.lab.found.rows]
    assert keys == list(session.metrics)
    expected = compare(
        ball_case.references['expert'],
        mask,
        (2, 1, 1),
        labels=[1],
        metrics=keys,
        tolerance_mm=session.state.tolerance_mm,
    )
    for line, key in enumerate(keys):
        assert room.slide.numbers[line, 'edited'].text().startswith(number_words(expected.metrics[1][key]))

    room.close()
    assert list(viewer.layers) == layers
    np.testing.assert_array_equal(session.volume.lanes[0].labels, labels)
    assert panel.isVisibleTo(panel.window())


def test_the_slider_of_the_viewer_goes_through_the_slices(opened, qtbot):
    viewer = opened.viewer
    room = edit_prediction(opened)
    qtbot.waitUntil(lambda: room.lab.settled)
    viewer.dims.set_current_step(0, 3)
    assert (room.lab.plane.axis, room.lab.plane.index) == (0, 3)
    room.slide.cells[0].scrolled.emit(1)
    assert viewer.dims.current_step[0] == 4
    room.close()


def test_a_plane_with_rows_upwards_keeps_the_hand_on_the_voxel(opened, qtbot):
    opened.viewer.dims.order = (1, 0, 2)
    qtbot.waitUntil(lambda: opened.session.settled and opened.session.status.kind == 'idle')
    room = edit_prediction(opened)
    qtbot.waitUntil(lambda: room.lab.settled)
    lab = room.lab
    assert (lab.plane.axis, lab.plane.up) == (1, lab.view.up)
    assert room.slide.cells[1].sides[:2] == ('S', 'I')
    cell = room.slide.cells[1]
    height = lab.found.panes[1].reference.shape[0] * 2.0
    room.slide._drag(cell, (3.0, 12.5), (1.0, 12.5))
    (edit,) = lab.bench.edits[1]
    assert edit.place[0] == (height - 3.0 if lab.plane.up else 3.0)
    assert edit.offset == ((2.0 if lab.plane.up else -2.0), 0.0, 0.0)
    room.close()


def test_without_a_prediction_it_says_so(explorer, panel):
    commands.edit_prediction()
    assert Room.of(explorer.viewer) is None
    assert not panel.perturb.edit.isEnabled()
