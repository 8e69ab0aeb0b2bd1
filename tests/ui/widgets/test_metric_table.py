"""Words, arithmetic and hands of the metric table."""

import csv
import io
from dataclasses import replace

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QGuiApplication

from napari_segrobust.ui.widgets.metric_model import CHANGE, CLEAN, METRIC, NOW
from napari_segrobust.ui.widgets.metric_rows import (
    Family,
    MetricRow,
    change_text,
    course,
    now_text,
    spoken,
    verdict,
)
from napari_segrobust.ui.widgets.metric_table import MetricTable

DICE = MetricRow('dice', 'Dice', number=0.8134, clean=0.9312, change=-0.1178, better='higher', definition='Overlap')
HD95 = MetricRow('hd95', 'HD95', number=6.2, unit='mm', clean=1.4, change=4.8, better='lower', chip='voxel surfaces')
RECALL = MetricRow('recall', 'Recall', status='reference_empty', reason='reference empty')
ROWS = (DICE, HD95, RECALL)


@pytest.fixture
def table(qtbot, palette):
    table = MetricTable(palette=palette)
    table.set_rows(ROWS)
    qtbot.addWidget(table)
    table.resize(480, 200)
    table.show()
    return table


@pytest.mark.parametrize(
    ('better', 'number', 'clean', 'word'),
    [
        ('higher', 0.8, 0.9, 'worse'),
        ('higher', 0.9, 0.8, 'better'),
        ('lower', 6.0, 1.0, 'worse'),
        ('lower', 1.0, 6.0, 'better'),
        ('zero', -0.3, 0.1, 'worse'),
        ('zero', 0.05, -0.2, 'better'),
        ('zero', 0.1, -0.1, 'same'),
        (None, 5.0, 6.0, ''),
        ('higher', 0.9, 0.9 + 1e-15, 'same'),
    ],
)
def test_verdict(better, number, clean, word):
    row = MetricRow('m', 'M', number=number, clean=clean, change=number - clean, better=better)
    assert verdict(row) == word


def test_words():
    assert change_text(DICE) == '\u25bc 0.118 worse'
    assert change_text(HD95) == '\u25b2 4.80 worse'
    assert change_text(replace(DICE, change=0.0)) == 'same'
    assert change_text(replace(DICE, change=None)) == ''
    assert now_text(RECALL) == 'reference empty'
    assert now_text(replace(RECALL, reason='')) == 'reference empty'
    assert now_text(MetricRow('o', 'Orientation', text='RAS')) == 'RAS'


def test_spoken_has_no_arrows():
    assert spoken(HD95) == 'HD95, 6.20 mm, baseline 1.40 mm, up 4.80 worse, voxel surfaces'
    assert spoken(replace(RECALL, pending=True)) == 'Recall, reference empty, pending'


def test_cells(table):
    model = table.model()
    assert [model.data(model.index(0, column)) for column in range(4)] == [
        'Dice',
        '0.813',
        '0.931',
        '\u25bc 0.118 worse',
    ]
    assert model.data(model.index(0, METRIC), Qt.ItemDataRole.ToolTipRole) == 'Overlap'
    assert 'reference empty' in model.data(model.index(2, NOW), Qt.ItemDataRole.ToolTipRole)


def test_baseline_is_named(table):
    table.set_baseline('pinned A')
    assert table.model().headerData(CLEAN, Qt.Orientation.Horizontal) == 'pinned A'
    assert ',pinned A,' in table.as_csv()


def test_update_in_place_tells_only_what_changed(qtbot, table):
    table.setCurrentIndex(table.model().index(1, 0))
    told = []
    table.model().dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    with qtbot.assertNotEmitted(table.model().modelReset):
        table.set_rows((DICE, replace(HD95, number=7.0, change=5.6), RECALL))
    assert told == [(1, 1)]
    assert table.currentIndex().row() == 1
    table.set_rows(table.rows())
    assert told == [(1, 1)]


def test_other_keys_are_a_new_table(qtbot, table):
    with qtbot.waitSignal(table.model().modelReset):
        table.set_rows((HD95,))
    assert table.model().rowCount() == 1


def test_a_course_fills_its_box_and_rounding_makes_no_mountain():
    assert course([(0.0, 4.0), (2.5, 3.0), (5.0, 2.0)]) == [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)]
    (_, first), (_, second) = course([(0.0, 0.9), (1.0, 0.9 + 1e-9)])
    assert abs(first - second) < 1e-6
    assert course([(0.0, 0.0), (5.0, 0.0)]) == [(0.0, 0.5), (1.0, 0.5)]


