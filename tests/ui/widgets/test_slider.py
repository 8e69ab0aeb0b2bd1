"""Sliders, ranges and sizes: live by hand, silent by setter, exact when typed."""

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from napari_segrobust.ui.widgets.range_row import RangeRow
from napari_segrobust.ui.widgets.size_row import SizeRow
from napari_segrobust.ui.widgets.slider import SliderRow


@pytest.fixture
def row(qtbot, palette):
    row = SliderRow('&tolerance', 0, 10, 0.1, unit='mm', tooltip='Distance that counts as touching', palette=palette)
    qtbot.addWidget(row)
    row.resize(300, 30)
    row.show()
    return row


def type_into(qtbot, box, text):
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def wheel(widget):
    middle = QPointF(widget.rect().center())
    none, up = QPoint(), QPoint(0, 120)
    buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    place = QPointF(widget.mapToGlobal(widget.rect().center()))
    event = QWheelEvent(middle, place, none, up, buttons, keys, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_setter_is_silent_exact_and_clipped(qtbot, row):
    with qtbot.assertNotEmitted(row.value_changed):
        row.set_value(2.03)
        assert row.value() == 2.03
        row.set_value(99)
    assert row.value() == 10


def test_arrow_key_steps(qtbot, row):
    row.set_value(2)
    with qtbot.waitSignal(row.value_changed) as caught:
        qtbot.keyClick(row.control.slider, Qt.Key.Key_Right)
    assert caught.args == [2.1]
    assert row.value() == 2.1


def test_typed_value_may_lie_between_steps(qtbot, row):
    with qtbot.waitSignal(row.value_changed) as caught:
        type_into(qtbot, row.control.box, '2.54')
    assert caught.args == [2.54]
    assert row.control.slider.value() == 25
    assert row.control.box.text() == '2.54 mm'


def test_click_jumps_and_drag_is_live(qtbot, row):
    slider = row.control.slider
    seen = []
    row.value_changed.connect(seen.append)
    middle = slider.rect().center()
    with qtbot.waitSignals([row.dragging_changed, row.value_changed]):
        qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert row.value() == pytest.approx(5, abs=0.3)
    for x in (5, 10, 20):
        qtbot.mouseMove(slider, middle + QPoint(x, 0))
    with qtbot.waitSignal(row.dragging_changed, check_params_cb=lambda dragging: dragging is False):
        qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=middle + QPoint(20, 0))
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen) > 2


def test_wheel_is_the_panels_without_focus(row):
    for control in (row.control.slider, row.control.box):
        control.clearFocus()
        assert not wheel(control)
    assert row.value() == 0


def test_label_moves_the_focus(row):
    assert row.label.buddy() is row.control.slider
    assert row.control.slider.accessibleName() == 'tolerance in mm'
    assert row.control.slider.toolTip()


def test_range_by_typing(qtbot, palette):
    row = RangeRow('slices', tooltip='Context box', palette=palette)
    qtbot.addWidget(row)
    with qtbot.assertNotEmitted(row.range_changed):
        row.set_range(12, 141, 188)
    assert row.range() == (12, 141)
    assert (row.first.value(), row.last.value()) == (12, 140)
    with qtbot.waitSignal(row.range_changed) as caught:
        type_into(qtbot, row.first, '20')
    assert caught.args == [20, 141]
    with qtbot.waitSignal(row.range_changed) as caught:
        type_into(qtbot, row.last, '10')
    assert caught.args == [10, 11]


def test_range_by_dragging(qtbot, palette):
    row = RangeRow('slices', tooltip='Context box', palette=palette)
    qtbot.addWidget(row)
    row.set_range(0, 188, 188)
    with qtbot.waitSignal(row.range_changed) as caught:
        row.slider.setValue((10, 99))
    assert caught.args == [10, 100]
    assert row.last.value() == 99


def test_size_typed_and_preset(qtbot, palette):
    row = SizeRow('&window', tooltip='Window size')
    qtbot.addWidget(row)
    presets = [('model 64', (64, 64, 64)), ('32', (32, 32, 32))]
    with qtbot.assertNotEmitted(row.size_changed):
        row.set_size((64, 64, 64), presets)
    assert row.presets.currentText() == 'model 64'
    with qtbot.waitSignal(row.size_changed) as caught:
        type_into(qtbot, row.boxes[0], '48')
    assert caught.args == [(48, 64, 64)]
    assert row.presets.currentText() == 'custom'
    with qtbot.waitSignal(row.size_changed) as caught:
        row.presets.setCurrentText('32')
    assert caught.args == [(32, 32, 32)]
    assert row.size_voxels() == (32, 32, 32)


def test_size_in_2d_has_two_boxes(qtbot, palette):
    row = SizeRow('window', tooltip='Window size')
    qtbot.addWidget(row)
    row.set_size((256, 192))
    row.show()
    assert [box.isVisible() for box in row.boxes] == [False, True, True]
    with qtbot.waitSignal(row.size_changed) as caught:
        type_into(qtbot, row.boxes[1], '128')
    assert caught.args == [(128, 192)]
