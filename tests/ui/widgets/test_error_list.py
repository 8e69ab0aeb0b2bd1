"""Stepping through errors."""

import pytest
from qtpy.QtCore import Qt

from napari_segrobust.ui.widgets.error_list import CHIPS, FLOORS, ErrorList, ErrorRow

MISSED = ErrorRow('FN', 'missed object', '2.3 ml', '6 mm deep', 'white matter')
EXTRA = ErrorRow('FP', 'extra object', '0.9 ml', '3 mm out', 'grey matter', mark='new')
GROWN = ErrorRow('FP', 'deep error', '0.9 ml', '3 mm out', mark='grown by 0.4 ml')
GONE = ErrorRow('FN', 'missed object', '0.5 ml', '4 mm deep', mark='gone', former=True)
HEADER = '3 of 4,755 matter, the rest is rim'
CLASS = ErrorRow('WC', 'wrong class', '0.4 ml', '2 mm deep')


@pytest.fixture
def errors(qtbot, palette):
    errors = ErrorList(palette=palette)
    qtbot.addWidget(errors)
    errors.set_errors((MISSED, EXTRA, CLASS), HEADER)
    errors.resize(400, 200)
    errors.show()
    return errors


def test_words(errors):
    assert errors.header.text() == HEADER
    assert errors.view.accessibleDescription() == HEADER
    assert EXTRA.spoken() == 'FP extra object, 0.9 ml, 3 mm out, grey matter, new'
    model = errors.view.model()
    assert model.data(model.index(0)) == MISSED.spoken()


def test_marks():
    smaller = ErrorRow('FP', 'deep error', '0.9 ml', '3 mm out', mark='smaller by 0.4 ml')
    assert [row.short_mark for row in (MISSED, EXTRA, GROWN, smaller)] == ['', 'new', '+0.4 ml', '\u22120.4 ml']
    assert [row.worse for row in (MISSED, EXTRA, GROWN, smaller, GONE)] == [False, True, True, False, False]


def test_what_changed_is_one_line_and_only_there_when_something_can_have(errors):
    assert not errors.changes.isVisible()
    errors.set_errors((MISSED, EXTRA), '2 errors', changes='since clean: 1 new')
    assert errors.changes.isVisible()
    assert errors.changes.text() == 'since clean: 1 new'
    assert errors.view.accessibleDescription() == '2 errors. since clean: 1 new'


def test_the_floor_is_only_there_where_it_applies(errors):
    assert not errors.floor.isVisible()
    errors.set_errors((MISSED, EXTRA), HEADER, floor_words='or below')
    assert errors.floor.isVisible()
    assert errors.floor_words.text() == 'or below'
    assert errors.floor.accessibleName() == 'Smallest listed error in ml'
    assert errors.floor.toolTip()


def test_the_floor_goes_through_round_numbers(qtbot, errors):
    errors.set_errors((MISSED,), HEADER, floor_words='from')
    box = errors.floor
    with qtbot.assertNotEmitted(box.valueChanged):
        box.show_value(0.1)
    box.setFocus()
    for key, expected in ((Qt.Key.Key_Up, '0.2'), (Qt.Key.Key_Up, '0.5'), (Qt.Key.Key_Down, '0.2')):
        with qtbot.waitSignal(box.valueChanged):
            qtbot.keyClick(box, key)
        assert box.text() == f'{expected} ml'
    box.show_value(0.03)
    box.stepBy(-1)
    assert box.value() == 0.02
    for end in (-50, 50):
        box.stepBy(end)
        assert box.value() == (FLOORS[0] if end < 0 else FLOORS[-1])


def test_one_steps_through_what_matters_and_clicks_on_what_is_gone(qtbot, errors):
    errors.set_errors((MISSED, GROWN, GONE), '2 errors')
    errors.select(1)
    assert not errors.forth.isEnabled()
    with qtbot.assertNotEmitted(errors.selection_changed):
        errors.next()
    place = errors.view.visualRect(errors.view.model().index(2)).center()
    with qtbot.waitSignal(errors.selection_changed) as caught:
        qtbot.mouseClick(errors.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [2]
    with qtbot.waitSignal(errors.selection_changed) as caught:
        qtbot.mouseClick(errors.back, Qt.MouseButton.LeftButton)
    assert caught.args == [1]


def test_setters_are_silent(qtbot, errors):
    with qtbot.assertNotEmitted(errors.selection_changed):
        errors.select(2)
        errors.set_errors((MISSED, EXTRA), '2 errors')
        errors.set_errors((), '0 errors')
        errors.set_errors((MISSED,), '1 error')
        errors.select(-1)
    assert errors.current() == -1


def test_selection_stays_where_it_was(errors):
    errors.select(1)
    errors.set_errors((CLASS, MISSED, EXTRA), HEADER)
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
    errors.set_errors((), '0 errors', empty='No error matters: every difference is rim.')
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
