"""Models on their way to a lane, what is asked, and what is given back."""

from __future__ import annotations

import gc
import logging
import queue
import time
import weakref

import pytest
import torch

from napari_segrobust.errors import ConsentNeeded
from napari_segrobust.explore.memory import held_bytes
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.segment import load as load_module
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import write_spec

SPEC = ModelSpec(name='net', dimensions=2, classes=('background', 'object'), intensity='none', activation='softmax')


def until(session: Session, ready) -> None:
    """Take answers in until something is so."""
    end = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < end, session.status.text
        try:
            session._take(session._answers.get(timeout=0.5))
        except queue.Empty:
            continue


def settled(session: Session) -> None:
    until(session, lambda: session.settled and session.volume is not None)


@pytest.fixture
def script(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / 'net.ts'
    torch.jit.script(torch.nn.Conv2d(1, 2, 3, padding=1)).save(str(path))
    return path


@pytest.fixture
def session(ball_case):
    session = Session(device='cpu')
    session.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
    session.open_case(ball_case, [])
    yield session
    assert session.shutdown()


def opened(session: Session, script, spec: ModelSpec = SPEC) -> Lane:
    opening = session.loader.open(str(script))
    until(session, lambda: opening.stage != 'reading')
    assert opening.stage == 'asking'
    session.loader.answer(opening, spec)
    until(session, lambda: session.loader.openings == [])
    settled(session)
    return session.state.lanes[-1]


def test_a_file_without_a_spec_is_asked_about_and_then_runs(session, script):
    opening = session.loader.open(str(script))
    assert (opening.stage, opening.title) == ('reading', 'net.ts')
    until(session, lambda: opening.stage != 'reading')
    assert opening.stage == 'asking'
    assert opening.question.missing == ('dimensions', 'channels', 'classes', 'intensity', 'activation')
    assert {fact.entry: fact.value for fact in opening.question.facts} == {'dimensions': 2, 'channels': 1, 'classes': 2}
    assert session.state.lanes == (), 'nothing runs until it is answered'
    session.loader.answer(opening, SPEC)
    until(session, lambda: session.loader.openings == [])
    settled(session)
    assert [view.index for view in session.volume.lanes] == [0]
    assert session.state.lanes[0].title == 'net.ts'
    session.history.undo()
    assert session.state.lanes == ()


def test_a_file_with_a_spec_beside_it_asks_nothing(session, script):
    write_spec(script, SPEC)
    opening = session.loader.open(str(script))
    until(session, lambda: session.loader.openings == [])
    assert session.state.lanes == (Lane(source=opening.source),)


def test_what_is_partly_known_is_not_asked_again(session, script):
    script.with_suffix('.toml').write_text('dimensions = 2\nclasses = ["a", "b"]\n')
    opening = session.loader.open(str(script))
    until(session, lambda: opening.stage != 'reading')
    assert opening.question.missing == ('channels', 'intensity', 'activation')
    assert opening.question.known == {'dimensions': 2, 'classes': ['a', 'b']}


def test_a_damaged_file_leaves_the_lanes_and_says_why(session, script, make_model):
    session.models['threshold'] = make_model()
    session.state.lanes = (Lane(source='threshold'),)
    settled(session)
    script.write_bytes(b'no network')
    opening = session.loader.open(str(script), 0)
    until(session, lambda: opening.stage != 'reading')
    assert opening.stage == 'failed'
    assert 'net.ts' in opening.message
    assert '\n' not in opening.message
    assert session.state.lanes == (Lane(source='threshold'),)
    session.loader.dismiss(opening)
    assert session.loader.openings == []


def test_an_answer_that_does_not_fit_leaves_the_question_open(session, tmp_path):
    path = tmp_path / 'net.pt'
    torch.save(torch.nn.Conv2d(1, 2, 3).state_dict(), path)
    opening = session.loader.open(str(path))
    until(session, lambda: opening.stage != 'reading')
    assert opening.question.missing[0] == 'architecture'
    wrong = SPEC.model_copy(update={'architecture': {'name': 'NoSuchNet'}})
    session.loader.answer(opening, wrong)
    until(session, lambda: opening.stage != 'reading')
    assert opening.stage == 'asking'
    assert 'NoSuchNet' in opening.message


def test_another_spec_is_another_model_and_one_gesture(session, script):
    lane = opened(session, script)
    before = session.volume.lanes[0].labels
    opening = session.loader.edit(0)
    changed = SPEC.model_copy(update={'intensity': 'zscore'})
    session.loader.answer(opening, changed)
    until(session, lambda: session.state.lanes[0] != lane)
    settled(session)
    assert session.state.lanes[0].spec == changed
    assert opening.stage == 'editing', 'the form stays open'
    assert list(session.models) == [session.state.lanes[0].model_id], 'the old one is not kept beside it'
    assert (session.volume.lanes[0].labels != before).any()
    session.history.undo()
    assert session.state.lanes == (lane,)
    until(session, lambda: not session.loader.loading)
    settled(session)
    assert (session.volume.lanes[0].labels == before).all()


def test_a_change_that_fails_leaves_what_runs(session, script):
    lane = opened(session, script)
    opening = session.loader.edit(0)
    script.unlink()
    session.loader.answer(opening, SPEC.model_copy(update={'overlap': 0.5}))
    until(session, lambda: bool(opening.message))
    assert opening.stage == 'editing'
    assert session.state.lanes == (lane,)
    assert lane.model_id in session.models


def test_two_specs_of_one_file_are_two_lanes(session, script):
    opened(session, script)
    opened(session, script, SPEC.model_copy(update={'intensity': 'zscore'}))
    assert [view.index for view in session.volume.lanes] == [0, 1]
    assert len(session.models) == 2


def test_a_module_that_no_lane_uses_is_really_freed(session, script):
    lane = opened(session, script)
    gone = weakref.ref(session.models[lane.model_id].module)
    session.state.lanes = ()
    settled(session)
    assert session.loader.unused() == [lane.model_id], 'until it is unloaded it comes back at once'
    session.loader.unload()
    assert session.models == {}
    until(session, lambda: gone() is None)


def test_a_model_in_use_or_pinned_is_not_unloaded(session, script):
    lane = opened(session, script)
    session.loader.unload()
    assert lane.model_id in session.models
    session.pin()
    session.state.lanes = ()
    session.loader.unload()
    assert lane.model_id in session.models
    session.unpin()
    session.loader.unload()
    assert session.models == {}


def test_a_closed_session_holds_no_module(script, ball_case):
    session = Session(device='cpu')
    session.open_case(ball_case, [])
    lane = opened(session, script)
    gone = weakref.ref(session.models[lane.model_id].module)
    assert session.shutdown()
    gc.collect()
    assert gone() is None


def test_a_model_says_what_must_be_known_of_it(session, script, caplog):
    with caplog.at_level(logging.INFO, 'napari_segrobust'):
        lane = opened(session, script)
    assert 'TorchScript' in session.loader.notes[lane.model_id][0]
    assert 'TorchScript' in caplog.text
    assert session.models[lane.model_id].messages == [], 'it is said once'


def test_a_device_that_is_not_there_leaves_the_lanes(session, script, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    lane = opened(session, script)
    session.set_device('cuda')
    until(session, lambda: bool(session.loader.failures))
    assert session.state.lanes == (lane,)
    assert 'Device not available' in session.loader.failures[lane.model_id]
    session.set_device('cpu')
    until(session, lambda: lane.model_id in session.models)
    settled(session)
    assert session.loader.failures == {}


def test_code_runs_only_with_consent(session, make_model, monkeypatch, tmp_path):
    asked = []

    def load_model(source, spec=None, device='auto', *, trust=False):
        asked.append(trust)
        if not trust:
            raise ConsentNeeded('bundle', ('network_def: $import os',))
        return make_model(key='bundle')

    monkeypatch.setattr(load_module, 'load_model', load_model)
    opening = session.loader.open(str(tmp_path))
    until(session, lambda: opening.stage != 'reading')
    assert opening.stage == 'consent'
    assert opening.question.expressions == ('network_def: $import os',)
    session.loader.trust(opening)
    until(session, lambda: session.loader.openings == [])
    assert asked == [False, True]
    assert session.state.lanes[0].source == str(tmp_path)


def test_memory_counts_shared_weights_once(make_model):
    shared = torch.nn.Linear(10, 10, bias=False)

    class Held:
        module = torch.nn.Sequential(shared, shared)

    assert held_bytes(Held()) == 400
    assert held_bytes(make_model()) is None
