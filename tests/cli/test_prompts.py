"""Showing a model something on the command line: what is written is what the model is shown, and what a run keeps."""

from __future__ import annotations

import json
from argparse import ArgumentParser

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cli import main
from napari_segrobust.cli._prompts import add_prompts, prompts
from napari_segrobust.errors import CaseError
from napari_segrobust.segment import ModelSpec


def read(words, ndim=3):
    parser = ArgumentParser()
    add_prompts(parser)
    return prompts(parser.parse_args(words.split()), ndim)


class Seeded:
    """The voxel of each point."""

    device, key = 'cpu', 'seeded'
    spec = ModelSpec(name='seeded', dimensions=3, classes=('background', 'object'), prompts=('points',))

    def segment(self, image, spacing, shown):
        found = np.zeros(image.shape[1:], np.float32)
        for point in shown.prompts.points:
            found[tuple(round(a) for a in point.at)] = point.label
        return np.stack([1 - found, found])


@pytest.fixture
def seeded(monkeypatch):
    monkeypatch.setattr('napari_segrobust.segment.load_model', lambda *_, **__: Seeded())


def test_words_become_prompts(tmp_path):
    assert read('') == sr.Prompts()
    assert read('--point 1,2,3 --point 1.5,2,3,0').points == (
        sr.Point(at=(1, 2, 3)),
        sr.Point(at=(1.5, 2, 3), label=0),
    )
    assert read('--box 0:2,1:3.5,2:9,4').boxes == (sr.Box(edges=((0, 2), (1, 3.5), (2, 9)), label=4),)
    assert read('--point 1,2,5 --box 1:2,3:4', 2) == sr.Prompts(
        points=(sr.Point(at=(1, 2), label=5),), boxes=(sr.Box(edges=((1, 2), (3, 4))),)
    )
    file = tmp_path / 'shown.json'
    file.write_text(sr.Prompts(points=(sr.Point(at=(1, 2, 3)),), candidate=2).model_dump_json())
    found = read(f'--prompts {file} --point 4,5,6')
    assert [point.at for point in found.points] == [(1, 2, 3), (4, 5, 6)]
    assert found.candidate == 2
    assert read(f'--prompts {file} --candidate 0').candidate == 0


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        ('--point 1,2', 'on an image with 3 axes. Write Z,Y,X, or Z,Y,X,CLASS'),
        ('--point a,2,3', 'Give numbers'),
        ('--point 1,2,3,x', 'class as a whole number'),
        ('--box 1:2,3:4', 'Write Z:Z,Y:Y,X:X'),
        ('--box 1:2,3:4,5', 'Give two numbers with a colon'),
        ('--box 1:2,3:4,6:5', 'each edge runs from a smaller'),
        ('--candidate -1', 'greater than or equal to 0'),
        ('--prompts missing.json', 'missing.json cannot be read'),
    ],
)
def test_mistakes_are_one_line(words, message):
    with pytest.raises(CaseError) as caught:
        read(words)
    assert message in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_file_that_is_none_says_how_it_should_look(tmp_path):
    (tmp_path / 'no.json').write_text('{"dots": []}')
    with pytest.raises(CaseError, match=r'no.json holds no prompts: .* Write \{"points"'):
        read(f'--prompts {tmp_path / "no.json"}')


def test_predict_and_run_show_what_was_said(say, files, seeded):
    assert '1 object: 2 voxels' in say('predict --image image.nii.gz --model x --point 1,4,5 --point 2,4,5 --out m.nii')
    words = 'run --image image.nii.gz --model x --point 1,4,5 --perturb point_jitter:5:3 --out out'
    assert 'wrote' in say(words)
    record = json.loads((files / 'out/run.json').read_text())
    assert record['scenario']['prompts']['points'] == [{'at': [1.0, 4.0, 5.0], 'label': 1}]
    moved = np.argwhere(
        sr.load_case(files / 'image.nii.gz', predictions=files / 'out/prediction.nii.gz').predictions['prediction']
    )
    assert moved.tolist() != [[1, 4, 5]]
    say('run --from out/run.json --out again')
    assert (files / 'again/prediction.nii.gz').read_bytes() == (files / 'out/prediction.nii.gz').read_bytes()


def test_nothing_shown_and_too_much_said(files, seeded, monkeypatch, capsys):
    monkeypatch.chdir(files)
    assert main(['predict', '--image', 'image.nii.gz', '--model', 'x', '--out', 'm.nii']) == 2
    assert 'seeded waits for you: nothing was shown. Click a point on the object.' in capsys.readouterr().err
    assert main(['run', '--from', 'out/run.json', '--candidate', '0', '--out', 'again']) == 2
    assert '--candidate beside --from' in capsys.readouterr().err
