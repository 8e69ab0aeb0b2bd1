"""Legend and definition card."""

import pytest
from qtpy.QtCore import QPoint, QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QLabel

from napari_segrobust.ui.widgets.card import Definition, DefinitionCard
from napari_segrobust.ui.widgets.legend import Legend, LegendItem
from napari_segrobust.ui.widgets.marks import paint_chip

ITEMS = (
    LegendItem('missed', '#0072B2', 'outline'),
    LegendItem('extra', '#E69F00', 'hatch'),
    LegendItem('both', '#999999'),
)
HD95 = Definition('HD95', 'Nearly the largest distance.', unit='mm', blind_spot='Small holes.')


def test_legend_wraps(qtbot, palette):
    legend = Legend(palette=palette)
    qtbot.addWidget(legend)
    assert legend.heightForWidth(100) == 0
    legend.set_items(ITEMS)
    wide, narrow = legend.sizeHint().width(), legend.minimumSizeHint().width()
    assert len({place.y() for place in legend.places(wide)}) == 1
    assert len({place.y() for place in legend.places(narrow)}) == len(ITEMS)
    assert legend.heightForWidth(narrow) == len(ITEMS) * legend.heightForWidth(wide)
    assert legend.accessibleDescription() == 'missed, extra, both'
    assert not legend.grab().isNull()


def test_patterns_differ_in_grey(qapp):
    def chip(pattern):
        image = QImage(12, 12, QImage.Format.Format_RGB32)
        image.fill(QColor('#000000'))
        painter = QPainter(image)
        paint_chip(painter, QRectF(0, 0, 12, 12), '#999999', pattern, '#000000')
        painter.end()
        return tuple(image.pixel(x, y) for x in range(12) for y in range(12))

    patterns = ('solid', 'outline', 'hatch', 'cross', 'dim')
    assert len({chip(pattern) for pattern in patterns}) == len(patterns)


@pytest.fixture
def card(qtbot, palette):
    card = DefinitionCard(palette=palette)
    qtbot.addWidget(card)
    card.show_definition(HD95, QPoint(40, 40))
    return card


def test_card_shows_what_there_is(card):
    words = [label.text() for label in card.findChildren(QLabel) if label.isVisible()]
    assert words[:2] == ['HD95', 'Nearly the largest distance.']
    assert {'unit', 'mm', 'blind spot', 'Small holes.'} <= set(words)
    assert 'source' not in words
    assert not card.formula.isVisible()
    assert not card.isModal()


def test_card_closes_with_escape_and_button(qtbot, card):
    qtbot.keyClick(card, Qt.Key.Key_Escape)
    assert not card.isVisible()
    card.show_definition(HD95, QPoint(40, 40))
    qtbot.mouseClick(card._close, Qt.MouseButton.LeftButton)
    assert not card.isVisible()


def test_card_closes_with_a_click_elsewhere(qtbot, card):
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=card.rect().center())
    assert card.isVisible()
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(-20, -20))
    assert not card.isVisible()


def test_further_lines_have_a_column_of_their_own(card):
    card.show_definition(Definition('Keys', 'On the canvas.', lines=(('H', 'hold'), ('N', 'next'))), QPoint(0, 0))
    cells = [card._facts.itemAtPosition(line, column).widget() for line in (4, 5) for column in (0, 1)]
    assert [cell.text() for cell in cells] == ['H', 'hold', 'N', 'next']
    assert cells[1].x() == cells[3].x()


def test_card_stays_on_the_screen(qtbot, card):
    card.show_definition(HD95, QPoint(100_000, 100_000))
    assert card.screen().availableGeometry().contains(card.geometry())


def test_nothing_is_cut_off(card):
    card.show_definition(Definition('Long', 'word ' * 150, formula='a / b', source='name ' * 40), QPoint(0, 0))
    for label in card.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width())


def test_second_definition_replaces_the_first(card):
    card.show_definition(Definition('Dice', 'Overlap.'), QPoint(0, 0))
    assert card.accessibleName() == 'Definition of Dice'
    assert card._facts.count() == 0
