"""The live loop without a window: what is asked, what is answered, what is never shown."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane, Plane
from napari_segrobust.perturb import Perturbation


def test_clean_image_is_answered_exactly(session, ball_case):
    assert session.wait()
    view = session.volume.lanes[0]
    assert view.accuracy.metrics[1]['dice'].value == 1.0
    assert view.stability.metrics[1]['dice'].value == 1.0
    assert not view.error.any() or set(np.unique(view.error)) <= {0, 1}
    np.testing.assert_array_equal(session.volume.image, ball_case.image)
    assert session.status.kind == 'idle'


def test_settled_result_is_byte_equal_to_a_headless_run(session, ball_case):
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    request = session.volume.request
    walk = request.lanes[0].now
    headless = pipeline.run(ball_case, walk.model, walk.scenario, metrics=request.metrics)
    view = session.volume.lanes[0]
    assert view.labels.tobytes() == headless.labels.tobytes()
    assert session.volume.image.tobytes() == headless.image.tobytes()
    assert view.accuracy.to_dict() == headless.comparison.to_dict()


def test_only_what_is_shown_is_computed(session):
    session.metrics = ('nsd', 'dice')
    session.state.metric = 'stability_dice'
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()
    assert list(session.volume.lanes[0].accuracy.metrics[1]) == ['nsd', 'dice']
    few = session.volume
    session.state.metric = 'hd95'
    assert session.wait()
    for update in (session.plane, session.volume):
        for comparison in (update.lanes[0].accuracy, update.lanes[0].baseline_accuracy):
            assert list(comparison.metrics[1]) == ['nsd', 'dice', 'hd95']
    assert {key: session.volume.lanes[0].accuracy.metrics[1][key] for key in ('nsd', 'dice')} == dict(
        few.lanes[0].accuracy.metrics[1]
    )


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_plane_equals_that_plane_of_the_volume(session, axis):
    session.state.set_perturbation(0, severity=2.0)
    session.state.plane = Plane(axis=axis, index=7)
    assert session.wait()
    np.testing.assert_array_equal(session.plane.lanes[0].labels, session.volume.lanes[0].labels.take(7, axis))
    np.testing.assert_array_equal(session.plane.image, session.volume.image.take(7, axis + 1))
    np.testing.assert_array_equal(session.plane.lanes[0].error, session.volume.lanes[0].error.take(7, axis))


def test_last_answer_belongs_to_last_severity(session):
    for severity in np.linspace(0, 5, 40):
        session.state.set_perturbation(0, severity=float(severity))
    assert session.wait()
    assert session.plane.request.severity == session.volume.request.severity == 5.0


def test_threshold_never_runs_the_network_again(session):
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait()
    model = session.models['threshold']
    calls = model.calls
    session.state.set_lane(0, threshold=0.6)
    session.state.tolerance_mm = 3.0
    assert session.wait()
    assert model.calls == calls


def test_visited_severity_is_not_run_again(session):
    for severity in (1.0, 2.0):
        session.state.set_perturbation(0, severity=severity)
        assert session.wait()
    model = session.models['threshold']
    calls = model.calls
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()
    assert model.calls == calls


def test_shown_plane_comes_first(session):
    model = session.models['threshold']
    assert session.wait()
    model.calls = 0
    order = []
    session.plane_ready.connect(lambda update: order.append(('plane', model.calls)))
    session.volume_ready.connect(lambda update: order.append(('volume', model.calls)))
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()
    assert [kind for kind, _ in order] == ['plane', 'volume']
    assert order[1][1] == 12


def test_result_of_another_kind_is_never_shown(session, make_model):
    assert session.wait()
    model = session.models['threshold']
    model.gate = threading.Event()
    session.state.set_perturbation(0, severity=1.0)
    session.state.set_perturbation(0, seed=8)
    shown = []
    session.plane_ready.connect(lambda update: shown.append(update.request.stack[0].seed))
    model.gate.set()
    assert session.wait()
    assert set(shown) == {8}


def test_curve_grows_with_final_values_only(session):
    for severity in (0.0, 1.0, 2.5):
        session.state.set_perturbation(0, severity=severity)
        assert session.wait()
    curve = session.curves.identify(session.volume.request, 0, 'volume', 1)
    points = session.curves.points(curve, 'dice')
    assert [severity for severity, _ in points] == [0.0, 1.0, 2.5]
    assert points[0][1] == 1.0
    assert points[2][1] < 1.0


def test_table_says_better_or_worse(session):
    session.state.scope = 'volume'
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    rows, pending = session.table()
    dice = next(row for row in rows if row.key == 'dice')
    assert not pending
    assert dice.baseline.value == 1.0
    assert dice.direction == 'worse'
    assert {row.against for row in rows} == {'reference', 'clean'}


def test_volume_numbers_are_pending_while_dragging(session):
    session.state.scope = 'volume'
    assert session.wait()
    session.state.set_perturbation(0, severity=1.0)
    assert session.table()[1]


def test_without_a_reference_everything_still_runs(session, ball_case):
    session.open_case(replace(ball_case, references={}), [Lane(source='threshold')])
    session.state.scope = 'volume'
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    rows, _ = session.table()
    assert {row.against for row in rows} == {'clean'}
    assert next(r for r in rows if r.key == 'stability_dice').now.value < 1
    assert session.volume.lanes[0].error is None


def test_given_prediction_is_a_lane(session, ball_case):
    session.open_case(ball_case, [Lane(source='shifted', given=True)])
    assert session.wait()
    assert 0 < session.volume.lanes[0].accuracy.metrics[1]['dice'].value < 1


def test_two_lanes_share_one_perturbed_image(session, make_model):
    session.models['other'] = make_model(key='other')
    session.state.lanes = (*session.state.lanes, Lane(source='other', threshold=0.7))
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()
    assert [view.index for view in session.volume.lanes] == [0, 1]


def test_context_box_bounds_prediction_and_numbers(session):
    session.state.set_lane(0, context={'box': ((4, 9), (0, 24), (0, 12))})
    assert session.wait()
    view = session.volume.lanes[0]
    assert not view.labels[:4].any()
    assert not view.labels[..., 12:].any()
    assert not view.error[..., 12:].any()
    assert view.accuracy.metrics[1]['dice'].value == 1.0


def test_pin_replaces_clean_as_baseline(session):
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait()
    pinned = session.volume.lanes[0].labels
    session.pin()
    session.state.set_perturbation(0, severity=4.0)
    assert session.wait()
    np.testing.assert_array_equal(session.volume.lanes[0].baseline_labels, pinned)
    assert session.baseline_name == 'A'


def test_undo_and_redo_bring_back_the_scenario(session):
    assert session.wait()
    session.state.set_perturbation(0, severity=1.0)
    session.state.set_perturbation(0, severity=1.5)
    session.history.commit()
    session.state.set_perturbation(0, severity=3.0)
    session.history.commit()
    assert session.history.undo()
    assert session.state.stack[0].severity == 1.5
    assert session.history.undo()
    assert session.state.stack[0].severity == 0.0
    assert not session.history.undo()
    assert session.history.redo()
    assert session.state.stack[0].severity == 1.5
    assert session.wait()


@pytest.mark.parametrize(
    ('fault', 'words'),
    [
        (lambda logits: logits * float('nan'), 'NaN'),
        (lambda logits: logits[:, :1], 'channel'),
        (lambda logits: logits[..., :3], 'shape'),
        (lambda logits: 1 / 0, 'division'),
    ],
    ids=['nan', 'channels', 'shape', 'raises'],
)
def test_faulty_model_leaves_the_last_good_result(session, fault, words):
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()
    good = session.volume
    session.models['threshold'].answer = fault
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait()
    assert session.status.kind == 'failed'
    assert words.lower() in session.status.text.lower()
    assert '\n' not in session.status.text
    assert session.volume is good
    session.models['threshold'].answer = lambda logits: logits
    session.state.set_perturbation(0, severity=2.5)
    assert session.wait()
    assert session.status.kind == 'idle'


def test_cancel_stops_at_the_next_window_and_says_stale(session):
    assert session.wait()
    model = session.models['threshold']
    model.gate = threading.Event()
    session.state.set_perturbation(0, severity=1.0)
    session.cancel()
    model.gate.set()
    assert session.status.kind == 'stale'
    model.gate = None
    session.state.set_perturbation(0, severity=1.5)
    assert session.wait()
    assert session.status.kind == 'idle'


def test_unknown_model_is_said_and_the_other_lanes_go_on(session):
    assert session.wait()
    lost = Lane(source='no-such-model')
    session.state.lanes = (lost, Lane(source='threshold'))
    session.wait()
    assert session.status.kind == 'failed'
    assert 'no-such-model' in session.status.text
    assert 'no-such-model' in session.loader.failures[lost.model_id]
    session.state.lanes = (Lane(source='threshold'),)
    assert session.wait()
    assert session.status.kind == 'idle'


def test_case_switched_while_running(session, ball_case):
    model = session.models['threshold']
    model.gate = threading.Event()
    session.state.set_perturbation(0, severity=1.0)
    other = replace(ball_case, name='other', image=ball_case.image + np.float32(0.25))
    session.open_case(other, [Lane(source='threshold')])
    model.gate.set()
    assert session.wait()
    assert session.volume.request.case is other


def test_perturbations_of_one_image_do_not_reach_another(session, ball_case):
    session.state.set_perturbation(0, severity=2.0)
    session.open_case(ball_case.with_masks(references={}), [])
    assert [p.severity for p in session.state.stack] == [2.0], 'the same image'
    made = {'sample': {'name': 'ball', 'radius': 5}}, {'sample': {'name': 'ball', 'radius': 6}}
    session.open_case(replace(ball_case, image=ball_case.image + np.float32(0.25), provenance=made[0]), [])
    stack = session.state.stack
    assert [(p.name, p.severity) for p in stack] == [('gaussian_noise', 0.0)], 'another image'
    session.state.set_perturbation(0, severity=2.0)
    session.open_case(replace(ball_case, provenance=made[1]), [])
    assert [p.severity for p in session.state.stack] == [2.0], 'the same sample, made anew'


def test_shutdown_while_running_is_quick_and_idempotent(ball_case, make_model):
    session = Session()
    session.models['threshold'] = make_model()
    session.models['threshold'].gate = gate = threading.Event()
    session.open_case(ball_case, [Lane(source='threshold')])
    gate.set()
    assert session.shutdown()
    assert session.shutdown()


def test_two_sessions_do_not_know_of_each_other(session, ball_case, make_model):
    other = Session()
    other.models['threshold'] = make_model()
    other.state.stack = (Perturbation(name='gaussian_noise', severity=4.0),)
    other.open_case(ball_case, [Lane(source='threshold')])
    assert session.wait()
    assert other.wait()
    assert session.volume.lanes[0].accuracy.metrics[1]['dice'].value == 1.0
    assert other.volume.lanes[0].accuracy.metrics[1]['dice'].value < 1.0
    assert other.shutdown()


def test_cache_stays_inside_its_budget(ball_case, make_model):
    session = Session(budget=200_000)
    session.models['threshold'] = make_model()
    session.state.stack = (Perturbation(name='gaussian_noise'),)
    session.open_case(ball_case, [Lane(source='threshold')])
    for severity in np.linspace(0, 5, 11):
        session.state.set_perturbation(0, severity=float(severity))
        assert session.wait()
    assert session.shutdown()
    assert session._compute._engine.cache.nbytes <= 200_000


def test_changed_mask_under_the_same_name_is_measured_anew(session, ball_case):
    assert session.wait()
    smaller = ball_case.references['expert'].copy()
    smaller[:6] = 0
    session.open_case(replace(ball_case, references={'expert': smaller}), [Lane(source='threshold')])
    assert session.wait()
    assert session.volume.lanes[0].accuracy.metrics[1]['dice'].value < 0.9


def test_without_a_lane_the_image_still_follows_the_slider(session, ball_case):
    session.open_case(ball_case, [])
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait()
    assert session.volume.lanes == ()
    assert np.abs(session.volume.image - ball_case.image).max() > 0
    assert 'choose' in session.status.text


def test_image_under_a_given_mask_follows_the_slider(session, ball_case):
    session.open_case(ball_case, [Lane(source='shifted', given=True)])
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait()
    assert np.abs(session.volume.image - ball_case.image).max() > 0
    np.testing.assert_array_equal(session.volume.lanes[0].labels, ball_case.predictions['shifted'])


def test_the_window_of_one_lane_is_its_own(session, make_model):
    session.models['deep'] = make_model(dimensions=3, window=(8, 16, 16), key='deep')
    session.state.lanes = (*session.state.lanes, Lane(source='deep'))
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait()
    session.history.commit()
    first, deep = session.models['threshold'], session.models['deep']
    before, kind = (first.calls, deep.calls), session.current.kind
    session.state.set_lane(1, context={'window': (6, 16, 16), 'overlap': 0.5})
    session.history.commit()
    assert session.wait()
    assert first.calls == before[0], 'the other lane was not run again'
    assert deep.calls > before[1]
    assert session.current.kind != kind
    assert [lane.now.scenario.context.window for lane in session.volume.request.lanes] == [None, (6, 16, 16)]
    calls = deep.calls
    assert session.history.undo()
    assert session.wait()
    assert (session.current.kind, deep.calls) == (kind, calls), 'the former window is remembered'
