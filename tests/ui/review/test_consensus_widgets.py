"""The table, the diagram and the panel that the page on consensus is made of."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_segrobust.review.soft import reliability
from napari_segrobust.ui.review.consensus_numbers import NONE
from napari_segrobust.ui.review.plain_table import PlainTable
from napari_segrobust.ui.review.reliability_plot import ReliabilityPlot
from napari_segrobust.ui.review.soft_model import PENDING, SoftFound
from napari_segrobust.ui.review.soft_panel import SoftPanel, soft_rows
from napari_segrobust.ui.widgets.palette import Palette

DARK = Palette.from_theme('dark')
NUMBERS = {
    'expected_volume': 7.0,
    'unit': 'ml',
    'raters': {'dice_semimetric': [0.8, 0.9, None], 'soft_dice': [0.7, 0.75, 0.8]},
    'model': {
        'dice_semimetric': 0.85,
        'soft_dice': None,
        'expected_volume': 8.0,
        'volume_bias': 1.0,
        'ece': {'full': 0.01, 'region': None, 'bins': 10},
    },
}


@pytest.fixture
def table(qtbot):
    made = PlainTable('numbers', chooses=True)
    qtbot.addWidget(made)
    made.set_rows(('name', 'number'), [('one', '1'), ('two', '2')], ['first', 'second'])
    return made


def test_numbers_stand_at_the_right_and_rows_have_tooltips(table):
    assert table.item(1, 1).textAlignment() & Qt.AlignmentFlag.AlignRight
    assert table.item(1, 0).textAlignment() & Qt.AlignmentFlag.AlignLeft
    assert table.item(1, 1).toolTip() == 'second'


def test_what_is_chosen_by_the_program_is_not_told(table, qtbot):
    with qtbot.assertNotEmitted(table.itemSelectionChanged):
        table.choose(1)
        table.set_rows(('name', 'number'), [('one', '1'), ('two', '3')])
    assert table.currentRow() == 1
    assert table.item(1, 1).toolTip() == '3'
    table.choose(-1)
    assert not table.selectedItems()


def test_bins_that_hold_nothing_have_no_dot(qtbot):
    plot = ReliabilityPlot(palette=DARK)
    qtbot.addWidget(plot)
    plot.set_found(reliability(np.array([0.05, 0.15, 0.95]), np.array([0.1, 0.1, 1.0])))
    assert plot.points() == [(0.05, 0.1, 1), (0.15, 0.1, 1), (0.95, 1.0, 1)]
    assert plot.accessibleDescription().startswith('0.05 said, 0.10 agreed')
    assert not plot.grab().toImage().isNull()
    plot.set_found(None)
    assert plot.points() == []


def test_rows_of_a_model_with_probabilities():
    rows, tooltips = soft_rows(NUMBERS)
    assert rows == [
        ('DML', '0.850', '0.800 to 0.900'),
        ('soft Dice', NONE, '0.700 to 0.800'),
        ('volume', '8.00 ml', '7.00 ml'),
        ('volume bias', '+1.00 ml', ''),
        ('ECE, full array', '0.0100', ''),
    ]
    assert len(tooltips) == len(rows)
    assert 'arXiv:2303.16296' in tooltips[0]
    assert 'Naeini' in tooltips[-1]


def test_a_mask_has_no_probability():
    model = {'dice_semimetric': 0.85, 'soft_dice': 0.8}
    rows, tooltips = soft_rows({**NUMBERS, 'model': model})
    assert rows[-1] == ('volume', 'no probability', '7.00 ml')
    assert len(tooltips) == len(rows)


def test_the_panel_says_why_there_is_nothing(qtbot):
    panel = SoftPanel(palette=DARK)
    qtbot.addWidget(panel)
    panel.show()
    panel.show_found(PENDING)
    assert panel.words.text() == PENDING
    assert not panel.table.isVisible()
    panel.show_found(SoftFound('net', NUMBERS, None))
    assert panel.title.text() == 'net against the soft label'
    assert panel.table.isVisible()
    assert not panel.words.isVisible()
    assert not panel.plot.isVisible()
