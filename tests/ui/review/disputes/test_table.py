"""The worklist in words, and as it is painted."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.review.disputes import Dispute
from napari_segrobust.ui.canvas.colors import SKY
from napari_segrobust.ui.review.disputes.cast import Cast
from napari_segrobust.ui.review.disputes.table import DisputeRow, DisputeTable
from napari_segrobust.ui.widgets.palette import Palette

WHERE = np.arange(3)


def dispute(**changes):
    fields = {
        'kind': 'deep', 'volume': 1.234, 'voxels': 3, 'depth': 4.0, 'entropy': 0.9, 'inside': ('ben',),
        'outside': ('anna', 'carla'), 'slices': (4, 6), 'position': (4, 1, 1), 'where': WHERE,
    }  # fmt: skip
    return Dispute(**{**fields, **changes})


@pytest.fixture(params=['dark', 'light'])
def table(qtbot, request):
    made = DisputeTable(palette=Palette.from_theme(request.param))
    qtbot.addWidget(made)
    made.resize(600, 200)
    return made


def words(table, row):
    return [table.model().index(row, column).data() for column in range(7)]


def test_a_row_says_what_where_and_how_it_stands(table):
    rows = [DisputeRow(dispute(), 'open'), DisputeRow(dispute(kind='object', depth=None, slices=(7, 8)), 'B', True)]
    table.set_rows(rows, Cast(('carla', 'ben', 'anna')), ('ml', 'mm', 'slices'))
    assert words(table, 0) == ['1', 'deep piece', '1.23', '4.00', '', '4\u20135', 'open']
    assert words(table, 1) == ['2', 'object', '1.23', '\u2013', '', '7', 'B']
    tip = table.model().index(0, 4).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == 'in: B ben, out: A carla C anna'


def test_blinded_a_row_holds_no_name(table):
    table.set_rows([DisputeRow(dispute())], Cast(('carla', 'ben', 'anna'), names_shown=False), ('ml', 'mm', 'slices'))
    assert table.model().index(0, 4).data(Qt.ItemDataRole.ToolTipRole) == 'in: B, out: A C'


def test_who_is_in_is_filled_and_who_is_out_is_outlined(table):
    rows = [DisputeRow(dispute(inside=inside, outside=outside)) for inside, outside in (('a', ''), ('', 'a'))]
    table.set_rows(rows, Cast(('a',)), ('ml', 'mm', 'slices'))
    picture = table.viewport().grab().toImage()
    left, top = table.columnViewportPosition(4), table.rowViewportPosition(0)
    height = table.rowHeight(0)

    def count(row):
        columns, lines = range(left, left + 24), range(top + row * height, top + (row + 1) * height)
        return sum(picture.pixelColor(x, y).name().upper() == SKY for x in columns for y in lines)

    assert count(0) > 80
    assert count(1) < 20


def test_a_hand_chooses_and_setting_does_not(table, qtbot):
    table.set_rows([DisputeRow(dispute())] * 3, Cast(('a',)), ('ml', 'mm', 'slices'))
    seen = []
    table.chosen.connect(seen.append)
    table.set_current(1)
    assert seen == []
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert seen == [2]
