"""Killed at any moment, a program loses nothing that it said was decided."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest

from napari_segrobust.review.adjudication import Adjudication, Ledger

CHILD = """
import sys

import numpy as np

from napari_segrobust.review import agree
from napari_segrobust.review.adjudication import Adjudication, Ledger

with np.load(sys.argv[3]) as masks:
    agreement = agree(dict(masks), (2.0, 1.0, 1.0))
adjudication = Adjudication.open(sys.argv[1], agreement, adjudicator='dora')
number = len(adjudication.decisions)
while True:
    for item in adjudication.items:
        number += 1
        decision = adjudication.decide(item.id, 'rater', rater='ben', reason=f'{sys.argv[2]}-{number}' + ' word' * 200)
        print(decision.reason.split()[0], flush=True)
"""
ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(sys.platform == 'win32', reason='SIGKILL is a signal of POSIX')
def test_killed_in_a_loop_it_goes_on_with_all_that_was_said(tmp_path, agreement, raters):
    np.savez(tmp_path / 'raters.npz', **raters)
    path, said, chance = tmp_path / 'case.jsonl', [], Random(7)
    for turn in range(8):
        command = [sys.executable, '-c', CHILD, str(path), str(turn), str(tmp_path / 'raters.npz')]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            # After so many lines it is somewhere in its next decision: before, in or behind the write.
            said += [child.stdout.readline().strip() for _ in range(chance.randint(1, 40))]
            child.kill()
            said += child.stdout.read().split()
        held = [json.loads(line) for line in path.read_bytes().split(b'\n')[:-1]]
        reasons = [line['reason'].split()[0] for line in held if line.get('event') == 'decide']
        assert set(said) <= set(reasons)
        # What was written and not said can be one decision a turn: the one in hand.
        assert len(reasons) - len(said) <= turn + 1
        again = Ledger.read(path, agreement)
        assert again.progress.settled >= min(len(said), 4)
    with Adjudication.open(path, agreement, adjudicator='emil') as adjudication:
        adjudication.close()
    assert Ledger.read(path, agreement).closed
