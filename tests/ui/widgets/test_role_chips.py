"""Roles of the inputs."""

import pytest
from qtpy.QtCore import Qt

from napari_segrobust.ui.widgets.role_chips import InputItem, RoleChips

ITEMS = (
    InputItem('1', 'brain T1', 'image', '1 x 1 x 1 mm'),
    InputItem('2', 'white matter', 'reference'),
    InputItem('3', 'fast', 'prediction'),
)


@pytest.fixture
def chips(qtbot, palette):
    chips = RoleChips()
    chips.set_inputs(ITEMS)
    qtbot.addWidget(chips)
    chips.show()
    return chips


def test_setter_is_silent(qtbot, chips):
    with qtbot.assertNotEmitted(chips.roles_changed):
        chips.set_inputs(ITEMS[:2])
        chips.set_inputs((InputItem('1', 'brain T1', 'ignore', '1 x 1 x 1 mm'), ITEMS[1]))
    assert chips.roles() == {'1': 'ignore', '2': 'reference'}


def test_choice(qtbot, chips):
    with qtbot.waitSignal(chips.roles_changed) as caught:
        qtbot.keyClick(chips.combos['3'], Qt.Key.Key_Down)
    assert caught.args == [{'1': 'image', '2': 'reference', '3': 'rater'}]


def test_swap(qtbot, chips):
    with qtbot.waitSignal(chips.roles_changed) as caught:
        qtbot.mouseClick(chips.swap, Qt.MouseButton.LeftButton)
    assert caught.args == [{'1': 'image', '2': 'prediction', '3': 'reference'}]
    assert chips.combos['2'].currentText() == 'prediction'


def test_swap_needs_both(chips):
    chips.set_inputs(ITEMS[:2])
    assert not chips.swap.isVisible()


def test_same_inputs_keep_their_controls(chips):
    before = chips.combos['1']
    chips.set_inputs([InputItem(i.key, i.name, 'rater', i.detail) for i in ITEMS])
    assert chips.combos['1'] is before


def test_names_and_width(chips):
    assert chips.combos['2'].accessibleName() == 'Role of white matter'
    chips.set_inputs([InputItem('1', 'name ' * 60, 'image')])
    assert chips.minimumSizeHint().width() <= 259


def test_all_masks_are_raters_with_one_click(qtbot, chips):
    assert chips.raters.isVisible()
    with qtbot.waitSignal(chips.roles_changed) as caught:
        qtbot.mouseClick(chips.raters, Qt.MouseButton.LeftButton)
    assert caught.args == [{'1': 'image', '2': 'rater', '3': 'rater'}]
    assert not chips.raters.isVisible()
    chips.set_inputs(ITEMS[:2])
    assert not chips.raters.isVisible()
