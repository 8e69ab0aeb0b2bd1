"""Words that give way."""

from __future__ import annotations

from napari_segrobust.ui.widgets.one_line import OneLine


def test_words_are_cut_where_there_is_no_room_and_said_in_the_tooltip(qtbot):
    label = OneLine()
    qtbot.addWidget(label)
    words = 'one case gives no verdict ' * 5
    label.resize(100, 20)
    label.show()
    label.say(words, 'and why')
    assert label.text().endswith('…')
    assert label.words == words
    assert label.toolTip() == f'{words}\nand why'
    assert label.accessibleName() == words
    label.resize(2000, 20)
    assert label.text() == words
    assert label.sizeHint().height() < 2 * label.fontMetrics().height()
    label.say('')
    assert label.text() == label.toolTip() == ''
