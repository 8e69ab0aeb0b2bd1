"""Decide, undo, redo, close, resume: the log holds it all, and gives it back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_segrobust.errors import ReviewError
from napari_segrobust.review import agree
from napari_segrobust.review.adjudication import Adjudication, Ledger, Log
from napari_segrobust.review.adjudication.ledger import KIND

SHAPE, SPACING, NAMES = (8, 40, 40), (2.0, 1.0, 1.0), ('anna', 'ben', 'carla')


def lines(adjudication):
    return [json.loads(line) for line in adjudication.path.read_text(encoding='utf-8').splitlines()]


def ids(adjudication):
    return [item.id for item in adjudication.items]


def test_the_first_line_says_what_it_is_about(opened, agreement):
    with opened() as adjudication:
        (first,) = lines(adjudication)
    assert (first['log'], first['schema'], first['adjudicator']) == ('napari-segrobust adjudication', 1, 'dora')
    assert (first['blinded'], first['seed'], first['rule'], first['model_shown']) == (True, 1, 'majority', False)
    assert sorted(first['order']) == ['anna', 'ben', 'carla']
    assert first['inputs']['tolerance'] == 2.0
    assert first['inputs']['floor'] == agreement.disputes.floor
    assert len({rater['mask'] for rater in first['inputs']['raters'].values()}) == 3
    assert first['version']


def test_decisions_go_from_item_to_item(opened):
    with opened() as adjudication:
        first, second, third, fourth, rim = ids(adjudication)
        assert (adjudication.progress.settled, adjudication.progress.items) == (0, 4)
        assert adjudication.next_open().id == first
        adjudication.decide(first, 'rater', rater='ben', reason=' clearly\n seen ', confidence=5, seconds=1.23456)
        assert adjudication.next_open(first).id == second
        adjudication.decide(second, 'consensus')
        adjudication.decide(fourth, 'undecidable')
        assert adjudication.next_open(fourth).id == third
        states = [adjudication.state(item) for item in (first, second, third, fourth, rim)]
        assert states == ['settled', 'settled', 'open', 'undecided', 'rule']
        adjudication.decide(third, 'consensus')
        assert adjudication.next_open() is None
        assert adjudication.progress.settled_volume == adjudication.progress.volume
        written = lines(adjudication)[1]
    assert (written['rater'], written['reason'], written['confidence'], written['seconds']) == (
        'ben', 'clearly seen', 5, 1.235,
    )  # fmt: skip
    assert (written['blinded'], written['adjudicator']) == (True, 'dora')
    assert written['time'].endswith('+00:00')


def test_names_stay_hidden_until_it_is_closed(opened):
    with opened() as adjudication:
        shown = {adjudication.shown(name) for name in NAMES}
        assert shown == {'A', 'B', 'C'}
        adjudication.decide(ids(adjudication)[0], 'rater', rater='anna')
        row = adjudication.table()[0]
        assert row.rater == adjudication.blinding.letter('anna')
        assert {*row.inside, *row.outside} == shown
        with pytest.raises(ReviewError, match='Choose from A, B, C'):
            adjudication.decide(ids(adjudication)[0], 'rater', rater='dora')
        adjudication.close()
        assert adjudication.table()[0].rater == 'anna'
        assert (adjudication.table()[0].blinded, adjudication.names_shown) == (True, True)


def test_by_name_when_asked_for(opened):
    with opened(blinded=False) as adjudication:
        assert adjudication.shown('ben') == 'ben'
        assert adjudication.decide(ids(adjudication)[0], 'undecidable').blinded is False


def test_undo_and_redo_are_lines_too(opened):
    with opened() as adjudication:
        item = ids(adjudication)[0]
        assert adjudication.undo() is None
        adjudication.decide(item, 'rater', rater='ben')
        adjudication.decide(item, 'rater', rater='anna')
        assert adjudication.undo().rater == 'anna'
        assert adjudication.decision(item).rater == 'ben'
        assert adjudication.redo().rater == 'anna'
        assert adjudication.redo() is None
        adjudication.undo()
        adjudication.decide(item, 'undecidable')
        assert adjudication.redo() is None
        events = [line['event'] for line in lines(adjudication)[1:]]
    assert events == ['decide', 'decide', 'undo', 'redo', 'undo', 'decide']


def test_it_resumes_where_it_was(opened):
    with opened() as adjudication:
        first, second, *_ = ids(adjudication)
        adjudication.decide(first, 'consensus')
        order = adjudication.blinding.order
        lost = adjudication.path.read_bytes()
        adjudication.decide(second, 'consensus')
        adjudication.path.write_bytes(lost + b'{"event":"decide","it')
    with opened(adjudicator='emil', seed=2, blinded=False, rule='union') as adjudication:
        assert adjudication.torn == 21
        assert adjudication.next_open().id == second
        assert (adjudication.blinding.order, adjudication.rule) == (order, 'majority')
        adjudication.decide(second, 'consensus')
        assert [adjudication.decision(item).adjudicator for item in (first, second)] == ['dora', 'emil']
        resumed = lines(adjudication)[2]
        assert (resumed['event'], resumed['adjudicator'], resumed['torn_bytes']) == ('resume', 'emil', 21)


def test_after_the_end_nothing_is_accepted(opened):
    with opened() as adjudication:
        adjudication.decide(ids(adjudication)[0], 'consensus')
        adjudication.close()
        size = adjudication.path.stat().st_size
        for call in (
            lambda: adjudication.decide(ids(adjudication)[0], 'consensus'),
            adjudication.undo,
            adjudication.redo,
            adjudication.close,
        ):
            with pytest.raises(ReviewError, match='Adjudication closed'):
                call()
    with opened() as adjudication:
        assert adjudication.closed
        assert adjudication.path.stat().st_size == size


def test_that_the_model_was_shown_is_kept(opened, agreement):
    with opened() as adjudication:
        assert not adjudication.model_was_shown
        adjudication.show_model()
        adjudication.show_model()
        assert len(lines(adjudication)) == 2
    assert Ledger.read(adjudication.path, agreement).model_was_shown


@pytest.mark.parametrize(
    ('change', 'why'),
    [
        ({'tolerance_mm': 1.0}, 'tolerance is 1.0, in case.jsonl 2.0'),
        ({'spacing': (2.0, 1.0, 1.1)}, 'spacing is'),
        ({'valid': {'ben': ~np.eye(40, dtype=bool)[None] & np.ones(SHAPE, bool)}}, 'ben is not as in case.jsonl'),
        ({'names': ('anna', 'ben', 'dora')}, 'case.jsonl is about anna, ben, carla, not anna, ben, dora'),
    ],
)
def test_a_log_of_other_inputs_is_refused(opened, raters, change, why):
    opened().release()
    other = agree(list(raters.values()), **{'spacing': SPACING, 'names': NAMES, **change})
    with pytest.raises(ReviewError, match='Log belongs to other masks: ') as caught:
        opened(other)
    assert why in str(caught.value)
    opened().release()


def test_two_at_once_are_refused(opened):
    with opened(), pytest.raises(ReviewError, match='Log in use'):
        opened()
    opened().release()


def test_a_consensus_that_is_a_tie_is_none(tmp_path, raters):
    two = agree({name: raters[name] for name in ('anna', 'ben')}, spacing=SPACING)
    with Adjudication.open(tmp_path / 'two.jsonl', two, adjudicator='dora') as adjudication:
        item = adjudication.items[0]
        assert adjudication.ties(item.id) == item.dispute.voxels
        with pytest.raises(ReviewError, match='No consensus here: raters are at a tie on all'):
            adjudication.decide(item.id, 'consensus')


@pytest.mark.parametrize(
    ('arguments', 'why'),
    [
        ({'answer': 'rater'}, 'a rater is named'),
        ({'answer': 'undecidable', 'rater': 'ben'}, 'a rater is named'),
        ({'answer': 'edit'}, 'an edit has them'),
        ({'answer': 'undecidable', 'inside': np.zeros(SHAPE, bool)}, 'voxels belong to an edit'),
        ({'answer': 'edit', 'inside': np.zeros((2, 2), bool)}, 'Edit does not fit'),
        ({'answer': 'consensus', 'confidence': 6}, 'confidence'),
        ({'answer': 'consensus', 'seconds': float('nan')}, 'seconds'),
        ({'answer': 'perhaps'}, 'answer'),
    ],
)
def test_what_is_no_decision_is_refused_and_not_written(opened, arguments, why):
    with opened() as adjudication:
        with pytest.raises(ReviewError, match=why):
            adjudication.decide(ids(adjudication)[0], **arguments)
        with pytest.raises(ReviewError, match='No such dispute'):
            adjudication.decide('none', 'consensus')
        assert len(lines(adjudication)) == 1


def test_somebody_must_decide_by_a_known_rule(opened):
    with pytest.raises(ReviewError, match='Nobody adjudicates'):
        opened(adjudicator='  ')
    with pytest.raises(ReviewError, match='Unknown consensus'):
        opened(rule='loudest')


@pytest.mark.parametrize(
    ('line', 'why'),
    [
        ({'event': 'undo', 'item': 'x'}, 'has nothing to undo'),
        ({'event': 'sing'}, "holds an unknown event, 'sing'"),
        ({'event': 'decide', 'item': 'x'}, 'holds no decision'),
        ({'rater': 'emil'}, "follows 'emil', who is no rater"),
        ({'region': {'box': [[0, 9], [0, 9], [0, 9]], 'bits': ''}}, 'in an image of'),
    ],
)
def test_a_line_that_makes_no_sense_is_named(opened, agreement, line, why):
    with opened() as adjudication:
        written = adjudication.decide(ids(adjudication)[0], 'rater', rater='ben').model_dump(exclude_none=True)
        adjudication.undo()
    with Log.open(adjudication.path, {}, KIND) as log:
        log.add(line if 'event' in line else {'event': 'decide', **written, **line})
    with pytest.raises(ReviewError, match=r'Log broken: line 4 of case\.jsonl ') as caught:
        Ledger.read(adjudication.path, agreement)
    assert why in str(caught.value)


STEPS = st.lists(
    st.one_of(
        st.just(('undo',)),
        st.just(('redo',)),
        st.just(('resume',)),
        st.tuples(st.just('decide'), st.integers(0, 4), st.sampled_from(['anna', 'ben', 'consensus', 'edit', 'far'])),
    ),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.booleans(), st.integers(0, 2**32 - 1))
def test_any_sequence_replays_to_the_same_state_and_mask(agreement, tmp_path_factory, steps, closing, seed):
    path = tmp_path_factory.mktemp('log') / 'case.jsonl'
    random = np.random.default_rng(seed)

    def open_it():
        return Adjudication.open(path, agreement, adjudicator='dora', seed=seed)

    adjudication = open_it()
    for kind, *rest in steps:
        if kind == 'resume':
            adjudication.release()
            adjudication = open_it()
        elif kind == 'decide':
            item, how = adjudication.items[rest[0]].id, rest[1]
            if how in ('edit', 'far'):
                adjudication.decide(item, 'edit', inside=random.random(SHAPE) < 0.5, unlocked=how == 'far')
            elif how == 'consensus':
                adjudication.decide(item, 'consensus')
            else:
                adjudication.decide(item, 'rater', rater=how)
        else:
            getattr(adjudication, kind)()
    if closing:
        adjudication.close()
    state, final = adjudication.decisions, adjudication.final_map()
    adjudication.release()
    again = Ledger.read(path, agreement)
    assert (list(again.decisions.items()), again.closed) == (list(state.items()), closing)
    assert again.final_map().tobytes() == final.tobytes()
    assert again.table() == adjudication.table()
