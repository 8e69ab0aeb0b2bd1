"""Rows that are dragged to another place."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QLabel

from napari_segrobust.ui.widgets.row_column import Grip, RowColumn


@pytest.fixture
def column(qtbot, palette):
    column = RowColumn(palette=palette)
    qtbot.addWidget(column)
    rows = [QLabel(word) for word in ('first', 'second', 'third')]
    for row in rows:
        row.setFixedHeight(40)
    column.set_rows(rows)
    column.grips = [Grip(row.text(), palette=palette, parent=row) for row in rows]
    for row, grip in zip(rows, column.grips, strict=True):
        grip.show()
        column.hold(row, grip)
    column.resize(200, 140)
    column.show()
    return column


def drag(qtbot, column, start, to):
    """Drag a row by its grip to a height in the column."""
    grip = column.grips[start]
    end = grip.mapFrom(column, QPoint(10, to))
    qtbot.mousePress(grip, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    for place in (QPoint(5, 8), end):
        qtbot.mouseMove(grip, place)
    qtbot.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=end)


@pytest.mark.parametrize(('start', 'to', 'end'), [(0, 130, 2), (2, 2, 0), (0, 75, 1)])
def test_a_row_lands_where_it_is_dropped(qtbot, column, start, to, end):
    with qtbot.waitSignal(column.moved) as caught:
        drag(qtbot, column, start, to)
    assert caught.args == [start, end]


def test_a_row_that_is_put_back_does_not_move(qtbot, column):
    with qtbot.assertNotEmitted(column.moved):
        drag(qtbot, column, 1, column.grips[1].mapTo(column, QPoint(0, 12)).y())


def test_keys_move_by_one(qtbot, column):
    for key, by in ((Qt.Key.Key_Up, -1), (Qt.Key.Key_Down, 1)):
        with qtbot.waitSignal(column.grips[1].stepped) as caught:
            qtbot.keyClick(column.grips[1], key)
        assert caught.args == [by]
