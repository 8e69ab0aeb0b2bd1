"""Rows of windows: sorted by any column, undefined ones last, and chosen by a click."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.ui.windows.table import Column, WindowTableView

DICE = np.array([0.5, np.nan, 0.9, 0.1])


@pytest.fixture
def table(qtbot, palette):
    table = WindowTableView(palette=palette)
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
