"""Stepping through errors."""

import pytest
from qtpy.QtCore import Qt

from napari_segrobust.ui.widgets.error_list import CHIPS, ErrorList, ErrorRow

MISSED = ErrorRow('FN', 'missed object', '2.3 ml', '6 mm deep', 'white matter')
EXTRA = ErrorRow('FP', 'extra object', '0.9 ml', '3 mm out', 'grey matter', mark='new')
CLASS = ErrorRow('WC', 'wrong class', '0.4 ml', '2 mm deep')


@pytest.fixture
def errors(qtbot, palette):
    errors = ErrorList(palette=palette)
    qtbot.addWidget(errors)
    errors.set_errors((MISSED, EXTRA, CLASS), 4755)
    errors.resize(320, 200)
    errors.show()
    return errors


def test_words(errors):
    assert errors.header.text() == '3 of 4,755 matter, the rest is rim'
    assert EXTRA.spoken() == 'FP extra object, 0.9 ml, 3 mm out, grey matter, new'
    model = errors.view.model()
    assert model.data(model.index(0)) == MISSED.spoken()


@pytest.mark.parametrize(('count', 'words'), [(1, '1 error'), (3, '3 errors'), (0, '0 errors')])
def test_nothing_is_rim(errors, count, words):
    errors.set_errors((MISSED, EXTRA, CLASS)[:count], count)
    assert errors.header.text() == words


def test_setters_are_silent(qtbot, errors):
    with qtbot.assertNotEmitted(errors.selection_changed):
        errors.select(2)
        errors.set_errors((MISSED, EXTRA), 2)
        errors.set_errors((), 0)
        errors.set_errors((MISSED,), 1)
        errors.select(-1)
    assert errors.current() == -1


def test_selection_stays_where_it_was(errors):
    errors.select(1)
    errors.set_errors((CLASS, MISSED, EXTRA), 3)
    assert errors.current() == 1


def test_buttons(qtbot, errors):
    assert not errors.back.isEnabled()
    for expected in (0, 1, 2):
        with qtbot.waitSignal(errors.selection_changed) as caught:
            qtbot.mouseClick(errors.forth, Qt.MouseButton.LeftButton)
        assert caught.args == [expected]
    assert not errors.forth.isEnabled()
    with qtbot.waitSignal(errors.selection_changed) as caught:
        qtbot.mouseClick(errors.back, Qt.MouseButton.LeftButton)
    assert caught.args == [1]


def test_steps_stop_at_the_ends(qtbot, errors):
    errors.select(2)
    with qtbot.assertNotEmitted(errors.selection_changed):
        errors.next()
    errors.select(0)
    with qtbot.assertNotEmitted(errors.selection_changed):
        errors.previous()


def test_keys(qtbot, errors):
    errors.select(0)
    with qtbot.waitSignal(errors.selection_changed) as caught:
        qtbot.keyClick(errors.view, Qt.Key.Key_Down)
    assert caught.args == [1]
    with qtbot.waitSignal(errors.selection_changed) as caught:
        qtbot.keyClick(errors.view, Qt.Key.Key_Up)
    assert caught.args == [0]


def test_click(qtbot, errors):
    place = errors.view.visualRect(errors.view.model().index(2)).center()
    with qtbot.waitSignal(errors.selection_changed) as caught:
        qtbot.mouseClick(errors.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [2]


def test_empty_state(errors):
    errors.set_errors((), 0, 'No error matters: every difference is rim.')
    assert errors.empty.isVisible()
    assert not errors.view.isVisible()
    assert errors.empty.text().startswith('No error matters')
    assert not errors.forth.isEnabled()


def test_kinds_differ_without_colour():
    assert len({pattern for _, pattern in CHIPS.values()}) == len(CHIPS)


def test_painted(errors):
    errors.select(1)
    assert not errors.grab().isNull()


def test_rows_of_an_older_result_are_grey(errors):
    before = errors.view.grab().toImage()
    errors.set_pending(True)
    assert errors.view.grab().toImage() != before
    errors.set_pending(False)
    assert errors.view.grab().toImage() == before


def test_nothing_was_compared(errors):
    errors.set_errors((), None, 'Open a case first.')
    assert errors.header.text() == 'Errors'
