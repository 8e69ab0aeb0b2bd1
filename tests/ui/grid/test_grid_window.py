"""The grid in a real window: it follows the live loop, plays, sorts, goes through slices, and exports."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
from PIL import Image
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_segrobust.explore.state import Lane
from napari_segrobust.grid.figure import NOTHING
from napari_segrobust.ui import commands
from napari_segrobust.ui.grid.layer import NAME
from napari_segrobust.ui.grid.room import show_grid


def turn(board, steps, modifiers=Qt.KeyboardModifier.NoModifier):
    """Turn the wheel over the first cell."""
    place = board.cell(0, 0).center()
    up = QPoint(0, 120 * steps)
    no = Qt.MouseButton.NoButton
    event = QWheelEvent(
        place, board.mapToGlobal(place), QPoint(), up, no, modifiers, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(board, event)


def test_the_grid_follows_plays_and_exports(qtbot, explorer, panel, ball_case, threshold_model, tmp_path):
    session, viewer = explorer.session, explorer.viewer
    session.models['wide'] = threshold_model('wide', bias=0.4)
    explorer.open_case(ball_case, [Lane(source='threshold'), Lane(source='wide')])
    panel.model.grid.click()
    grid = show_grid(viewer)
    qtbot.waitUntil(lambda: grid.grid is not None and len(grid.grid.rows) == 2, timeout=60_000)
    board = grid.board
    assert grid.simulated.text() == NOTHING
    assert board.columns == ('clean', 'reference', 'perturbed', 'prediction')

    # Rows are the live loop's own answers, and stay sorted.
    session.state.set_perturbation(0, severity=5.0)
    qtbot.waitUntil(lambda: session.settled and grid.grid.severity == 5.0, timeout=60_000)
    assert grid.grid.rows[0].prediction is session.plane.lanes[0].labels
    assert grid.simulated.text() == grid.grid.simulated
    better = max(grid.grid.rows, key=lambda row: row.value('dice')).name
    for order, first in (('best first', True), ('worst first', False)):
        grid.controls.order_chosen.emit(order)
        assert (grid.grid.rows[0].name == better) is first
    assert {row.lane: len(board.courses.points[row.lane]) for row in grid.grid.rows} == {0: 2, 1: 2}

    # All cells are zoomed together, and slices move the viewer.
    turn(board, 3)
    assert board.view.zoom > 1.5
    assert grid.figure_style().view is not None
    qtbot.mouseDClick(board, Qt.MouseButton.LeftButton, pos=board.cell(0, 0).center().toPoint())
    assert grid.figure_style().view is None
    turn(board, 1, Qt.KeyboardModifier.ShiftModifier)
    assert viewer.dims.current_step[0] == session.state.plane.index == 7
    qtbot.waitUntil(lambda: grid.grid.place.endswith('8 of 12'), timeout=60_000)

    # The agreement is a column, and a layer on the canvas.
    grid.controls.agreement.setChecked(True)
    grid.controls.layer.setChecked(True)
    assert board.columns[-1] == 'agreement'
    np.testing.assert_array_equal(viewer.layers[NAME].data[7], grid.grid.agreement.entropy_bits)
    assert viewer.layers[NAME].data.any()
    viewer.layers.remove(NAME)
    assert not grid.controls.layer.isChecked()

    # Playing goes to the end and turns round; each picture is seen before the next is asked for.
    seen = []
    session.plane_ready.connect(lambda update: seen.append(update.request.severity))
    grid.controls.speed_chosen.emit('fast')
    grid.controls.play.click()
    qtbot.waitUntil(lambda: len(seen) >= 4, timeout=60_000)
    grid.controls.play.click()
    assert not grid.player.is_playing
    assert seen[:4] == [4.75, 4.5, 4.25, 4.0], 'from the end back'

    # Exports are made in the background, one at a time.
    with qtbot.waitSignal(grid.exports.written, timeout=60_000):
        assert grid.export_figure(tmp_path / 'grid.svg')
        assert not grid.export_figure(tmp_path / 'other.svg')
    said = [text.text for text in ET.parse(tmp_path / 'grid.svg').iter('{http://www.w3.org/2000/svg}text')]
    assert 'Agreement' in said
    assert any(words.startswith('SIMULATED gaussian noise') for words in said if words)
    with qtbot.waitSignal(grid.exports.written, timeout=60_000):
        assert grid.export_film(tmp_path / 'grid.gif', step=2.5)
        assert grid.controls.cancel.isVisible()
    with Image.open(tmp_path / 'grid.gif') as film:
        assert film.n_frames == 4
    assert not grid.controls.cancel.isVisible()
    assert grid.export_film(tmp_path / 'never.gif')
    grid.controls.cancel.click()
    assert not grid.exports.is_busy
    assert not (tmp_path / 'never.gif').exists()

    commands.architecture_grid()
    assert not grid.isVisible()
    commands.architecture_grid()
    assert show_grid(viewer) is grid
    grid.board.setFocus()
    qtbot.keyClick(grid.board, Qt.Key.Key_PageDown)
    assert session.state.plane.index == 6
    assert grid.board.cell(0, 0).contains(grid.board.view.transform(grid.board.cell(0, 0)).map(QPointF(12, 12)))
