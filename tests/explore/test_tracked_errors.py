"""The list of errors says what became of each since the baseline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_segrobust import pipeline
from napari_segrobust.compare import comparison, track_errors
from napari_segrobust.explore.state import Lane


def errors(session):
    assert session.wait()
    return session.volume.lanes[0].items


@pytest.fixture
def listings(monkeypatch):
    """Counts how often errors are listed."""
    calls = []
    list_errors = comparison.list_errors
    monkeypatch.setattr(comparison, 'list_errors', lambda *given: calls.append(1) or list_errors(*given))
    return calls


def test_noise_makes_errors_that_are_called_new(session):
    assert errors(session).pieces == ()
    session.state.set_perturbation(0, severity=4.0)
    found = errors(session)
    assert {item.change.fate for item in found.pieces} == {'new'}
    session.pin()
    assert errors(session).pieces, 'the lane is its own baseline'
    assert {item.change for item in errors(session).pieces} == {None}
    session.state.set_perturbation(0, severity=0.0)
    assert errors(session).pieces == ()
    assert [item.change.fate for item in errors(session).gone] == ['gone'] * len(found.pieces)


def test_it_is_what_two_headless_runs_say(session, ball_case):
    session.state.set_perturbation(0, severity=3.0)
    errors(session)
    session.pin()
    session.state.set_perturbation(0, severity=4.0)
    found = errors(session)
    lane = session.volume.request.lanes[0]
    now, before = (pipeline.run(ball_case, walk.model, walk.scenario) for walk in (lane.now, lane.baseline))
    expected = track_errors(now.comparison.items, before.comparison.items)
    for some, others in ((found.pieces, expected.pieces), (found.gone, expected.gone)):
        assert [(item, item.change) for item in some] == [(item, item.change) for item in others]
    assert len({item.change.fate for item in found.pieces}) > 2


def test_a_given_mask_does_not_change(session, ball_case):
    session.open_case(ball_case, [Lane(source='shifted', given=True)])
    session.state.set_perturbation(0, severity=4.0)
    session.state.tolerance_mm = 0.5
    found = errors(session)
    assert found.pieces
    assert {item.change for item in found.pieces} == {None}
    assert found.gone == ()


def test_without_a_reference_nothing_is_listed(session, ball_case):
    session.open_case(replace(ball_case, references={}), [Lane(source='threshold')])
    session.state.set_perturbation(0, severity=4.0)
    assert errors(session) is None


def test_the_baseline_is_listed_once(session, listings):
    for severity, expected in ((0.0, 1), (1.0, 2), (2.0, 3), (1.0, 3)):
        session.state.set_perturbation(0, severity=severity)
        errors(session)
        assert len(listings) == expected
    assert all(view.items is None for view in session.plane.lanes)
