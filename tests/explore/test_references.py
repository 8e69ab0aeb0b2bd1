"""Warps and noise of annotations in the live loop: the same numbers as a run, and nothing made anew in vain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.compare import ChangeCode
from napari_segrobust.explore import references
from napari_segrobust.explore.state import Lane, Pin, Plane
from napari_segrobust.perturb import Perturbation

NOISE = Perturbation(name='gaussian_noise', severity=1.0, seed=7)
RIGID = Perturbation(name='rigid', severity=1.0, seed=3, parameters={'angle': 12, 'shift': 2})
FLIP = Perturbation(name='flip', severity=1.0)
RATER = Perturbation(name='over_segmentation', severity=1.0)


def settle(session, *stack):
    session.state.stack = stack
    assert session.wait()
    return session.volume.lanes[0]


@pytest.mark.parametrize('stack', [(RIGID, NOISE), (RIGID, RATER), (RATER, NOISE), (FLIP, RATER, RIGID, NOISE)])
def test_settled_result_equals_a_headless_run(session, ball_case, stack):
    view = settle(session, *stack)
    request = session.volume.request
    walk = request.lanes[0].now
    headless = pipeline.run(ball_case, walk.model, walk.scenario, metrics=request.metrics)
    np.testing.assert_array_equal(view.labels, headless.labels)
    np.testing.assert_array_equal(view.reference, headless.reference)
    np.testing.assert_array_equal(view.error, headless.comparison.error_map)
    assert view.accuracy.to_dict() == headless.comparison.to_dict()
    assert not np.array_equal(view.reference, view.baseline_reference)
    np.testing.assert_array_equal(view.baseline_reference, ball_case.references[walk.reference])
    found = pipeline.stability(headless)
    if found is not None:
        assert view.stability.metrics[1]['dice'] == found.metrics[1]['dice']


@pytest.mark.parametrize('axis', [0, 1, 2])
@pytest.mark.parametrize('stack', [(RIGID,), (RIGID, RATER)])
def test_a_plane_equals_that_plane_of_the_volume(session, axis, stack):
    settle(session, *stack)
    session.state.plane = Plane(axis=axis, index=6)
    view = settle(session, *stack, NOISE)
    plane = session.plane.lanes[0]
    for name in ('reference', 'labels', 'error', 'change'):
        np.testing.assert_array_equal(getattr(plane, name), np.take(getattr(view, name), 6, axis))
    assert plane.accuracy.spacing == tuple(s for a, s in enumerate(view.accuracy.spacing) if a != axis)


def test_the_severity_of_a_noise_prepares_no_reference_anew(session, monkeypatch):
    settle(session, RIGID, RATER, NOISE)
    made = []
    prepare = references.PreparedReference
    monkeypatch.setattr(references, 'PreparedReference', lambda *given: made.append(1) or prepare(*given))
    for severity in (2.0, 3.0):
        settle(session, RIGID, RATER, NOISE.model_copy(update={'severity': severity}))
    assert not made
    settle(session, RIGID, RATER.model_copy(update={'severity': 2.0}), NOISE)
    assert made


def test_noise_of_annotations_runs_no_network(session):
    settle(session, NOISE)
    before = session.models['threshold'].calls
    view = settle(session, NOISE, RATER)
    assert session.models['threshold'].calls == before
    assert (view.reference > view.baseline_reference).any()
    assert view.accuracy.metrics[1]['dice'].value < 1


def test_the_baseline_is_carried_to_where_the_image_went(session):
    """A threshold answers a mirrored image with a mirrored mask: nothing became wrong."""
    view = settle(session, FLIP)
    assert not np.array_equal(view.labels, view.baseline_labels)
    assert view.stability.metrics[1]['dice'].value == 1
    assert not np.isin(view.change, (ChangeCode.NEWLY_WRONG, ChangeCode.NEWLY_RIGHT)).any()
    assert view.accuracy.metrics[1]['dice'] == view.baseline_accuracy.metrics[1]['dice']
    alone = settle(session, FLIP.model_copy(update={'moves_reference': False}))
    assert alone.stability.metrics[1]['dice'].value < 1
    assert alone.accuracy.metrics[1]['dice'].value < alone.baseline_accuracy.metrics[1]['dice'].value


def test_errors_are_followed_to_where_the_image_went(session, ball_case):
    """Against a reference beside the ball there are errors on either side of it, and a mirror changes none of them."""
    session.state.tolerance_mm = 0
    beside = replace(ball_case, references={'expert': ball_case.predictions['shifted']})
    session.open_case(beside, [Lane(source='threshold')])
    view = settle(session, FLIP)
    assert view.items.pieces
    assert {item.change.fate for item in view.items.pieces} == {'same'}
    assert not view.items.gone
    redrawn = settle(session, FLIP, RATER)
    assert {item.change.fate for item in redrawn.items.pieces} != {'same'}


def test_two_predictions_in_places_that_differ_are_not_held_against_each_other(session):
    settle(session, RIGID)
    session.state.pin = Pin(stack=(RIGID,), lanes=tuple(session.state.lanes))
    same = settle(session, RIGID, NOISE)
    assert same.stability is not None
    other = settle(session, RIGID.model_copy(update={'seed': 4}), NOISE)
    assert other.stability is None
    assert not other.change.any()
    assert other.accuracy is not None


def test_a_given_prediction_stays_and_its_reference_is_redrawn(session, ball_case):
    session.open_case(ball_case, [Lane(source='shifted', given=True)])
    moved = settle(session, RIGID)
    np.testing.assert_array_equal(moved.reference, moved.baseline_reference)
    redrawn = settle(session, RIGID, RATER)
    np.testing.assert_array_equal(redrawn.labels, ball_case.predictions['shifted'])
    assert (redrawn.reference > redrawn.baseline_reference).any()
