"""A blinded trial in a real window, by real keys."""

from __future__ import annotations

import json

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QLabel

from napari_segrobust.review.trial import Trial
from napari_segrobust.ui.review.lines import borders

CONTROL = Qt.KeyboardModifier.ControlModifier
RATERS = ('anna', 'ben', 'carla', 'dora')
OUTLINES, LETTERS = '[sr] outlines A and B', '[sr] outlines A and B letters'


def words(page):
    """Everything that the page and the legend say."""
    widgets = [w for w in (*page.findChildren(QLabel), *page.findChildren(QAbstractButton)) if w.isVisible()]
    chips = page.explorer.overlays._legend()
    return ' '.join([*(w.text() for w in widgets), *(w.toolTip() for w in widgets), *(c.word for c in chips)])


def events(trial):
    return [json.loads(line).get('event') for line in trial.path.read_text().splitlines()]


def letters(page):
    return list(page.explorer.viewer.layers[LETTERS].text.values)


def test_pairs_by_keyboard_alone(page, begin, press, qtbot):
    trial = begin()
    assert page.question.text() == 'Which is human?'
    # The model draws what anna draws: of two masks alike nobody is asked.
    assert {pair.one.name for pair in trial.pairs} == {'ben', 'carla', 'dora'}
    for number, key in enumerate((Qt.Key.Key_A, Qt.Key.Key_P, Qt.Key.Key_R)):
        assert page.work.pair == trial.pairs[number]
        press(key)
        # On disk, and not only in memory.
        assert events(trial).count('answer') == number + 1
    assert [v.answer for v in trial.verdicts.values()] == ['A', 'both_plausible', 'reference_wrong']
    assert 'All pairs of this case are answered' in page.said.text()
    press(Qt.Key.Key_A)
    assert events(trial).count('answer') == 3
    page.close_it.click()
    assert not trial.closed
    page.close_it.click()
    qtbot.waitUntil(lambda: trial.closed and page.results.isVisible(), timeout=10_000)
    told = page.results.text()
    assert told.startswith("The human's against the model's: ")
    assert '3 answers: ' in told
    assert '1 both plausible, 1 reference wrong, 0 undecidable' in told
    assert page.unreal.isHidden()
    assert Trial.read(trial.path).closed


def test_nothing_tells_who_is_who_before_the_end(page, begin, press, qtbot):
    painter = page.explorer.painter
    seen = painter.map, painter.masks
    trial = begin(name='zoe')
    review = page.review
    assert review.model_hidden
    assert {review.title(name) for name in RATERS} == {'?'}
    assert (painter.map, painter.masks) == ('none', 'none')
    press(Qt.Key.Key_A)
    told = words(page)
    assert not [name for name in (*RATERS, 'threshold', '%') if name in told]
    page.work.close()
    qtbot.waitUntil(lambda: not review.model_hidden, timeout=10_000)
    assert (painter.map, painter.masks) == seen
    pair = trial.pairs[0]
    assert f'1. A {pair.sides[0].name}, B {pair.sides[1].name}: A' in page.results.text()
    assert 'no answer' in page.results.text()
    assert page.asking.isHidden()


def test_a_and_b_are_drawn_as_the_log_has_them(page, begin, press):
    trial = begin()
    layers = page.explorer.viewer.layers
    votes, model = page.review.agreement.votes, page.session.volume.lanes[0].labels == 1
    known = {**dict(zip(votes.names, votes.masks, strict=True)), 'threshold': model}
    a, b = trial.masks(page.work.pair, known)
    z = page.session.state.plane.index
    assert (a[z] | b[z]).sum() == (a | b).sum(axis=(1, 2)).max()
    assert len({tuple(np.round(color[:3], 2)) for color in layers[OUTLINES].edge_color}) == 2
    assert letters(page) == ['A', 'B']
    for letter, mask in (('A', a), ('B', b)):
        press(Qt.Key.Key_F)
        assert letters(page) == [letter]
        pieces = sum(len(line) - 1 for line in borders(mask[z]))
        assert len(layers[OUTLINES].data) == pieces, 'alone, each is drawn whole'
    press(Qt.Key.Key_F)
    assert page.work.side == 'both'


def test_they_follow_the_plane_and_go_with_the_page(page, begin, review_panel):
    begin()
    viewer = page.explorer.viewer
    viewer.dims.set_current_step(0, 6)
    assert set(viewer.layers[OUTLINES].data[:, 0, 0]) == {6}
    review_panel.show_page('Disputes')
    assert not {OUTLINES, LETTERS} & {layer.name for layer in viewer.layers}
    review_panel.show_page('Which is human?')
    assert OUTLINES in viewer.layers


def test_an_answer_can_be_taken_back(page, begin, press):
    trial = begin()
    press(Qt.Key.Key_B)
    assert page.work.pair == trial.pairs[1]
    press(Qt.Key.Key_Z, CONTROL)
    assert (page.work.pair, trial.verdicts) == (trial.pairs[0], {})
    assert not page.undo.isEnabled()
    press(Qt.Key.Key_Z, CONTROL)
    assert page.said.text() == 'Nothing to undo.'


def test_it_goes_on_in_the_same_file(page, begin, press):
    trial = begin()
    press(Qt.Key.Key_U)
    page.leave.click()
    assert page.work.trial is None
    assert not page.review.model_hidden
    assert page.start.start.text() == 'Go on'
    again = begin(name='emil')
    assert again.pairs == trial.pairs
    assert page.said.text() == 'Resumed with 1 answer.'
    assert page.work.pair == again.pairs[1]


def test_the_results_of_a_closed_one_are_shown_again(page, begin, press, qtbot):
    trial = begin()
    press(Qt.Key.Key_A)
    page.work.close()
    qtbot.waitUntil(page.results.isVisible, timeout=10_000)
    told = page.results.text()
    page.leave.click()
    assert page.results.isHidden()
    assert begin(name='emil').pairs == trial.pairs
    assert page.results.text() == told
    assert not page.review.model_hidden


def test_people_alone_and_the_majority(page, begin):
    trial = begin(question=1, against=2)
    assert page.question.text() == 'Which would you use?'
    assert len(trial.pairs) == 6
    page.leave.click()
    assert begin(question=0, against=1, file='other.jsonl') is None
    assert 'no two masks differ' in page.said.text(), 'the model draws what the majority is'
    assert page.start.against.count() == 2, 'nobody asks which of two people is human'


def test_what_cannot_be_begun_is_said(page, begin, tmp_path):
    (tmp_path / 'letter.txt').write_text('Dear all,')
    assert begin(file='letter.txt') is None
    assert 'Not a log' in page.said.text()
    page.start.name.clear()
    page.start.start.click()
    assert page.work.trial is None


def test_another_case_lets_the_log_go(page, begin, reviewed, raters_case):
    begin()
    reviewed.open_case(raters_case)
    assert page.work.trial is None
    assert OUTLINES not in reviewed.viewer.layers
    assert (reviewed.painter.map, reviewed.painter.masks) == ('errors', 'both'), 'what was put away is back'
    assert not page.review.model_hidden
