"""``adjudicate``: mask and tables come back from log and masks, and from nothing else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases import save_image
from napari_segrobust.review import agree
from napari_segrobust.review.adjudication import Adjudication

REBUILD = 'adjudicate --log case.jsonl --raters a.nii.gz b.nii.gz c.nii.gz'


@pytest.fixture
def log(files: Path) -> Path:
    """A log of three raters with two disputes, the first one decided; tolerance and label are no defaults."""
    grid = sr.load_case(files / 'image.nii.gz').geometry
    core = np.zeros(grid.shape, np.uint8)
    core[1:3, 8:20, 8:20] = 3
    wide, lone = core.copy(), core.copy()
    wide[1:3, 20:27, 9:18] = 3
    lone[1:3, 24:30, 24:30] = 3
    masks = {'a': core, 'b': wide, 'c': lone}
    for name, mask in masks.items():
        save_image(files / f'{name}.nii.gz', mask, grid)
    agreement = agree(masks, label=3, tolerance_mm=1.5, geometry=grid)
    with Adjudication.open(files / 'case.jsonl', agreement, adjudicator='zoe', seed=1) as made:
        made.decide(made.items[0].id, 'rater', rater='c', confidence=5)
    return files / 'case.jsonl'


def test_everything_is_rebuilt(say, files, log):
    say(f'{REBUILD} --mask final.nii.gz --disputes d.csv --report page.html --image image.nii.gz --json out.json')
    content = json.loads((files / 'out.json').read_text())
    assert (content['closed'], content['blinded'], content['adjudicators']) == (False, True, ['zoe'])
    assert content['progress']['settled'] == 1
    assert content['disputes'][0]['decision'] == 'rater'
    assert content['disputes'][0]['rater'] in 'ABC'
    final = sr.load_case(files / 'image.nii.gz', references=files / 'final.nii.gz').references['final']
    assert (final == 1).sum() == content['final']['voxels'] == 2 * (12 * 12 + 6 * 6)
    with (files / 'd.csv').open(newline='', encoding='utf-8') as file:
        assert next(row['decision'] for row in csv.DictReader(file)) == 'rater'
    assert 'still open: 1 of' in (files / 'page.html').read_text(encoding='utf-8')
    assert any('are open: there the rule holds' in note for note in content['notes'])


def test_words_say_the_same(say, log):
    lines = say(f'{REBUILD} --mask final.nrrd').splitlines()
    assert 'open, blinded' in lines
    assert any(line.endswith('disputes decided') for line in lines)
    assert lines[-1].startswith('final mask ')


def test_files_may_have_other_names(say, log, files):
    (files / 'b.nii.gz').rename(files / 'second.nii.gz')
    words = 'adjudicate --log case.jsonl --raters a.nii.gz second.nii.gz c.nii.gz --names a,b,c --json -'
    assert json.loads(say(words))['progress']['settled'] == 1


def test_mistakes(refused, files, log):
    assert 'Log belongs to other masks' in refused('adjudicate --log case.jsonl --raters a.nii.gz b.nii.gz')
    assert 'holds decisions and no masks' in refused('adjudicate --log case.jsonl')
    assert 'Log not usable' in refused(REBUILD.replace('case.jsonl', 'none.jsonl'))
    (files / 'empty.jsonl').touch()
    assert 'leaves something out' in refused(REBUILD.replace('case.jsonl', 'empty.jsonl'))
    log.write_text(log.read_text().replace('"answer":"rater"', '"answer":"nobody"'))
    assert 'Log broken' in refused(REBUILD)


def test_a_torn_last_line_is_told(say, log):
    log.write_bytes(log.read_bytes()[:-20])
    notes = json.loads(say(f'{REBUILD} --json -'))['notes']
    assert any('was never finished' in note for note in notes)
