"""The row of one perturbation."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QWidget

from napari_segrobust.ui.widgets.controls import Combo, FloatBox, IntBox
from napari_segrobust.ui.widgets.parameter_form import ParameterField
from napari_segrobust.ui.widgets.severity_row import SeverityRow
from napari_segrobust.ui.widgets.slider import JumpSlider

SIGNALS = (
    'severity_changed',
    'enabled_changed',
    'seed_changed',
    'region_changed',
    'moved',
    'removed',
    'parameter_changed',
)
SIGMA = ParameterField('sigma', 'Sigma', '', 0, 1, 0.12)


@pytest.fixture
def row(qtbot, palette):
    row = SeverityRow('Gaussian noise', 'Independent noise on every voxel', palette=palette)
    row.set_enabled(True)
    row.set_region('whole', ['whole', 'foreground'])
    row.set_parameters([SIGMA])
    qtbot.addWidget(row)
    row.resize(270, 80)
    row.show()
    return row


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_setters_never_emit(row):
    seen = []
    for name in SIGNALS:
        getattr(row, name).connect(lambda *args, name=name: seen.append((name, args)))
    row.set_severity(2.5)
    row.set_amount('sigma 0.12')
    row.set_enabled(False)
    row.set_seed(7)
    row.set_region('foreground', ['whole', 'foreground', 'box'])
    row.set_position(0, 3)
    row.set_parameters([SIGMA, ParameterField('fwhm', 'FWHM', 'mm', 0, 20, 2.5, fixed=True)])
    assert seen == []
    assert row.severity.value() == 2.5
    assert row.amount.text() == 'sigma 0.12'


def test_severity_by_key_and_typed(qtbot, row):
    with qtbot.waitSignal(row.severity_changed) as caught:
        qtbot.keyClick(row.severity.slider, Qt.Key.Key_Right)
    assert caught.args == [0.05]
    row.severity.box.selectAll()
    qtbot.keyClicks(row.severity.box, '2.53')
    with qtbot.waitSignal(row.severity_changed) as caught:
        qtbot.keyClick(row.severity.box, Qt.Key.Key_Return)
    assert caught.args == [2.53]


def test_off_dims_the_controls(qtbot, row):
    with qtbot.waitSignal(row.enabled_changed) as caught:
        qtbot.keyClick(row.enabled, Qt.Key.Key_Space)
    assert caught.args == [False]
    assert not row.severity.isEnabled()
    assert row.remove.isEnabled()


def test_new_draw_is_the_next_seed(qtbot, row):
    row.set_seed(7)
    with qtbot.waitSignal(row.seed_changed) as caught:
        click(qtbot, row.new_draw)
    assert caught.args == [8]


def test_region(qtbot, row):
    with qtbot.waitSignal(row.region_changed) as caught:
        qtbot.keyClick(row.region, Qt.Key.Key_Down)
    assert caught.args == ['foreground']


def test_move_and_remove(qtbot, row):
    row.set_position(1, 3)
    for button, by in ((row.up, -1), (row.down, 1)):
        with qtbot.waitSignal(row.moved) as caught:
            click(qtbot, button)
        assert caught.args == [by]
    with qtbot.waitSignal(row.removed):
        click(qtbot, row.remove)


def test_ends_of_the_stack(row):
    row.set_position(0, 1)
    assert not row.up.isEnabled()
    assert not row.down.isEnabled()


def test_parameter_is_fixed_and_freed(qtbot, row):
    assert not row.parameters.isVisible()
    click(qtbot, row.more)
    assert row.parameters.isVisible()
    fix, box = row.parameters._rows['sigma']
    assert not box.isEnabled()
    with qtbot.waitSignal(row.parameter_changed) as caught:
        qtbot.keyClick(fix, Qt.Key.Key_Space)
    assert caught.args == ['sigma', 0.12]
    box.selectAll()
    qtbot.keyClicks(box, '0.2')
    with qtbot.waitSignal(row.parameter_changed) as caught:
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert caught.args == ['sigma', 0.2]
    with qtbot.waitSignal(row.parameter_changed) as caught:
        qtbot.keyClick(fix, Qt.Key.Key_Space)
    assert caught.args == ['sigma', None]


def test_parameters_are_updated_in_place(row):
    before = row.parameters._rows['sigma']
    row.set_parameters([ParameterField('sigma', 'Sigma', '', 0, 1, 0.3)])
    assert row.parameters._rows['sigma'] is before
    assert before[1].value() == 0.3


def test_fits_a_narrow_panel(row):
    # 300 less scroll bar and margins
    assert row.minimumSizeHint().width() <= 259


def test_everything_is_named_and_can_be_tabbed_to(row):
    controls = [
        child
        for kind in (QAbstractButton, Combo, IntBox, FloatBox, JumpSlider)
        for child in row.findChildren(kind)
        if not child.objectName().startswith('qt_')
    ]
    assert len(controls) == 12
    for control in controls:
        assert control.accessibleName(), control
        assert control.toolTip(), control
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control


def test_tab_order_is_reading_order(qtbot, row):
    expected = [row.enabled, row.severity.slider, row.severity.box, row.seed, row.new_draw, row.region]
    order: list[QWidget] = []
    widget = row.enabled
    for _ in range(40):
        if widget in expected and widget not in order:
            order.append(widget)
        widget = widget.nextInFocusChain()
    assert order == expected
