"""Jobs of the compute thread: done while it is idle, given up for the live loop, ended with the case."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from napari_segrobust.errors import PerturbationError
from napari_segrobust.explore.draws import DrawsJob
from napari_segrobust.explore.film import FilmJob
from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.scenario import Scenario
from napari_segrobust.spread import VOLUME, spread


class Steps:
    """Units that wait until they are let go."""

    words = 'steps'

    def __init__(self, case, count=2):
        self.case = case
        self.left = count
        self.begun, self.go = threading.Event(), threading.Event()
        self.messages = []

    def advance(self, _engine, cancel):
        self.begun.set()
        while not self.go.wait(0.005):
            if cancel():
                return False
        self.left -= 1
        return self.left == 0

    def failed(self, message):
        self.messages.append(message)


class Wrong(Steps):
    def advance(self, _engine, _cancel):
        raise PerturbationError('No', 'it is a test', 'Go on.')


def drained(session, ready, timeout=20.0):
    """Take answers in until `ready`."""
    while not ready():
        session._take(session._answers.get(timeout=timeout))


def test_a_request_interrupts_a_job_which_then_goes_on(session):
    assert session.wait()
    job = Steps(session.case)
    session.jobs.submit(job)
    assert job.begun.wait(20)
    session.state.set_perturbation(0, severity=2.0)
    assert session.wait(), 'the live loop does not wait for the job'
    assert job.left == 2
    job.go.set()
    done = threading.Event()
    second = Steps(session.case, 1)
    second.go.set()
    second.advance = lambda *_: bool(done.set()) or True
    session.jobs.submit(second)
    assert done.wait(20)
    assert job.left == 0


def test_cancel_ends_jobs(session):
    assert session.wait()
    job = Steps(session.case)
    session.jobs.submit(job)
    assert job.begun.wait(20)
    session.cancel()
    assert session.jobs.is_idle
    assert session.status.kind == 'idle'
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()
    assert job.left == 2


def test_another_case_ends_jobs(session, ball_case):
    assert session.wait()
    job = Steps(session.case)
    session.jobs.submit(job)
    session.open_case(replace(ball_case, image=ball_case.image + 1), [Lane(source='threshold')])
    assert job not in session.jobs
    assert session.wait()


def test_a_job_that_fails_says_why_and_leaves_the_thread_alive(session):
    assert session.wait()
    job = Wrong(session.case)
    session.jobs.submit(job)
    drained(session, lambda: bool(job.messages))
    assert job.messages == ['No: it is a test. Go on.']
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()


def test_film_gives_what_the_levels_give_one_by_one(session):
    assert session.wait()
    levels = [(), (Perturbation(name='gaussian_noise', severity=5.0, seed=1),)]
    frames = {}
    job = FilmJob(
        session,
        [session.would_be(level) for level in levels],
        lambda number, picture, value: frames.setdefault(number, (picture.shape, value)),
        pytest.fail,
    )
    session.jobs.submit(job)
    drained(session, lambda: session.jobs.is_idle)
    assert set(frames) == {0, 1}
    for number, level in enumerate(levels):
        session.state.set_stack(level)
        assert session.wait()
        view = session.plane.lanes[0]
        assert frames[number][1] == view.accuracy.metrics[1]['dice'].value


@pytest.mark.parametrize('scope', ['slice', 'volume'])
def test_draws(session, scope):
    session.state.set_perturbation(0, severity=4.0)
    session.state.scope = scope
    assert session.wait()
    found, ends = [], []
    job = DrawsJob(session, 0, (0, 1, 2), found.append, ends.append)
    session.jobs.submit(job)
    drained(session, lambda: bool(ends))
    assert ends == ['']
    assert [draws.severity for draws in found] == ([4.0, 1.0, 2.0, 3.0, 5.0] if scope == 'slice' else [4.0])
    numbers = found[0].numbers
    assert numbers['dice'].n == 3
    assert numbers['dice'].bias < 0 < numbers['dice'].sd
    assert numbers[VOLUME].unit == ('mm^2' if scope == 'slice' else 'ml')
    update = session.plane if scope == 'slice' else session.volume
    curve = session.curves.identify(update.request, 0, scope, session.state.label)
    assert set(session.curves.draws(curve)) == {draws.severity for draws in found}


def test_draws_are_those_of_spread(session):
    session.state.set_perturbation(0, severity=4.0)
    session.state.scope = 'volume'
    assert session.wait()
    found, ends = [], []
    session.jobs.submit(DrawsJob(session, 0, (0, 1, 2), found.append, ends.append))
    drained(session, lambda: bool(ends))
    model = session.models['threshold']
    expected = spread(session.case, model, Scenario(perturbations=session.state.stack), seeds=range(3))
    for key in ('dice', 'hd95', VOLUME):
        assert found[0].numbers[key].values == pytest.approx(expected.labels[1][key].values)
        assert found[0].numbers[key].clean == pytest.approx(expected.labels[1][key].clean)
        assert found[0].numbers[key].unit == expected.labels[1][key].unit


def test_what_is_not_random_has_no_draws(session):
    session.state.stack = (Perturbation(name='gamma', severity=3.0),)
    assert session.wait()
    with pytest.raises(PerturbationError, match='nothing that acts is random'):
        DrawsJob(session, 0, (0, 1), print, print)
