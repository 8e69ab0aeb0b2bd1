"""Axes, words and hands of the curve."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage

from napari_segrobust.ui.widgets.curve import Curve
from napari_segrobust.ui.widgets.curve_data import Series, fair_widths, nice_axis, unit_axis, y_axis

UNET = Series('brain-unet', 0, ((2.5, 0.81), (0.0, 0.93), (1.0, None)), clean=0.93)
SKIP = Series('brain-noskip', 1, ((0.0, 0.9), (2.5, 0.6)))


@pytest.fixture
def curve(qtbot, palette):
    curve = Curve(palette=palette)
    curve.set_series((UNET, SKIP), title='Dice', ratio=True)
    qtbot.addWidget(curve)
    curve.resize(480, 320)
    curve.show()
    return curve


def test_axis_of_known_values():
    axis = nice_axis([0.0, 11.0])
    assert axis.ticks == (0, 5, 10, 15)
    axis = nice_axis([0.62, 0.91])
    assert [axis.label(tick) for tick in axis.ticks] == ['0.6', '0.7', '0.8', '0.9', '1.0']


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=8))
def test_axis_holds_its_values_between_a_few_even_ticks(values):
    axis = nice_axis(values)
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low - slack <= min(values)
    assert max(values) <= axis.high + slack
    assert 2 <= len(axis.ticks) <= 7
    steps = [b - a for a, b in zip(axis.ticks, axis.ticks[1:], strict=False)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-3) for step in steps)


def test_axis_of_one_value():
    axis = nice_axis([0.93])
    assert axis.low < 0.93 < axis.high


def test_y_axis():
    assert y_axis([UNET], None, ratio=True) == unit_axis()
    assert y_axis([], None, ratio=False) == unit_axis()
    assert y_axis([UNET], (0.2, 0.4), ratio=False).low <= 0.2


def test_fair_widths():
    assert fair_widths([10, 100, 100], 110) == [10, 50, 50]
    assert fair_widths([10, 20], 100) == [10, 20]
    assert fair_widths([10, 20], -5) == [0, 0]


def test_words_for_those_who_do_not_see_it(curve):
    assert curve.accessibleDescription() == (
        'Dice over severity. brain-unet: 0.930 at 0, undefined at 1, 0.810 at 2.5; clean 0.930. '
        'brain-noskip: 0.900 at 0, 0.600 at 2.5.'
    )


def test_csv(curve):
    rows = list(csv.reader(io.StringIO(curve.as_csv())))
    assert rows[0] == ['series', 'severity', 'Dice', 'clean']
    assert rows[1:4] == [
        ['brain-unet', '0.0', '0.93', '0.93'],
        ['brain-unet', '1.0', '', '0.93'],
        ['brain-unet', '2.5', '0.81', '0.93'],
    ]
    assert len(rows) == 6


def test_png_is_twice_as_fine(curve, tmp_path):
    curve.save_png(tmp_path / 'curve.png')
    image = QImage(str(tmp_path / 'curve.png'))
    assert (image.width(), image.height()) == (2 * curve.width(), 2 * curve.height())
    with pytest.raises(OSError, match='not written'):
        curve.save_png(tmp_path / 'nowhere' / 'curve.png')


def test_a_dot_is_where_its_value_is(curve, palette):
    curve.set_series((UNET,), title='Dice', ratio=True)
    dot = curve.position(2.5, 0.81)
    plot = curve.plot_rect()
    assert dot.x() == pytest.approx(plot.left() + plot.width() / 2)
    assert curve.image(1).pixelColor(dot.toPoint()).name() != palette.background


def test_undefined_points_break_the_line(curve, palette):
    curve.set_series((Series('one', 0, ((0, 0.5), (2.5, None), (5, 0.5))),), title='Dice', ratio=True)
    between = curve.position(1.2, 0.5)
    assert curve.image(1).pixelColor(between.toPoint()).name() == palette.background


def test_click_on_a_dot_and_beside(qtbot, curve):
    dot = curve.position(2.5, 0.81).toPoint()
    with qtbot.waitSignal(curve.clicked) as caught:
        qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=dot + QPoint(3, 2))
    assert caught.args == [2.5]
    with qtbot.waitSignal(curve.clicked) as caught:
        qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=curve.position(4, 0.5).toPoint())
    assert caught.args[0] == pytest.approx(4, abs=0.05)
    assert round(caught.args[0] / 0.05) * 0.05 == pytest.approx(caught.args[0])


def test_click_outside_says_nothing(qtbot, curve):
    with qtbot.assertNotEmitted(curve.clicked):
        qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_keys_step_through_the_visited(qtbot, curve):
    seen = []
    curve.clicked.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Left, Qt.Key.Key_Return):
        qtbot.keyClick(curve, key)
    assert seen == [1.0, 0.0]


def test_hover_marks_and_forgets(qtbot, curve):
    qtbot.mouseMove(curve, curve.position(2.5, 0.81).toPoint())
    qtbot.waitUntil(lambda: curve._cursor == 2.5)
    qtbot.mouseMove(curve, curve.position(4, 0.1).toPoint())
    qtbot.waitUntil(lambda: curve._cursor is None)


def test_empty(qtbot, palette):
    curve = Curve(palette=palette)
    qtbot.addWidget(curve)
    assert 'severity slider' in curve.accessibleDescription()
    curve.set_series((), empty='No reference: nothing to measure.')
    assert curve.accessibleDescription() == 'No reference: nothing to measure.'
    assert not curve.grab().isNull()
    qtbot.keyClick(curve, Qt.Key.Key_Right)


@pytest.mark.parametrize('size', [(220, 120), (480, 320), (1280, 240)])
def test_every_size_is_painted(curve, size):
    curve.resize(*size)
    curve.set_series((UNET, SKIP), title='HD95', unit='mm', band=(0.5, 0.7))
    curve.set_current(2.5)
    assert not curve.grab().isNull()


def test_where_a_curve_leaves_the_raters_is_marked_and_said(curve, palette):
    curve.set_series((UNET,), title='Dice', ratio=True, band=(0.85, 0.95), mark=3.37)
    assert curve.accessibleDescription().endswith('Raters 0.850 to 0.950. leaves at 3.4.')
    image, plot = curve.grab().toImage(), curve.plot_rect()
    x = round(curve.position(3.37, 0.5).x())
    column = {image.pixelColor(x, y).name() for y in range(int(plot.top()) + 2, int(plot.bottom()) - 2)}
    assert palette.text.lower() in column
    assert image.pixelColor(x + 30, int(curve.position(0, 0.87).y())).name() == palette.primary.lower()
    # Without a range, or where nothing leaves it, there is no line.
    curve.set_series((UNET,), title='Dice', ratio=True, band=(0.85, 0.95))
    image = curve.grab().toImage()
    column = {image.pixelColor(x, y).name() for y in range(int(plot.top()) + 2, int(plot.bottom()) - 2)}
    assert palette.text.lower() not in column
    assert curve.accessibleDescription().endswith('Raters 0.850 to 0.950.')


def test_a_low_curve_has_fewer_ticks(curve):
    many = len(curve._axis.ticks)
    curve.resize(480, 120)
    curve.grab()
    assert len(curve._axis.ticks) < many
    gaps = curve.plot_rect().height() / (len(curve._axis.ticks) - 1)
    assert gaps >= curve.fontMetrics().height()