@pytest.fixture
def folded(table):
    table.set_rows((DICE, HD95, Family('overlap', 'Recall, IoU'), Family('topology', 'Holes', unfolded=True), RECALL))
    return table


def test_headers_of_families_run_over_the_line_and_are_no_rows(folded):
    assert [row.key for row in folded.rows()] == ['dice', 'hd95', 'recall']
    assert [folded.columnSpan(line, METRIC) for line in range(5)] == [1, 1, 5, 5, 1]
    model = folded.model()
    spoken_words = model.data(model.index(2, METRIC), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken_words == 'overlap, folded: Recall, IoU'
    assert 'not computed' in model.data(model.index(2, METRIC), Qt.ItemDataRole.ToolTipRole)
    folded.set_rows((DICE, HD95, RECALL))
    assert [folded.columnSpan(line, METRIC) for line in range(3)] == [1, 1, 1]
    assert not folded.grab().isNull()


def test_a_family_folds_with_mouse_and_keys(qtbot, folded):
    with qtbot.waitSignal(folded.family_toggled) as caught:
        qtbot.mouseClick(folded.viewport(), Qt.MouseButton.LeftButton, pos=place(folded, 2, METRIC, 8))
    assert caught.args == ['overlap']
    for line, key in ((2, Qt.Key.Key_Right), (2, Qt.Key.Key_Return), (3, Qt.Key.Key_Left), (3, Qt.Key.Key_Space)):
        folded.setCurrentIndex(folded.model().index(line, METRIC))
        with qtbot.waitSignal(folded.family_toggled):
            qtbot.keyClick(folded, key)
    folded.setCurrentIndex(folded.model().index(3, METRIC))
    with qtbot.assertNotEmitted(folded.family_toggled):
        qtbot.keyClick(folded, Qt.Key.Key_Right)


def place(table, line, column, dx):
    return table.visualRect(table.model().index(line, column)).topLeft() + QPoint(dx, 8)


def test_click_asks_for_the_definition(qtbot, table):
    for line, column, dx in ((1, NOW, 20), (0, METRIC, 40)):
        with qtbot.waitSignal(table.definition_requested) as caught:
            qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place(table, line, column, dx))
        assert caught.args == [ROWS[line].key]


def test_click_on_the_star(qtbot, table):
    with qtbot.assertNotEmitted(table.definition_requested), qtbot.waitSignal(table.favourite_changed) as caught:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place(table, 1, METRIC, 8))
    assert caught.args == ['hd95', True]
    assert table.rows()[1].favourite


def test_keys(qtbot, table):
    table.setCurrentIndex(table.model().index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Down)
    with qtbot.waitSignal(table.definition_requested) as caught:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert caught.args == ['hd95']
    with qtbot.waitSignal(table.favourite_changed) as caught:
        qtbot.keyClick(table, Qt.Key.Key_Space)
    assert caught.args == ['hd95', True]


def test_copy_and_csv_keep_full_precision(qtbot, table):
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text()), delimiter='\t'))
    assert copied == list(csv.reader(io.StringIO(table.as_csv())))
    assert copied[0][:4] == ['metric', 'now', 'clean', 'change']
    assert copied[1][:6] == ['dice', '0.8134', '0.9312', '-0.1178', '', 'worse']
    assert copied[3][6:] == ['reference_empty', 'reference empty', '']
    assert copied[2][8] == 'voxel surfaces'


def test_reason_runs_over_the_empty_cells(table):
    assert table.columnSpan(2, NOW) == 3
    table.set_rows((DICE, HD95, replace(RECALL, number=0.5, status='ok')))
    assert table.columnSpan(2, NOW) == 1


def test_numbers_have_room(table):
    table.set_rows((replace(DICE, number=1234567.0), HD95, RECALL))
    for column in (NOW, CLEAN, CHANGE):
        assert table.columnWidth(column) >= table.sizeHintForColumn(column)


def test_every_kind_of_row_is_painted(table):
    table.set_rows(
        [
            replace(DICE, favourite=True, pending=True),
            replace(HD95, provisional=True),
            RECALL,
            Family('overlap', 'Recall, IoU'),
            replace(DICE, key='course', chip='at 2 mm', trend=((0.0, 0.9), (2.0, 0.8)), severity=2.0),
            replace(DICE, key='same', change=0.0),
            MetricRow('orientation', 'Orientation', text='RAS'),
        ]
    )
    assert not table.grab().isNull()
