"""The live loop on a GPU that is pretended: precision, memory that ends, and what is said of both."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.explore.cache import ByteCache
from napari_segrobust.explore.engine import Engine
from napari_segrobust.explore.mailbox import Mailbox
from napari_segrobust.explore.resolve import resolve
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane, Plane
from napari_segrobust.explore.updates import Failure, Notice, PlaneUpdate
from napari_segrobust.perturb import Perturbation


@pytest.fixture
def opened(ball_case):
    """Open the ball with a model; collects notices and the words of running statuses."""
    sessions = []

    def start(model, **context):
        session = Session()
        sessions.append(session)
        session.notices, session.words, session.planes = [], [], []
        session.noticed.connect(session.notices.append)
        session.status_changed.connect(lambda status: session.words.append(status.text))
        session.plane_ready.connect(session.planes.append)
        session.models['pretended'] = model
        session.state.stack = (Perturbation(name='gaussian_noise', severity=2.0, seed=7),)
        session.open_case(ball_case, [Lane(source='pretended', context=context)])
        assert session.wait()
        return session

    yield start
    for session in sessions:
        assert session.shutdown()


@pytest.mark.parametrize(('moved', 'half'), [(0, True), (100, False)])
def test_precision_is_chosen_and_the_run_chooses_the_same(opened, ball_case, pretend_gpu, moved, half):
    model = pretend_gpu(moved)
    session = opened(model)
    assert model.precision.half is half
    assert model.precision.changed is not None
    assert {used for _, _, used in model.batches[8:]} == {half}, 'after four slices in both precisions'
    walk = session.volume.request.lanes[0].now
    headless = pipeline.run(ball_case, pretend_gpu(moved), walk.scenario)
    assert headless.precision == model.precision
    assert headless.device == 'cuda:0'
    assert session.volume.lanes[0].labels.tobytes() == headless.labels.tobytes()
    assert session.notices == []


def test_a_change_of_severity_measures_nothing(opened, pretend_gpu):
    model = pretend_gpu(100)
    session = opened(model)
    model.batches.clear()
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    assert not any(half for _, _, half in model.batches)
    assert sum(count for _, count, _ in model.batches) == 12


def test_device_and_precision_are_part_of_the_identity(opened, pretend_gpu):
    model = pretend_gpu()
    session = opened(model)
    scenario = session.volume.request.lanes[0].now.scenario
    keys = []
    for change in (
        lambda: None,
        lambda: setattr(model, 'precision', model.precision.__class__()),
        lambda: model.move('cpu'),
    ):
        change()
        keys.append(pipeline.Walk(session.case, model, scenario).infer_key)
    assert len(set(keys)) == 3


@pytest.mark.parametrize(
    ('room', 'device', 'last'),
    [
        (4, 'cuda:0', 'Out of memory on cuda:0: 2 windows at once instead of 5.'),
        (0, 'cpu', 'Out of memory on cuda:0: continuing on the CPU.'),
    ],
)
def test_memory_that_ends_is_said_and_survived(opened, ball_case, pretend_gpu, room, device, last):
    model = pretend_gpu()
    session = opened(model)
    good = session.volume
    model.room = room
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    assert model.device == device
    assert session.notices[-1] == last
    assert any(last in words for words in session.words)
    assert session.status.kind == 'idle'
    assert session.volume is not good
    plain = pretend_gpu()
    plain.move(device)
    headless = pipeline.run(ball_case, plain, session.volume.request.lanes[0].now.scenario)
    assert session.volume.lanes[0].labels.tobytes() == headless.labels.tobytes()
    told = len(session.notices)
    session.state.set_perturbation(0, severity=4.0)
    assert session.wait()
    assert len(session.notices) == told, 'once is enough'


def test_memory_that_ends_on_the_cpu_too_leaves_the_last_good_result(opened, pretend_gpu):
    import torch

    model = pretend_gpu(room=0)
    session = opened(model)
    assert model.device == 'cpu'
    good = session.volume

    def full(_windows):
        raise torch.OutOfMemoryError('DefaultCPUAllocator: not enough memory')

    model.module.forward = full
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    assert session.status.kind == 'failed'
    assert 'no memory for a window' in session.status.text
    assert session.volume is good


def test_memory_that_ends_in_the_provisional_picture_is_said(opened, pretend_gpu):
    model = pretend_gpu(dimensions=3, window=(8, 8, 8), overlap=0.75)
    session = opened(model)
    assert [update.provisional for update in session.planes][:1] == [True]
    model.room = 1
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    assert session.notices == ['Out of memory on cuda:0: 1 window at once instead of 2.']
    model.room = 0
    session.state.set_perturbation(0, severity=4.0)
    assert session.wait()
    assert model.device == 'cpu'
    assert session.notices[1:] == ['Out of memory on cuda:0: continuing on the CPU.']
    assert not session.plane.provisional


def test_what_happened_is_told_also_where_the_run_fails(session, ball_case, pretend_gpu):
    """To a leave-taking engine: first the notice, then the failure."""
    model = pretend_gpu(room=0)
    model.module.forward = lambda _windows: 1 / 0
    told = []
    # An engine and a cache of its own: the session's thread must not take the notice out first.
    engine = Engine(told.append, Mailbox(), ByteCache())
    engine.answer(resolve(session.state, ball_case, {'threshold': model}, session.metrics))
    assert [type(update) for update in told] == [Notice, Failure]


def test_a_notice_is_shown_whatever_is_asked_meanwhile(opened, pretend_gpu):
    session = opened(pretend_gpu())
    old = session.current
    session.state.set_perturbation(0, seed=8)
    session._accept(Notice(old, 'left the GPU'))
    assert session.notices == ['left the GPU']
    assert session.wait()


def test_a_slice_is_painted_from_one_layer_first(opened, pretend_gpu):
    session = opened(pretend_gpu(dimensions=3, window=(8, 8, 8), overlap=0.75))
    session.planes.clear()
    session.state.plane = Plane(axis=1, index=11)
    session.state.set_perturbation(0, severity=5.0)
    assert session.wait()
    of_it = [update for update in session.planes if update.request is session.current]
    assert [update.provisional for update in of_it] == [True, False]
    assert all(isinstance(update, PlaneUpdate) for update in of_it)
    first = of_it[0].lanes[0]
    assert first.accuracy is None
    rows, columns = np.nonzero(first.error_picture)
    assert rows.size
    assert not ((rows - columns) % 3).any(), 'on every third diagonal'
