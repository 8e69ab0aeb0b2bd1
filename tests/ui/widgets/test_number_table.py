"""Rows of windows: sorted by any column, undefined ones last, and chosen by a click."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.ui.widgets.number_table import Column, NumberTable

DICE = np.array([0.5, np.nan, 0.9, 0.1])


@pytest.fixture
def table(qtbot, palette):
    table = NumberTable('Windows')
    qtbot.addWidget(table)
    table.set_columns(
        [
            Column('#', 'place', np.arange(1, 5)),
            Column('Dice', 'overlap', DICE, absent=['', 'both empty', '', '']),
            Column('%', 'share', np.array([0.1, 0.2, 0.3, 0.4]), 100.0),
        ]
    )
    table.resize(300, 200)
    table.show()
    return table


def shown(table, column):
    model = table.model()
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def test_numbers_are_written_as_people_read_them(table):
    assert shown(table, 0) == ['1', '2', '3', '4']
    assert shown(table, 1) == ['0.500', 'both empty', '0.900', '0.100']
    assert shown(table, 2) == ['10.0', '20.0', '30.0', '40.0']


@pytest.mark.parametrize(
    ('order', 'rows'), [(Qt.SortOrder.AscendingOrder, '4132'), (Qt.SortOrder.DescendingOrder, '3142')]
)
def test_a_heading_sorts_and_what_is_undefined_comes_last(table, order, rows):
    table.sortByColumn(1, order)
    assert ''.join(shown(table, 0)) == rows
    table.set_columns([Column('#', '', np.arange(1, 5)), Column('Dice', '', DICE)])
    assert ''.join(shown(table, 0)) == rows, 'new numbers stay sorted'


def test_a_click_chooses_the_window_of_the_row(qtbot, table):
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    place = table.visualRect(table.model().index(0, 1)).center()
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [2]
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert chosen.args == [0]


def test_a_row_can_be_marked_without_choosing(qtbot, table):
    with qtbot.assertNotEmitted(table.chosen):
        table.set_current(3)
        assert [index.row() for index in table.selectionModel().selectedRows()] == [3]
        table.set_current(None)
    assert not table.selectionModel().hasSelection()


def test_a_row_is_opened_by_a_double_click_and_by_enter(qtbot, table):
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    place = table.visualRect(table.model().index(1, 1)).center()
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.args == [2]
    table.setCurrentIndex(table.model().index(0, 0))
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [3]


def test_words_stand_on_the_left_and_cells_have_tips(table):
    columns = [Column('who', '', np.arange(2), words=('anna', 'ben'), is_text=True, tips=('first', 'second'))]
    table.set_columns([*columns, Column('Dice', 'overlap', np.array([0.5, 0.6]))])
    model = table.model()
    left, right = (model.data(model.index(0, n), Qt.ItemDataRole.TextAlignmentRole) for n in (0, 1))
    assert left & int(Qt.AlignmentFlag.AlignLeft)
    assert right & int(Qt.AlignmentFlag.AlignRight)
    assert model.data(model.index(1, 0), Qt.ItemDataRole.ToolTipRole) == 'second'
    assert model.data(model.index(1, 1), Qt.ItemDataRole.ToolTipRole) is None
    assert table.columnWidth(0) > table.columnWidth(1)
