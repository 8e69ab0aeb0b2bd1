"""Sections fold by mouse and by key; the column never scrolls sideways."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_segrobust.ui.widgets.scroll import MINIMUM_WIDTH, Column
from napari_segrobust.ui.widgets.section import Section


@pytest.fixture
def section(qtbot, palette):
    section = Section('Case', palette=palette)
    section.body.addWidget(QLabel('inside'))
    qtbot.addWidget(section)
    section.show()
    return section


def test_click_folds_and_unfolds(qtbot, section):
    body = section.body.parentWidget()
    assert body.isVisible()
    with qtbot.waitSignal(section.unfolded_changed, check_params_cb=lambda unfolded: unfolded is False):
        qtbot.mouseClick(section.header, Qt.MouseButton.LeftButton)
    assert not body.isVisible()
    with qtbot.waitSignal(section.unfolded_changed, check_params_cb=lambda unfolded: unfolded is True):
        qtbot.mouseClick(section.header, Qt.MouseButton.LeftButton)
    assert body.isVisible()


def test_keys(qtbot, section):
    for key, unfolded in (
        (Qt.Key.Key_Left, False),
        (Qt.Key.Key_Left, False),
        (Qt.Key.Key_Right, True),
        (Qt.Key.Key_Space, False),
        (Qt.Key.Key_Return, True),
    ):
        qtbot.keyClick(section.header, key)
        assert section.unfolded() is unfolded


def test_setter_is_silent(qtbot, section):
    with qtbot.assertNotEmitted(section.unfolded_changed):
        section.set_unfolded(False)
    assert not section.unfolded()


def test_summary_is_said(section):
    section.set_summary('brain, T1')
    section.set_unfolded(False)
    assert section.header.accessibleDescription() == 'folded. brain, T1'
    assert section.header.toolTip().startswith('brain, T1')
    assert not section.grab().isNull()


def test_a_long_summary_does_not_widen(section):
    before = section.minimumSizeHint().width()
    section.set_summary('word ' * 100)
    section.set_unfolded(False)
    assert section.minimumSizeHint().width() <= before


def test_column_is_wide_enough_for_its_content(qtbot, palette):
    column = Column()
    qtbot.addWidget(column)
    assert column.minimumWidth() == MINIMUM_WIDTH
    section = Section('Wide', palette=palette)
    wide = QLabel('x')
    wide.setFixedWidth(400)
    section.body.addWidget(wide)
    column.add(section)
    column.show()
    qtbot.waitUntil(lambda: column.viewport().width() >= column.widget().minimumSizeHint().width())
    assert column.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    assert column.sizeHint().width() >= 400
