"""Steps after the network, live: a plane before them is provisional and gives no number; then all of it is final."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.explore import labels
from napari_segrobust.explore.keep import Keeper
from napari_segrobust.explore.state import Lane
from napari_segrobust.explore.updates import BEFORE_POST
from napari_segrobust.segment.post import Post

POST = Post(largest_component=True, fill_holes=True)


@pytest.fixture
def planes(session):
    """Every plane that was shown."""
    assert session.wait()
    shown = []
    session.plane_ready.connect(shown.append)
    return shown


def noisy(session):
    session.state.set_perturbation(0, severity=4.0)
    session.state.set_lane(0, post=POST)


def test_the_settled_result_is_that_of_a_headless_run(session, ball_case):
    noisy(session)
    assert session.wait()
    walk = session.volume.request.lanes[0].now
    headless = pipeline.run(ball_case, walk.model, walk.scenario, metrics=session.volume.request.metrics)
    view, plane = session.volume.lanes[0], session.plane.request.plane
    assert view.labels.tobytes() == headless.labels.tobytes()
    assert view.accuracy.to_dict() == headless.comparison.to_dict()
    loose = pipeline.run(
        ball_case, walk.model, walk.scenario.model_copy(update={'judgement': type(walk.scenario.judgement)()})
    )
    assert (loose.labels != view.labels).any(), 'there was something to do'
    assert not session.plane.why_provisional
    np.testing.assert_array_equal(session.plane.lanes[0].labels, view.labels.take(plane.index, plane.axis))
    np.testing.assert_array_equal(session.case.references['expert'], ball_case.references['expert'])


def test_before_the_last_window_a_plane_is_provisional_and_says_nothing(session, planes):
    noisy(session)
    assert session.wait()
    early = [update for update in planes if update.why_provisional]
    assert early
    assert {update.why_provisional for update in early} == {BEFORE_POST}
    view = early[0].lanes[0]
    assert (view.accuracy, view.baseline_accuracy, view.stability) == (None, None, None)
    final = planes[-1]
    assert not final.why_provisional
    assert final.lanes[0].accuracy is not None
    assert planes.index(early[-1]) < planes.index(final)
    session.plane = early[0]
    assert session.table() == ([], True)


def test_no_dot_of_a_curve_comes_from_a_provisional_plane(session, planes):
    noisy(session)
    assert session.wait()
    curve = session.curves.identify(session.current, 0, 'slice', session.state.label)
    value = session.plane.lanes[0].accuracy.metrics[1]['dice'].value
    assert dict(session.curves.points(curve, 'dice'))[4.0] == pytest.approx(value)


def test_a_toggle_runs_no_network_and_a_small_volume_is_finished_at_once(session, planes):
    session.state.set_perturbation(0, severity=4.0)
    assert session.wait()
    calls, planes[:] = session.models['threshold'].calls, []
    session.state.set_lane(0, post=POST)
    assert session.wait()
    assert session.models['threshold'].calls == calls
    assert not any(update.why_provisional for update in planes)


def test_a_large_volume_is_shown_first(session, planes, monkeypatch):
    monkeypatch.setattr(labels, 'AT_ONCE', 0)
    session.state.set_perturbation(0, severity=4.0)
    assert session.wait()
    planes[:] = []
    session.state.set_lane(0, post=POST)
    assert session.wait()
    assert [update.why_provisional for update in planes] == [BEFORE_POST, '']


def test_what_was_kept_goes_on_to_the_next_case(session, ball_case):
    from dataclasses import replace

    keeper = Keeper(session)
    session.state.set_lane(0, threshold=0.42, post=POST)
    assert keeper.lanes(ball_case) == []
    keeper.keep(session.state.lanes[0])
    other = replace(ball_case, name='next', image=ball_case.image + 1)
    assert keeper.get('threshold').chosen_on == ball_case.name
    session.open_case(other, keeper.lanes(other))
    assert session.state.lanes == (Lane(source='threshold', threshold=0.42, post=POST),)
    assert keeper.get('threshold').chosen_on == ball_case.name, 'nothing was chosen anew'
    session.state.set_lane(0, threshold=0.5)
    assert keeper.get('threshold').chosen_on == 'next'
    flat = replace(ball_case, image=ball_case.image.repeat(2, axis=0))
    assert keeper.lanes(flat) == [], 'the model takes one channel'
    keeper.keep(session.state.lanes[0], on=False)
    assert keeper.lanes(other) == []
    keeper.close()
