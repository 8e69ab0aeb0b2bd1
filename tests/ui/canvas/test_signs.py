"""Signs over the canvas: painted by their pane and onto pictures, never in the way of the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QApplication, QWidget

from napari_segrobust.ui.canvas.colors import ERROR_CHIPS, rgb
from napari_segrobust.ui.canvas.signs import Pane, Signs

EDGES = {
    'top': np.s_[:40, 150:250],
    'bottom': np.s_[-40:, 150:250],
    'left': np.s_[130:170, :40],
    'right': np.s_[130:170, -40:],
}


@pytest.fixture
def picture() -> np.ndarray:
    return np.full((300, 400, 3), 90, np.uint8)


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return (after[..., :3] != before).any(axis=2)


def test_nothing_to_say_changes_nothing(qapp, picture):
    assert not changed(picture, Signs().stamped(picture)).any()


@pytest.mark.parametrize('edge', EDGES)
def test_every_letter_stands_at_its_own_edge(qapp, picture, edge):
    signs = Signs()
    signs.show_letters(tuple('A' if name == edge else '' for name in EDGES), (1, 1))
    ink = changed(picture, signs.stamped(picture))
    assert ink[EDGES[edge]].any()
    assert ink.sum() == ink[EDGES[edge]].sum()


def test_every_cell_has_its_letters(qapp, picture):
    signs = Signs()
    signs.show_letters(('A', 'P', 'R', 'L'), (1, 2))
    ink = changed(picture, signs.stamped(picture))
    np.testing.assert_array_equal(ink[:, :200], ink[:, 200:])


def test_the_legend_has_the_colours_of_the_map(qapp, picture):
    signs = Signs()
    signs.show_legend(ERROR_CHIPS)
    corner = signs.stamped(picture)[:100, 200:, :3].reshape(-1, 3)
    for chip in ERROR_CHIPS:
        assert (corner == np.round(255 * np.array(rgb(chip.color)))).all(axis=1).sum() > 100


def test_notes_leave_the_picture_above_them_alone(qapp, picture):
    signs = Signs()
    signs.show_notes(['Research use. Not a medical device.', 'orientation unknown'])
    ink = changed(picture, signs.stamped(picture))
    assert ink[200:, :200].any()
    assert not ink[:200].any()
    assert not ink[:, 200:].any()


def test_a_picture_of_more_pixels_has_larger_signs(qapp, picture):
    signs = Signs()
    signs.show_legend(ERROR_CHIPS)
    fine = np.full((600, 800, 3), 90, np.uint8)
    small, large = changed(picture, signs.stamped(picture)).sum(), changed(fine, signs.stamped(fine, 2.0)).sum()
    assert large == pytest.approx(4 * small, rel=0.1)


def test_the_picture_itself_is_not_written_on(qapp, picture):
    before = picture.copy()
    signs = Signs()
    signs.show_legend(ERROR_CHIPS)
    signs.stamped(picture)
    np.testing.assert_array_equal(picture, before)


def test_the_pane_lets_the_mouse_through_and_follows_its_canvas(qtbot):
    canvas, signs = QWidget(), Signs()
    qtbot.addWidget(canvas)
    canvas.resize(300, 200)
    signs.lie_over(canvas)
    signs.lie_over(canvas)
    (pane,) = canvas.findChildren(QWidget)
    assert pane.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    canvas.resize(400, 300)
    signs.follow_size()
    assert pane.size() == canvas.size()


def test_signs_outlive_their_canvas(qtbot):
    canvas, signs = QWidget(), Signs()
    signs.lie_over(canvas)
    with qtbot.waitSignal(canvas.destroyed):
        canvas.deleteLater()
    signs.show_notes(['still here'])
    signs.close()
    signs.close()


def test_signs_lie_over_the_canvas_of_the_real_window(explorer, panel):
    canvas = panel.window().centralWidget().findChild(QOpenGLWidget)
    panes = [child for child in canvas.findChildren(QWidget) if type(child) is Pane]
    assert len(panes) == 1
    explorer.shutdown()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not any(type(child) is Pane for child in canvas.findChildren(QWidget))
