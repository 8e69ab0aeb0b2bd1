"""Panes stand side by side, or share a place with tabs; what was chosen there stays, and everything can be reached."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QComboBox, QLabel, QScrollArea, QTableWidget

from napari_segrobust.ui.widgets.panes import Pane, Panes

TITLES = ['first', 'second', 'third', 'fourth']


def four():
    """Four of 200, 100, 150 and 120 pixels, with 10 between them: 600 for all."""
    return Panes(
        [
            Pane(title, QTableWidget(), width, 1, heading=QLabel(f'{title} in words'))
            for title, width in zip(TITLES, (200, 100, 150, 120), strict=True)
        ],
        spacing=10,
    )


@pytest.fixture
def panes(qtbot):
    """Those four in a window."""
    made = four()
    qtbot.addWidget(made)
    made.resize(600, 200)
    made.show()
    return made


def seen(panes):
    """Titles of the panes whose bodies can be seen."""
    return [pane.title for pane in panes._panes if pane.body.isVisible()]


def tabs(panes):
    return next(place.tabs for place in panes._places if place.tabs.isVisible())


@pytest.mark.parametrize(
    ('width', 'alone'),
    [(2000, 4), (600, 4), (599, 2), (470, 2), (469, 1), (360, 1), (200, 1)],
)
def test_as_many_stand_alone_as_there_is_room_for(panes, width, alone):
    panes.setMinimumSize(1, 1)
    panes.resize(width, 200)
    assert seen(panes) == (TITLES if alone == 4 else [*TITLES[:alone], TITLES[alone]])
    assert list(panes.shared) == TITLES[alone:]


def test_a_tab_shows_another_pane_in_the_same_place(panes, qtbot):
    panes.resize(500, 200)
    bar = tabs(panes)
    assert [bar.tabText(tab) for tab in range(bar.count())] == ['third', 'fourth']
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(1).center())
    assert seen(panes) == ['first', 'second', 'fourth']
    assert tabs(panes).currentIndex() == 1
    panes.resize(400, 200)
    assert seen(panes) == ['first', 'fourth'], 'what was chosen stays'
    panes.resize(600, 200)
    assert seen(panes) == TITLES
    assert not any(place.tabs.isVisible() for place in panes._places)


def test_tabs_are_walked_with_the_keyboard(panes, qtbot):
    panes.resize(400, 200)
    panes.activateWindow()
    qtbot.waitUntil(panes.isActiveWindow)
    tabs(panes).setFocus()
    for expected in ('third', 'fourth'):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
        assert seen(panes) == ['first', expected]
        assert tabs(panes).hasFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Left)
    assert seen(panes) == ['first', 'third']


def test_tabs_take_the_place_of_headings_and_controls_stay(qtbot):
    heading, control = QLabel('Numbers of everybody'), QComboBox()
    panes = Panes(
        [
            Pane('first', QTableWidget(), 200, 1),
            Pane('second', QTableWidget(), 100, 1, heading=heading, controls=control),
            Pane('third', QTableWidget(), 100, 1),
        ]
    )
    qtbot.addWidget(panes)
    panes.resize(800, 200)
    panes.show()
    assert heading.isVisible()
    assert control.isVisible()
    panes.resize(320, 200)
    assert not heading.isVisible()
    assert control.isVisible()


def test_bodies_begin_at_one_height(panes):
    panes.resize(500, 200)
    assert len({pane.body.mapTo(panes, pane.body.rect().topLeft()).y() for pane in panes._panes[:3]}) == 1


def test_it_scrolls_only_where_the_first_and_another_have_no_room(qtbot):
    scroll = QScrollArea()
    qtbot.addWidget(scroll)
    scroll.setWidgetResizable(True)
    scroll.setWidget(four())
    scroll.resize(380, 240)
    with qtbot.waitExposed(scroll):
        scroll.show()
    assert not scroll.horizontalScrollBar().isVisible()
    scroll.resize(340, 240)
    qtbot.waitUntil(scroll.horizontalScrollBar().isVisible)
