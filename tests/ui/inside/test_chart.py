"""The chart of activations: values lie where the axes say, lines are chosen by the hand, both themes are legible."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_segrobust.inside.activations import ActivationChange
from napari_segrobust.inside.points import Point
from napari_segrobust.ui.inside.chart import ChangeChart, Pane, _apart
from napari_segrobust.ui.inside.kinds import LOOKS, short
from napari_segrobust.ui.widgets.palette import TEXT_CONTRAST, Palette, contrast

ENCODER = Point('encoder', 1, 'model.0', 0, 16, (32, 32))
DECODER = Point('decoder', 0, 'model.2', 0, 3, (64, 64))


def change(rows, severities=(0.0, 2.5, 5.0)):
    values = np.array(rows, float)
    return ActivationChange('net', 'gaussian_noise', (ENCODER, DECODER), severities, values, 'slice 1 of axis 0', 1)


@pytest.fixture
def chart(qtbot):
    made = ChangeChart(palette=Palette.from_theme('dark'))
    qtbot.addWidget(made)
    made.resize(600, 200)
    panes = [
        Pane(0, 'one', change([[0, 0.5, 1.4], [0, 0.1, 0.2]])),
        Pane(2, 'two', None, 'no PyTorch network'),
    ]
    made.show_panes(panes, 2.5, None)
    made.show()
    return made


def test_panes_share_their_axes(chart):
    assert chart.highest == 1.5
    first, second = chart.field(0), chart.field(1)
    assert first.width() == second.width()
    assert first.right() < second.left()
    assert chart.place(0, 0, 0) == first.bottomLeft()
    assert chart.place(0, 5, 1.5).toPoint() == first.topRight().toPoint()


def test_a_click_on_a_line_chooses_its_layer(chart, qtbot):
    with qtbot.waitSignal(chart.chosen) as caught:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.place(0, 2.5, 0.5).toPoint())
    assert caught.args == [0, ENCODER]
    with qtbot.waitSignal(chart.chosen) as caught:
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.place(0, 5, 0.2).toPoint())
    assert caught.args == [0, DECODER]
    with qtbot.assertNotEmitted(chart.chosen):
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.field(1).center().toPoint())


def test_it_says_what_it_shows(chart):
    assert chart.accessibleDescription() == 'one at severity 5: encoder 1 1.4, decoder 0 0.2; two: no PyTorch network'


def test_undefined_values_are_left_out(chart):
    chart.show_panes([Pane(0, 'one', change([[np.nan] * 3, [0, 0.1, 0.2]]))], 0.0, (0, DECODER))
    assert chart.highest == 0.2
    assert chart.grab().width() == 600
    assert chart.point_at(chart.place(0, 2.5, 0.1)) == (0, DECODER)
    chart.show_panes([Pane(0, 'one', change([[np.nan] * 3, [np.nan] * 3]))], 0.0, None)
    assert chart.highest == 0.2
    assert not chart.grab().isNull()


def test_labels_at_the_ends_do_not_lie_over_each_other():
    moved = _apart([10.0, 11.0, 11.5, 90.0, 91.0], 10.0, 95.0)
    assert (np.diff(moved) >= 10.0 - 1e-9).all()
    assert moved[-1] <= 95.0
    assert short(ENCODER) == 'e1'


@pytest.mark.parametrize('theme', ['dark', 'light'])
def test_every_ink_is_legible(theme):
    palette = Palette.from_theme(theme)
    assert all(contrast(palette.ink(look.colour), palette.background) >= TEXT_CONTRAST for look in LOOKS.values())
    assert len({(look.dash, look.colour) for look in LOOKS.values()}) >= 4
