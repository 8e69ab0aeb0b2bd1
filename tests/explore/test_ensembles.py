"""Ensembles in the live loop: one model to everybody, shared with lanes, and never silent about who is missing."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.errors import ModelError
from napari_segrobust.explore.leave_out import LeaveOutJob
from napari_segrobust.explore.state import Lane
from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.segment.ensemble import Ensemble, Member, Merger

SOURCE = 'majority of threshold + deep + lazy'


@pytest.fixture
def members(make_model):
    """Slice by slice, in 3D windows, and one that sees less."""
    lazy = make_model(key='lazy')
    lazy.answer = lambda logits: logits - logits.new_tensor([0.0, 0.6]).reshape(1, 2, 1, 1)
    return {'threshold': make_model(), 'deep': make_model(3, (8, 8, 8), 'deep'), 'lazy': lazy}


@pytest.fixture
def opened(session, members):
    """The ensemble beside its first member."""
    session.models.update(members)
    session.models[SOURCE] = Ensemble(
        Merger('majority of 3', source=SOURCE), [Member(name, name, model) for name, model in members.items()]
    )
    session.state.set_perturbation(0, severity=3.0)
    session.state.lanes = (Lane(source='threshold'), Lane(source=SOURCE))
    assert session.wait()
    return session


def test_it_is_settled_as_a_headless_run_and_shares_windows_with_its_lanes(opened, ball_case, members):
    walk = opened.volume.request.lanes[1].now
    calls = {name: model.calls for name, model in members.items()}
    opened.state.lanes = (*opened.state.lanes, Lane(source='deep'), Lane(source='lazy'))
    assert opened.wait()
    assert {name: model.calls for name, model in members.items()} == calls, 'they had run for the ensemble'
    headless = pipeline.run(ball_case, walk.model, walk.scenario, metrics=opened.volume.request.metrics)
    assert opened.volume.lanes[1].labels.tobytes() == headless.labels.tobytes()
    assert headless.messages == ()


def test_votes_are_counted_for_the_shown_label_where_somebody_looks(opened):
    assert opened.volume.lanes[1].votes is None
    opened.state.ask('votes')
    assert opened.wait()
    alone, ours = opened.volume.lanes
    assert alone.votes is None
    run = opened._compute._engine.run(opened.volume.request.lanes[1].now)
    np.testing.assert_array_equal(ours.votes, run.votes()[1])
    np.testing.assert_array_equal(ours.labels > 0, ours.votes >= 2)
    plane = opened.plane.request.plane
    np.testing.assert_array_equal(opened.plane.lanes[1].votes, ours.votes.take(plane.index, plane.axis))


def test_a_member_that_fails_is_said_named_and_left_out_of_the_baseline_too(opened, members):
    def fail(_logits):
        raise RuntimeError('gone')

    notices = []
    opened.noticed.connect(notices.append)
    assert lane_titles(opened) == ['threshold', 'majority of 3']
    members['deep'].answer = fail
    opened.state.set_perturbation(0, severity=2.0)
    assert opened.wait()
    assert any(
        'majority of 3 is 2 of 3 members: deep is missing, the network raised RuntimeError: gone' in n for n in notices
    )
    assert lane_titles(opened) == ['threshold', 'majority of 3 (2 of 3 members)']
    assert opened.status.kind == 'idle'
    assert 'majority of 3 is 2 of 3 members: deep is missing' in opened.status.text
    lane = opened.volume.request.lanes[1]
    assert lane.now.model_name == 'majority of 3 (2 of 3 members)'
    engine = opened._compute._engine
    assert [len(engine.run(walk)._there) for walk in lane.walks] == [2, 2]


def test_one_that_cannot_be_loaded_is_missing_from_the_first_picture_on(session):
    session.state.lanes = (Lane(source='mean of threshold + ghost'),)
    assert session.wait()
    assert lane_titles(session) == ['mean of 2 (1 of 2 members)']
    assert 'ghost is missing, Model ghost not found' in session.status.text
    assert session.models['mean of threshold + ghost'].members[0].model is session.models['threshold'], 'no second copy'


def test_leaving_each_out_in_the_quiet(opened):
    found, failed = [], []
    with pytest.raises(ModelError, match='no ensemble'):
        LeaveOutJob(opened, 0, found.append, failed.append)
    opened.jobs.submit(LeaveOutJob(opened, 1, found.append, failed.append))
    end = 200
    while not (found or failed) and end:
        opened._answers.get(timeout=20)()
        end -= 1
    assert not failed
    by_name = {left.name: left for left in found[0]}
    assert by_name.keys() == {'threshold', 'deep', 'lazy'}
    assert by_name['lazy'].reference_dice[1][0] == pytest.approx(
        opened.volume.lanes[1].accuracy.metrics[1]['dice'].value
    )
    assert found[0][0].moved == max(left.moved for left in found[0])
