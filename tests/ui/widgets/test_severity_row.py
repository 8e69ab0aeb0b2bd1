"""The row of one perturbation."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QCheckBox, QWidget

from napari_segrobust.ui.widgets.controls import Combo, FloatBox, IntBox
from napari_segrobust.ui.widgets.parameter_form import ParameterField
from napari_segrobust.ui.widgets.severity_row import SeverityRow
from napari_segrobust.ui.widgets.slider import JumpSlider

SIGNALS = (
    'severity_changed',
    'enabled_changed',
    'seed_changed',
    'region_changed',
    'solo_changed',
    'moved',
    'removed',
)
DETAILS = (
    'parameter_changed',
    'channels_changed',
    'feather_changed',
    'slices_changed',
    'moves_changed',
    'target_changed',
)
SIGMA = ParameterField('sigma', 'Sigma', '', 0, 1, 0.12)


@pytest.fixture
def row(qtbot, palette):
    row = SeverityRow('Gaussian noise', 'Independent noise on every voxel', palette=palette)
    row.set_enabled(True)
    row.set_region('whole', ['whole', 'foreground'])
    row.details.parameters.set_parameters([SIGMA])
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
    for name in DETAILS:
        getattr(row.details, name).connect(lambda *args, name=name: seen.append((name, args)))
    row.set_severity(2.5)
    row.set_amount('sigma', '0.12')
    row.set_enabled(False)
    row.set_seed(7)
    row.set_region('foreground', ['whole', 'foreground', 'box'])
    row.set_solo(True)
    row.set_own_seed(False)
    row.set_mark((1.0, 2.0), 'seen')
    details = row.details
    details.parameters.set_parameters([SIGMA, ParameterField('fwhm', 'FWHM', 'mm', 0, 20, 2.5, fixed=True)])
    details.set_channels(['0', '1'], (1,))
    details.set_feather(3.0, 'mm')
    details.set_slices((2, 5), 9)
    details.set_moves(True)
    details.set_target('other', ['other', 'third'])
    assert seen == []
    assert row.severity.value() == 2.5
    assert (row.amount.text(), row.value.text()) == ('sigma', '0.12')


def test_the_number_is_seen_whole_in_a_narrow_row(qtbot, row):
    row.set_amount('noise where the image is brightest, in percent of the whole range of intensities', '12.5 HU')
    row.resize(300, row.height())
    qtbot.waitUntil(lambda: row.width() == 300)
    assert row.value.width() >= row.value.fontMetrics().horizontalAdvance('12.5 HU')
    assert row.value.geometry().right() < row.solo.geometry().left()
    assert row.amount.toolTip().endswith('12.5 HU')


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
    for key, by in ((Qt.Key.Key_Up, -1), (Qt.Key.Key_Down, 1)):
        with qtbot.waitSignal(row.moved) as caught:
            qtbot.keyClick(row.grip, key)
        assert caught.args == [by]
    with qtbot.waitSignal(row.removed):
        click(qtbot, row.remove)


def test_solo(qtbot, row):
    with qtbot.waitSignal(row.solo_changed) as caught:
        click(qtbot, row.solo)
    assert caught.args == [True]
    row.set_solo(False, heard=False)
    assert not row.severity.isEnabled()
    assert row.enabled.isChecked(), 'it is silent, not switched off'


def test_one_seed_of_all_is_not_set_here(row):
    row.set_own_seed(False)
    assert not row.seed.isEnabled()
    assert not row.new_draw.isEnabled()
    assert row.severity.isEnabled()


def test_what_is_not_random_has_no_seed(row):
    row.set_random(False)
    assert not row.seed.isVisible()
    assert not row.new_draw.isVisible()


def test_what_is_seen_is_marked_and_said(row):
    row.set_mark((1.0, 2.5), 'seen in the clinic')
    slider = row.severity.slider
    assert slider._mark == (20, 50)
    assert 'seen in the clinic' in slider.toolTip()
    row.set_mark(None, 'seen in the clinic')
    assert 'seen' not in slider.toolTip()


def test_channels_are_never_none_of_them(qtbot, row):
    row.more.setChecked(True)
    row.details.set_channels(['T1', 'T2'], None)
    first, second = row.details.channels
    with qtbot.waitSignal(row.details.channels_changed) as caught:
        qtbot.keyClick(first, Qt.Key.Key_Space)
    assert caught.args == [(1,)]
    with qtbot.waitSignal(row.details.channels_changed) as caught:
        qtbot.keyClick(second, Qt.Key.Key_Space)
    assert caught.args == [(0,)]
    with qtbot.waitSignal(row.details.channels_changed) as caught:
        qtbot.keyClick(second, Qt.Key.Key_Space)
    assert caught.args == [None]


def test_details_show_what_concerns_the_entry(row):
    row.more.setChecked(True)
    details = row.details
    details.set_channels(['0'], None)
    details.set_feather(None, 'mm')
    details.set_slices(None, 1)
    details.set_moves(None)
    details.set_target(None, ())
    hidden = (details._channel_line, details.feather, details.slices, details.moves, details._target_line)
    assert not any(part.isVisible() for part in hidden)
    details.set_feather(2.0, 'mm')
    details.set_moves(False)
    assert details.feather.isVisible()
    assert details.moves.isVisible()


def test_a_setting_that_severity_leaves_alone_is_plain(qtbot, row):
    label = ParameterField('label', 'label', '', 0, 65535, 2.0, driven=False, choices={'any': 0.0, 'liver': 2.0})
    amount = ParameterField('width', 'width', 'mm', 0, 9, 3.0, driven=False)
    form = row.details.parameters
    form.set_parameters([label, amount])
    title, combo = form._rows['label']
    assert isinstance(combo, Combo)
    assert combo.isEnabled()
    assert combo.currentText() == 'liver'
    assert not isinstance(title, QCheckBox)
    with qtbot.waitSignal(form.parameter_changed) as caught:
        qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert caught.args == ['label', 0.0]
    assert form._rows['width'][1].isEnabled()


def test_parameter_is_fixed_and_freed(qtbot, row):
    assert not row.details.isVisible()
    click(qtbot, row.more)
    assert row.details.isVisible()
    fix, box = row.details.parameters._rows['sigma']
    assert not box.isEnabled()
    with qtbot.waitSignal(row.details.parameter_changed) as caught:
        qtbot.keyClick(fix, Qt.Key.Key_Space)
    assert caught.args == ['sigma', 0.12]
    box.selectAll()
    qtbot.keyClicks(box, '0.2')
    with qtbot.waitSignal(row.details.parameter_changed) as caught:
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert caught.args == ['sigma', 0.2]
    with qtbot.waitSignal(row.details.parameter_changed) as caught:
        qtbot.keyClick(fix, Qt.Key.Key_Space)
    assert caught.args == ['sigma', None]


def test_parameters_are_updated_in_place(row):
    before = row.details.parameters._rows['sigma']
    row.details.parameters.set_parameters([ParameterField('sigma', 'Sigma', '', 0, 1, 0.3)])
    assert row.details.parameters._rows['sigma'] is before
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
    assert len(controls) == 18
    for control in controls:
        assert control.accessibleName(), control
        assert control.toolTip(), control
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control


def test_tab_order_is_reading_order(qtbot, row):
    top = [row.enabled, row.solo, row.more, row.remove]
    expected = [*top, row.severity.slider, row.severity.box, row.grip, row.seed, row.new_draw, row.region]
    order: list[QWidget] = []
    widget = row.enabled
    for _ in range(40):
        if widget in expected and widget not in order:
            order.append(widget)
        widget = widget.nextInFocusChain()
    assert order == expected
