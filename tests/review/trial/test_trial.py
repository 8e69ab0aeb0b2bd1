"""A trial on disk: sides by chance and recorded, answers that stay, nothing told before the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.trial import Trial


def mask(seed):
    return np.random.default_rng(seed).random((3, 8, 8)) > 0.5


HUMANS = {name: mask(i) for i, name in enumerate(('anna', 'ben', 'carla'))}
MODEL = {'net': mask(9)}


@pytest.fixture
def opened(tmp_path):
    def make(**arguments):
        return Trial.open(tmp_path / 'trial.jsonl', **{'question': 'human', 'judge': 'dora', 'seed': 4, **arguments})

    return make


@pytest.fixture
def trial(opened):
    """One case: three people against a model."""
    with opened() as made:
        made.add_case('case 1', HUMANS, MODEL)
        yield made


def test_every_person_meets_the_model_once(trial):
    assert {(p.one.name, p.other.name) for p in trial.pairs} == {(name, 'net') for name in HUMANS}
    trial.add_case('case 1', HUMANS, MODEL)
    assert len(trial.pairs) == 3
    trial.add_case('case 2', HUMANS, MODEL)
    assert len(trial.pairs) == 6
    trial.answer(trial.pairs[0].id, 'A')
    assert trial.open_pairs() == trial.pairs[1:]


def test_the_sides_are_drawn_and_recorded(trial):
    lines = [json.loads(line) for line in trial.path.read_text().splitlines()]
    stored = {line['id']: line['a'] for line in lines if line.get('event') == 'pair'}
    assert stored == {p.id: p.a for p in trial.pairs}
    for number in range(2, 42):
        trial.add_case(f'case {number}', {'anna': HUMANS['anna']}, MODEL)
    share = np.mean([p.a == 'one' for p in trial.pairs])
    assert 0.25 < share < 0.75


def test_the_masks_of_a_pair_are_those_of_its_sides(trial):
    pair = trial.pairs[0]
    a, b = trial.masks(pair, {**HUMANS, **MODEL})
    assert (a is MODEL['net'], b is MODEL['net']) == (pair.a == 'other', pair.a == 'one')
    with pytest.raises(ReviewError, match='has changed'):
        trial.masks(pair, {**HUMANS, 'net': ~MODEL['net']})
    with pytest.raises(ReviewError, match='is not there'):
        trial.masks(pair, HUMANS)


def test_nothing_is_told_before_the_end(trial):
    for pair in trial.pairs:
        trial.answer(pair.id, 'A', seconds=1.23456)
    with pytest.raises(ReviewError, match='Trial still open'):
        trial.results()
    (found,) = trial.close()
    assert found.cases == 1
    assert trial.closed
    with pytest.raises(ReviewError, match='Trial closed'):
        trial.answer(trial.pairs[0].id, 'B')
    assert Trial.read(trial.path).results() == (found,)


def test_it_goes_on_where_it_was(trial, opened):
    first, second, _ = trial.pairs
    trial.answer(first.id, 'A')
    trial.answer(second.id, 'reference_wrong')
    trial.answer(first.id, 'B')
    assert trial.undo().answer == 'B'
    trial.release()
    with pytest.raises(ReviewError, match='its log was let go'):
        trial.answer(first.id, 'A')
    with opened(judge='emil', seed=99) as again:
        assert again.pairs == trial.pairs
        assert {key: v.answer for key, v in again.verdicts.items()} == {first.id: 'A', second.id: 'reference_wrong'}
        assert (again.seed, again.judge) == (4, 'emil')
        assert again.undo().pair == second.id
        assert again.undo().pair == first.id
        assert again.undo() is None


def test_people_against_each_other(opened, tmp_path):
    with opened() as trial, pytest.raises(ReviewError, match='Nothing to tell apart'):
        trial.add_case('case 1', HUMANS, {})
    with Trial.open(tmp_path / 'other.jsonl', question='use', judge='dora') as trial:
        trial.add_case('case 1', HUMANS, {})
        assert len(trial.pairs) == 3
        with pytest.raises(ReviewError, match='no two masks differ'):
            trial.add_case('case 2', {'anna': HUMANS['anna']}, {'copy': HUMANS['anna']}, ('rater', 'rater'))
        with pytest.raises(ReviewError, match='No such pair'):
            trial.answer('ffff', 'A')
        with pytest.raises(ReviewError, match='Not an answer'):
            trial.answer(trial.pairs[0].id, 'C')


def test_a_consensus_stands_for_people(opened):
    with opened() as trial:
        trial.add_case('case 1', {'majority': mask(3)}, MODEL, ('consensus', 'model'))
        trial.answer(trial.pairs[0].id, 'A')
        (found,) = trial.close()
    assert (found.one, found.other) == ("the human's", "the model's")


def test_what_cannot_be_gone_on_with(trial, opened, tmp_path):
    with pytest.raises(ReviewError, match='Log in use'):
        opened()
    trial.release()
    with pytest.raises(ReviewError, match='Which is human'):
        opened(question='use')
    with pytest.raises(ReviewError, match='Nobody judges'):
        opened(judge=' ')
    lines = trial.path.read_text().splitlines()
    trial.path.write_text('\n'.join([lines[0], *lines[2:]]) + '\n')
    with pytest.raises(ReviewError, match='line 2'):
        opened()
    empty = tmp_path / 'empty.jsonl'
    empty.touch()
    with pytest.raises(ReviewError, match='Log empty'):
        Trial.read(empty)


KILLED = """
import sys
import numpy as np
from napari_segrobust.review.trial import Trial
trial = Trial.open(sys.argv[1], question='human', judge='dora', seed=1)
masks = [np.random.default_rng(i).random((2, 4, 4)) > 0.5 for i in range(2)]
for case in range(1000):
    trial.add_case(str(case), {'anna': masks[0]}, {'net': masks[1]})
    print(trial.answer(trial.pairs[-1].id, 'A').pair, flush=True)
"""


def test_killed_at_any_moment_it_loses_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / 'trial.jsonl'
    process = subprocess.Popen([sys.executable, '-c', KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    told = [process.stdout.readline().strip() for _ in range(7)]
    os.kill(process.pid, signal.SIGKILL)
    told += process.communicate()[0].split()
    assert set(told) <= set(Trial.read(path).verdicts)
