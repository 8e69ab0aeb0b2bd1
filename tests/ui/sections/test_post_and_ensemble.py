"""After the network, and ensembles, as a hand uses them in the window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.segment.post import Post
from napari_segrobust.ui.canvas.vote_layer import NAME
from napari_segrobust.ui.sections.ensemble import EnsembleSection
from napari_segrobust.ui.sections.post import AS_TOLD, PostSection


def part(panel, kind):
    return next(one for one in panel.model.parts if isinstance(one, kind))


@pytest.fixture
def opened(explorer, threshold_model, ball_case, settle):
    explorer.session.models['wide'] = threshold_model('wide', bias=0.4)
    explorer.open_case(ball_case, [Lane(source='threshold'), Lane(source='wide')])
    explorer.session.state.stack = (Perturbation(name='gaussian_noise', severity=3.0, seed=7),)
    settle()
    return explorer


def test_steps_of_one_model_or_of_all_in_one_gesture_and_on_to_the_next_case(opened, panel, settle, ball_case):
    session, post = opened.session, part(panel, PostSection)
    post.largest.setChecked(True)
    assert [lane.post for lane in session.state.lanes] == [Post(largest_component=True)] * 2
    session.history.undo()
    assert [lane.post for lane in session.state.lanes] == [None] * 2
    assert not post.largest.isChecked()
    opened.set_lane(1)
    post.whose.setCurrentIndex(1)
    assert post.whose.currentText() == 'lane 2, wide'
    post.threshold.value_changed.emit(0.42)
    post.holes.setChecked(True)
    post.minimum.setValue(0.05)
    first, second = session.state.lanes
    assert (first.threshold, first.post) == (None, None)
    assert (second.threshold, second.post) == (0.42, Post(fill_holes=True, minimum_ml=0.05))
    assert post.minimum.text() == '0.05 ml'
    assert post.keep.isEnabled()
    post.keep.setChecked(True)
    assert post.words.text() == 'threshold 0.42, holes filled, from 0.05 ml: chosen on ball'
    settle()
    assert not session.plane.why_provisional
    opened.open_case(replace(ball_case, name='next', image=ball_case.image * 0.9, predictions={}))
    settle()
    (lane,) = session.state.lanes
    assert (lane.source, lane.threshold, lane.post) == ('wide', 0.42, second.post)
    assert post.words.text() == 'threshold 0.42, holes filled, from 0.05 ml: chosen on ball'
    post.reset.click()
    assert (session.state.lanes[0].threshold, session.state.lanes[0].post) == (None, None)
    assert not post.reset.isEnabled()
    assert AS_TOLD in post.header._summary
    assert post.words.text() == 'threshold 0.50, no steps: chosen on next'


def test_the_canvas_says_that_steps_are_to_come(opened):
    session, painter = opened.session, opened.painter
    view = replace(session.plane.lanes[0], provisional=True)
    painter.paint(replace(session.plane, lanes=(view, session.plane.lanes[1])))
    assert 'PROVISIONAL: steps after the network come with the last window' in opened.overlays.text
    painter.paint(session.plane)
    assert 'PROVISIONAL' not in opened.overlays.text


def test_an_ensemble_of_these_lanes(opened, panel, settle, qtbot):
    session, ensemble = opened.session, part(panel, EnsembleSection)
    ensemble.make.click()
    assert session.state.lanes[2].source == 'majority of threshold + wide'
    settle()
    assert opened.lane == 2
    assert panel.model.combos[2].currentText() == 'majority of 2'
    assert '[sr] prediction: majority of 2' in [layer.name for layer in opened.viewer.layers]
    ensemble.votes.setChecked(True)
    settle()
    layer = opened.viewer.layers[NAME]
    np.testing.assert_array_equal(layer.data, session.volume.lanes[2].votes)
    assert set(np.unique(layer.data)) == {0, 1, 2}
    assert [chip.word for chip in opened.overlays._more_chips[NAME]] == ['1 of 2 votes', '2 of 2 votes']
    ensemble.rule.setCurrentIndex(2)
    assert session.state.lanes[2].source == 'weighted of 1 x threshold + 1 x wide'
    settle()
    ensemble.boxes[1].setValue(3)
    assert session.state.lanes[2].source == 'weighted of 1 x threshold + 3 x wide'
    settle()
    ensemble.leave_out()
    qtbot.waitUntil(lambda: not ensemble.found.isHidden(), timeout=30_000)
    names = [ensemble._found.itemAtPosition(row, 0).widget().text() for row in range(3)]
    assert names[0] == 'without'
    assert set(names[1:]) == {'threshold', 'wide'}
    ensemble.votes.setChecked(False)
    assert NAME not in opened.viewer.layers
    assert opened.overlays._more_chips[NAME] == ()


def test_a_file_with_a_missing_member_says_so_everywhere(opened, panel, settle, tmp_path):
    session, ensemble = opened.session, part(panel, EnsembleSection)
    file = tmp_path / 'three.toml'
    file.write_text('[ensemble]\nmembers = ["threshold", "wide", "ghost.pt"]\n')
    session.state.lanes = (Lane(source=str(file)),)
    settle()
    words = 'three is 2 of 3 members: ghost.pt is missing, Model ghost.pt not found: no such name or file.'
    assert session.status.text == words
    assert panel.header.status.text.text().endswith(words)
    assert ensemble.missing.text() == words
    assert panel.model.combos[0].currentText() == 'three (2 of 3 members)'
    assert '[sr] prediction: three (2 of 3 members)' in [layer.name for layer in opened.viewer.layers]
