"""The painted matrix: where cells lie, and what a hand and the keys do with them."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QColor, QFocusEvent

from napari_segrobust.review import agree
from napari_segrobust.ui.review.matrix import MatrixView
from napari_segrobust.ui.review.matrix_data import matrix_of
from napari_segrobust.ui.widgets.palette import Palette


@pytest.fixture(scope='module')
def agreement():
    ball = np.zeros((3, 16, 16), np.uint8)
    ball[1, 4:10, 4:10] = 1
    masks = {'anna': ball, 'ben': np.roll(ball, 1, 1), 'carla': np.roll(ball, 2, 2), 'anna 2': np.roll(ball, 1, 2)}
    return agree(masks, spacing=(1, 1, 1), sessions={'anna 2': 'anna'}, allow=list(masks))


@pytest.fixture(params=['dark', 'light'])
def view(request, qtbot, agreement):
    made = MatrixView(palette=Palette.from_theme(request.param))
    qtbot.addWidget(made)
    made.resize(420, 160)
    made.show_matrix(matrix_of(agreement, 'dice', str))
    made.show()
    return made


def cells(view):
    return [(i, j) for i, row in enumerate(view._matrix.rows) for j, cell in enumerate(row.cells) if cell is not None]


def test_cells_do_not_overlap_and_lie_inside(view):
    rects = [view.cell_rect(*place) for place in cells(view)]
    assert all(view.rect().contains(rect.toRect()) for rect in rects)
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])
    assert [view.cell_at(rect.center()) for rect in rects] == cells(view)
    assert view.cell_at(view.cell_rect(0, 0).center()) is None


def test_a_cell_has_its_colour(view):
    image, ratio = view.grab().toImage(), view.devicePixelRatioF()
    for i, j in cells(view)[:6]:
        corner = (view.cell_rect(i, j).topLeft() * ratio).toPoint() + QPoint(3, 3)
        assert image.pixelColor(corner) == QColor(view._matrix.rows[i].cells[j].colour)


def test_a_click_opens_a_pair_and_a_rater_with_itself_nothing(qtbot, view):
    row = view._matrix.rows[0]
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.cell_rect(0, 2).center().toPoint())
    assert tuple(opened.args) == row.cells[2].pair
    with qtbot.assertNotEmitted(view.opened):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.cell_rect(1, 1).center().toPoint())


def test_arrows_go_from_pair_to_pair_and_enter_opens(qtbot, view):
    view.focusInEvent(QFocusEvent(QEvent.Type.FocusIn))
    assert view._place == (0, 1), 'the first pair'
    for key, place in (
        (Qt.Key.Key_Down, (2, 1)),  # a rater with itself is left out
        (Qt.Key.Key_Left, (2, 0)),
        (Qt.Key.Key_Left, (2, 0)),
        (Qt.Key.Key_Up, (1, 0)),
        (Qt.Key.Key_Right, (1, 2)),
    ):
        qtbot.keyClick(view, key)
        assert view._place == place
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert tuple(opened.args) == view._matrix.rows[1].cells[2].pair


def test_a_further_reading_is_reached_by_keys(qtbot, view):
    column = view._matrix.columns.index('anna')
    view._place = next((i, column) for i in (2, 1) if i != column)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view._matrix.rows[view._place[0]].is_again
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view, Qt.Key.Key_Space)
    assert opened.args == ['anna', 'anna 2']


def test_the_pointer_is_told_what_it_is_over(qtbot, view):
    qtbot.mouseMove(view, view.cell_rect(0, 1).center().toPoint())
    assert view._title_tip(view.cell_rect(2, 0).center() - QPoint(80, 0).toPointF()) == view._matrix.rows[2].tip
    assert view._title_tip(view.cell_rect(0, 1).center()) == ''


def test_it_says_its_numbers_and_what_stands_in_their_place(qtbot, view):
    assert view.accessibleDescription().startswith('Dice of 3 raters. ')
    plain = view.grab().toImage()
    view.set_pending(True)
    assert view.grab().toImage() != plain
    view.set_pending(False)
    view.set_open(view._matrix.rows[0].cells[1].pair)
    assert view.grab().toImage() != plain
    view.show_matrix(None, 'Pending')
    assert view.accessibleDescription() == 'Pending'
    assert not view.grab().isNull()
    with qtbot.assertNotEmitted(view.opened):
        qtbot.keyClick(view, Qt.Key.Key_Return)
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 60))


def test_undefined_cells_are_hatched(view):
    empty = np.zeros((3, 16, 16), np.uint8)
    view.show_matrix(matrix_of(agree({'a': empty, 'b': empty.copy()}, spacing=(1, 1, 1)), 'dice', str))
    image, rect = view.grab().toImage(), view.cell_rect(0, 1).toRect()
    ratio = view.devicePixelRatioF()
    top = {
        image.pixelColor(round(x * ratio), round((rect.top() + 2) * ratio)).name()
        for x in range(rect.left() + 2, rect.right() - 2)
    }
    assert len(top) > 1, 'a hatch, not a plain surface'
