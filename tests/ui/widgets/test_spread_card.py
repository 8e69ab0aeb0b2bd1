"""Numbers over draws, and the button that begins and ends them."""

import pytest
from qtpy.QtCore import QPoint, Qt

from napari_segrobust.ui.widgets.spread_card import SpreadCard, SpreadLine

DICE = SpreadLine('Dice', '', 0.9, 0.7, -0.2, 0.01, 0.0277, 5)
HD95 = SpreadLine('HD95', 'mm', 1.0, None, None, None, None, 0)


@pytest.fixture
def card(qtbot, palette):
    card = SpreadCard(palette=palette)
    qtbot.addWidget(card)
    card.open_above(QPoint(0, 500))
    return card


def test_lines(card):
    card.set_lines([DICE, HD95])
    headings, dice, hd95 = card.lines()
    assert headings[1:] == ['clean', 'mean', 'bias', 'SD', '2.77 SD', 'n']
    assert dice == ['Dice', '0.900', '0.700', '\u22120.200', '0.0100', '0.0277', '5']
    assert hd95 == ['HD95 (mm)', '1.00', *['undefined'] * 4, '0']
    assert 'bias \u22120.200' in card.accessibleDescription()


def test_all_columns_are_seen(card):
    card.set_lines([DICE])
    holder = card._grid.parentWidget()
    assert holder.minimumSizeHint().width() <= card.width() - 24


def test_begin_and_end(qtbot, card):
    card.draws.setValue(7)
    with qtbot.waitSignal(card.started) as caught:
        qtbot.mouseClick(card.start, Qt.MouseButton.LeftButton)
    assert caught.args == [7]
    card.set_state('7 draws, 1 of 8 ...', True)
    assert card.start.text() == 'Stop'
    with qtbot.waitSignal(card.stopped):
        qtbot.mouseClick(card.start, Qt.MouseButton.LeftButton)
