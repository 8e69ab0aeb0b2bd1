"""Disputes settled in a real window, by real keys, with every decision on disk."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QDockWidget, QLabel

from napari_segrobust.explore.state import Lane
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.review.adjudication import Ledger
from napari_segrobust.ui.docks import find_panel
from napari_segrobust.ui.results import Results
from napari_segrobust.ui.review.disputes.canvas import REGION
from napari_segrobust.ui.review.disputes.edit import EDIT
from napari_segrobust.ui.review.room import show_review
from napari_segrobust.ui.sections.compare import BLINDED

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NAMES = ('anna', 'ben', 'carla')
OUTLINES, LETTERS = '[sr] outlines of raters', '[sr] outlines of raters letters'


def written(adjudication):
    return [json.loads(line) for line in adjudication.path.read_text().splitlines()]


def shown_words(page):
    """Everything that the page and the legend say."""
    table = page.table.model()
    cells = [table.index(r, c).data(role) for r in range(10) for c in range(7) for role in (0, 3, 11)]
    widgets = [*page.findChildren(QLabel), *page.findChildren(QAbstractButton)]
    chips = page.explorer.overlays._legend()
    return ' '.join(
        [*map(str, cells), *(w.text() for w in widgets), *(w.toolTip() for w in widgets), *(c.word for c in chips)]
    )


def test_before_it_begins_disputes_can_be_looked_at(page):
    viewer = page.explorer.viewer
    assert page.said.text().startswith('10 to settle')
    page.table.selectRow(3)
    assert page.work.index == 3
    assert viewer.dims.current_step[0] == page.work.dispute.position[0]
    assert {REGION, OUTLINES, LETTERS} <= {layer.name for layer in viewer.layers}
    assert page.here.picture is not None
    assert page.answers.isHidden()
    page.hidden()
    assert not {REGION, OUTLINES, LETTERS} & {layer.name for layer in viewer.layers}


def test_letters_of_who_drew_it_stand_around_the_dispute(page):
    for row in (0, 5):
        page.table.selectRow(row)
        letters, region = (page.explorer.viewer.layers[name] for name in (LETTERS, REGION))
        low, high = region.extent.world
        half = np.linalg.norm((high - low)[1:]) / 2
        for name in page.work.dispute.inside:
            place = letters.data_to_world(letters.data[page.work.cast.order.index(name)])
            assert np.linalg.norm((place - (low + high) / 2)[1:]) <= 1.5 * half


def test_names_of_layers_tell_nobody_while_people_are_blinded(page, begin, qtbot):
    layers = page.explorer.viewer.layers
    assert '[sr] reference: anna' in layers
    begin()
    assert '[sr] reference' in layers
    assert not [layer.name for layer in layers if any(name in layer.name for name in NAMES)]
    page.explorer.session.state.reference = 'ben'
    assert '[sr] reference' in layers
    page.work.close()
    qtbot.waitUntil(lambda: '[sr] reference: ben' in layers, timeout=10_000)


def test_no_rater_can_be_chosen_as_reference_while_people_are_blinded(page, begin, qtbot):
    reference = find_panel(page.explorer.viewer).compare.reference
    assert [reference.itemText(n) for n in range(reference.count())] == list(NAMES)
    begin()
    assert [reference.itemText(n) for n in range(reference.count())] == [BLINDED]
    assert not reference.isEnabled()
    assert page.explorer.session.state.reference in (None, 'anna'), 'what was chosen stays'
    page.work.close()
    qtbot.waitUntil(reference.isEnabled, timeout=10_000)
    assert [reference.itemText(n) for n in range(reference.count())] == list(NAMES)


def test_ten_disputes_by_keyboard_alone(page, begin, press):
    adjudication = begin()
    started = time.monotonic()
    answers = [Qt.Key.Key_1, Qt.Key.Key_0, Qt.Key.Key_U, Qt.Key.Key_3, Qt.Key.Key_2] * 2
    for number, key in enumerate(answers, start=1):
        assert page.work.index == number - 1
        press(key)
        # On disk, and not only in memory.
        assert [line['event'] for line in written(adjudication)[1:]] == ['decide'] * number
    seconds = time.monotonic() - started
    assert adjudication.next_open() is None
    assert seconds < 20, 'far under a minute'
    order = adjudication.blinding.order
    told = [(line['answer'], line.get('rater')) for line in written(adjudication)[1:6]]
    assert told == [
        ('rater', order[0]), ('consensus', None), ('undecidable', None), ('rater', order[2]), ('rater', order[1]),
    ]  # fmt: skip
    assert '10 of 10 settled' in page.progress.text()


def test_keys_step_undo_and_redo(page, begin, press):
    adjudication = begin()
    press(Qt.Key.Key_N)
    press(Qt.Key.Key_N)
    assert page.work.index == 2
    press(Qt.Key.Key_N, SHIFT)
    assert page.work.index == 1
    press(Qt.Key.Key_1)
    assert page.work.index == 2
    press(Qt.Key.Key_Z, CONTROL)
    assert (page.work.index, adjudication.progress.settled) == (1, 0)
    press(Qt.Key.Key_Z, CONTROL | SHIFT)
    assert adjudication.progress.settled == 1
    assert [line['event'] for line in written(adjudication)[1:]] == ['decide', 'undo', 'redo']
    press(Qt.Key.Key_9)
    assert adjudication.progress.settled == 1, 'there is no ninth rater'


def test_fields_keep_what_is_typed_into_them(page, begin, press, qtbot):
    adjudication = begin()
    page.answers.reason.setFocus()
    for key in (Qt.Key.Key_1, Qt.Key.Key_N, Qt.Key.Key_0):
        press(key)
    assert page.answers.reason.text() == '1n0'
    assert len(written(adjudication)) == 1
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(page.table.hasFocus)
    press(Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    press(Qt.Key.Key_2)
    (decision,) = adjudication.decisions.values()
    assert (decision.reason, decision.confidence) == ('1n0', 4)
    assert decision.seconds >= 0
    # The next one begins without.
    assert (page.answers.reason.text(), page.work.confidence) == ('', None)


def test_names_and_model_are_hidden_until_it_is_closed(page, begin, qtbot):
    adjudication = begin()
    review, painter = page.review, page.explorer.painter
    assert review.model_hidden
    assert {review.title(name) for name in NAMES} == {'A', 'B', 'C'}
    assert (painter.map, painter.masks) == ('none', 'none')
    page.work.follow(0)
    assert not [name for name in NAMES if name in shown_words(page)]
    page.close_it.click()
    assert not adjudication.closed
    assert '9 open will follow the rule' in page.said.text()
    page.close_it.click()
    qtbot.waitUntil(lambda: not review.model_hidden, timeout=10_000)
    assert adjudication.closed
    assert all(name in shown_words(page) for name in NAMES)
    assert Ledger.read(adjudication.path, adjudication.agreement).closed
    page.leave.click()
    assert (painter.map, painter.masks) == ('errors', 'both')


def test_it_resumes_after_it_was_let_go(page, begin, ten_disputes, qtbot):
    first = begin()
    page.work.follow(0)
    page.work.follow(1)
    explorer = page.explorer
    explorer.open_case(ten_disputes, [Lane(source='threshold')])
    assert page.work.adjudication is None
    assert (explorer.painter.map, explorer.painter.masks) == ('errors', 'both')
    qtbot.waitUntil(lambda: len(page.work.disputes) == 10, timeout=30_000)
    assert page.start.isVisibleTo(page)
    again = begin('emil')
    assert again is not first
    assert again.decisions == first.decisions
    assert page.work.index == 2
    assert page.work.said == 'Resumed with 2 settled.'
    assert again.blinding == first.blinding


def test_a_log_in_use_is_refused_in_words(page, begin, qtbot):
    adjudication = begin()
    page.work.leave()
    with type(adjudication).open(adjudication.path, adjudication.agreement, adjudicator='emil'):
        assert begin() is None
        assert page.said.text().startswith('Log in use')
    assert begin() is not None


@pytest.mark.usefixtures('press')
def test_without_a_name_it_does_not_begin(page, qtbot):
    page.start.start.click()
    qtbot.waitUntil(page.start.name.hasFocus)
    assert page.work.adjudication is None


def test_the_first_key_is_an_answer_and_not_a_word(page, press, tmp_path, qtbot):
    page.start.file.setText(str(tmp_path / 'ball.adjudication.jsonl'))
    page.start.name.setFocus()
    for key in (Qt.Key.Key_E, Qt.Key.Key_N, Qt.Key.Key_Return):
        press(key)
    qtbot.waitUntil(lambda: page.work.is_open, timeout=10_000)
    press(Qt.Key.Key_1)
    (decision,) = page.work.adjudication.decisions.values()
    assert decision.adjudicator == 'en'


def test_it_keeps_the_masks_it_began_with(page, begin, press, qtbot):
    adjudication = begin()
    page.session.state.tolerance_mm = 4.0
    qtbot.waitUntil(lambda: page.review.agreement is not None, timeout=30_000)
    assert page.said.text() == 'The review has moved on; this list belongs to its own masks, tolerance 2 mm.'
    press(Qt.Key.Key_1)
    assert adjudication.progress.settled == 1
    assert page.review.adjudication is adjudication


def edited(page, press, qtbot):
    press(Qt.Key.Key_E)
    qtbot.waitUntil(lambda: page.work.edit is not None, timeout=10_000)
    return page.work.edit


def test_an_edit_stays_in_its_region(page, begin, press, painted, qtbot):
    adjudication = begin()
    region, shape = page.work.dispute.where, adjudication.agreement.votes.shape
    base = adjudication.final_mask()
    edit = edited(page, press, qtbot)
    assert page.explorer.viewer.layers.selection.active.name == EDIT
    painted(edit, slice(0, 12), slice(0, 24), slice(0, 24))
    inside = np.zeros(shape, bool)
    inside.reshape(-1)[region] = True
    np.testing.assert_array_equal(edit.mask(), base | inside)
    edit.layer.undo()
    np.testing.assert_array_equal(edit.mask(), base)
    edit.layer.redo()
    press(Qt.Key.Key_Return)
    assert (page.work.edit, page.work.index) == (None, 1)
    assert EDIT not in page.explorer.viewer.layers
    np.testing.assert_array_equal(adjudication.final_mask(), base | inside)


def test_unlocked_it_goes_where_the_brush_goes(page, begin, press, painted, qtbot):
    adjudication = begin()
    base = adjudication.final_mask()
    edit = edited(page, press, qtbot)
    page.answers.unlocked.click()
    painted(edit, slice(0, 2), slice(0, 3), slice(0, 3))
    page.answers.accept.click()
    expected = base.copy()
    expected[:2, :3, :3] = True
    np.testing.assert_array_equal(adjudication.final_mask(), expected)


@pytest.mark.parametrize('how', ['escape', 'delete'])
def test_an_edit_can_be_given_up(page, begin, press, painted, qtbot, how):
    adjudication = begin()
    edit = edited(page, press, qtbot)
    painted(edit, slice(0, 12), slice(0, 24), slice(0, 24))
    if how == 'escape':
        press(Qt.Key.Key_Escape)
    else:
        page.explorer.viewer.layers.remove(EDIT)
    assert page.work.edit is None
    assert len(written(adjudication)) == 1
    press(Qt.Key.Key_1)
    assert adjudication.progress.settled == 1


def test_while_a_brush_is_in_hand_digits_are_its_own(page, begin, press, qtbot):
    adjudication = begin()
    edited(page, press, qtbot)
    for key in (Qt.Key.Key_1, Qt.Key.Key_0, Qt.Key.Key_U, Qt.Key.Key_N):
        press(key)
    assert len(written(adjudication)) == 1
    assert page.work.index == 0


def test_outlines_follow_the_plane(page):
    page.table.selectRow(0)
    viewer, dispute = page.explorer.viewer, page.work.dispute
    outlines = viewer.layers[OUTLINES]
    assert set(outlines.data[:, 0, 0]) == {dispute.position[0]}
    viewer.dims.set_current_step(0, 6)
    assert set(outlines.data[:, 0, 0]) == {6}
    viewer.dims.order = (1, 0, 2)
    viewer.dims.set_current_step(1, 12)
    assert {outlines.data_to_world(point)[1] for point in outlines.data[:, 0]} == {12.0}
    region = viewer.layers[REGION]
    assert np.count_nonzero(region.data) == dispute.voxels
    start = np.array(np.unravel_index(dispute.where, (12, 24, 24))).min(axis=1)
    np.testing.assert_allclose(region.translate, start * [2.0, 1.0, 1.0])


def test_a_flat_image_is_settled_too(explorer, ten_disputes, tmp_path, qtbot):
    masks = {name: mask[4] for name, mask in ten_disputes.references.items()}
    flat = replace(
        ten_disputes,
        image=ten_disputes.image[:, 4],
        geometry=GridGeometry.from_spacing((24, 24), (1.0, 1.0)),
        references=masks,
    )
    explorer.open_case(flat, [Lane(source='threshold')])
    page = show_review(explorer.viewer).show_page('Disputes')
    qtbot.waitUntil(lambda: len(page.work.disputes) > 0, timeout=30_000)
    assert page.table.model().headings[5][0] == 'rows'
    page.work.begin(tmp_path / 'flat.jsonl', 'dora', blinded=True)
    qtbot.waitUntil(lambda: page.work.is_open, timeout=10_000)
    page.work.begin_edit()
    qtbot.waitUntil(lambda: page.work.edit is not None, timeout=10_000)
    page.work.accept_edit()
    page.work.follow(0)
    assert page.work.adjudication.progress.settled == 2
    assert explorer.viewer.layers[OUTLINES].data.shape[-1] == 2


def test_keys_work_from_both_windows_where_the_dock_floats(page, begin, qtbot):
    adjudication, main = begin(), page.window()
    dock = next(dock for dock in main.findChildren(QDockWidget) if dock.isAncestorOf(page))
    dock.setFloating(True)
    page.sync()
    for number, window in enumerate((main, dock), start=1):
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=5_000)
        qtbot.keyClick(window, Qt.Key.Key_1)
        assert adjudication.progress.settled == number
    del main, window


def test_numbers_of_the_model_that_are_seen_stand_in_the_log(page, begin):
    adjudication = begin()
    assert not adjudication.model_was_shown
    results = next(w for w in page.explorer.viewer.window.dock_widgets.values() if isinstance(w, Results))
    results.parentWidget().raise_()
    assert adjudication.model_was_shown
    page.window().findChild(QDockWidget, 'Raters').raise_()
    results.parentWidget().raise_()
    assert [line.get('event') for line in written(adjudication)].count('model_shown') == 1
