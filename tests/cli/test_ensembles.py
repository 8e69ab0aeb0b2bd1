"""Ensembles and the steps after the network on the command line: what is said, written and repeated."""

from __future__ import annotations

import json

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cli import main
from napari_segrobust.segment.post import Post, finish_labels

MISSING = 'three is 2 of 3 members: ghost.pt is missing, Model ghost.pt not found: no such name or file.\n'


@pytest.fixture
def three(files):
    members = '"brain-unet", "brain-noskip", "ghost.pt"'
    (files / 'three.toml').write_text(f'[ensemble]\nmembers = [{members}]\n')
    return files / 'three.toml'


def test_predict_says_who_is_missing(files, three, monkeypatch, capsys):
    monkeypatch.chdir(files)
    assert (
        main(['predict', '--image', 'image.nii.gz', '--model', 'three.toml', '--device', 'cpu', '--out', 'mask.nii.gz'])
        == 0
    )
    out, complaint = capsys.readouterr()
    assert complaint == MISSING
    assert out.startswith('three (2 of 3 members)\n')
    assert b'three (2 of 3 members)' in header_of(files / 'mask.nii.gz')
    three.write_text(three.read_text() + 'incomplete = "refuse"\n')
    assert main(['predict', '--image', 'image.nii.gz', '--model', 'three.toml', '--out', 'mask.nii.gz']) == 2
    assert capsys.readouterr().err.startswith('three refused, 2 of 3 members: ghost')


def test_a_run_records_and_repeats_the_incomplete_ensemble(files, three, monkeypatch, capsys):
    monkeypatch.chdir(files)
    ask = 'run --image image.nii.gz --reference reference.nii.gz --model three.toml --device cpu --out first'
    assert main(ask.split()) == 0
    assert MISSING in capsys.readouterr().err
    record = json.loads((files / 'first/run.json').read_text())['model']
    assert record['name'] == 'three (2 of 3 members)'
    assert list(record['missing']) == ['ghost.pt']
    (files / 'ghost.pt').write_bytes(b'')
    assert main(['run', '--from', 'first/run.json', '--out', 'second']) == 0
    names = ('prediction.nii.gz', 'metrics.json')
    assert all((files / 'first' / n).read_bytes() == (files / 'second' / n).read_bytes() for n in names)


def test_an_ensemble_without_a_file_is_repeated(say, files):
    line = 'mean of brain-unet + brain-noskip'
    assert main(['run', '--image', 'image.nii.gz', '--model', line, '--device', 'cpu', '--out', 'first']) == 0
    assert json.loads((files / 'first/run.json').read_text())['model']['source'] == line
    say('run --from first/run.json --out second')
    assert (files / 'first/run.json').read_bytes() == (files / 'second/run.json').read_bytes()


def test_steps_after_the_network_are_done_and_recorded(say, files):
    ask = '--image image.nii.gz --model brain-unet --device cpu'
    said = say(f'predict {ask} --largest-component --fill-holes --minimum-ml 1.5 --out tidy.nii.gz')
    assert said.startswith('brain-unet, largest component, holes filled, from 1.5 ml\n')
    said = say(f'run {ask} --largest-component --fill-holes --minimum-ml 1.5 --out first')
    assert 'after brain-unet: largest component, holes filled, from 1.5 ml' in said
    say('run --from first/run.json --out second')
    masks = {'tidy': files / 'tidy.nii.gz', 'run': files / 'first/prediction.nii.gz'}
    case = sr.load_case(files / 'image.nii.gz', predictions=masks)
    loose = sr.predict(case, sr.load_model('brain-unet', device='cpu')).labels
    post = Post(largest_component=True, fill_holes=True, minimum_ml=1.5)
    expected = finish_labels(loose, post, case.geometry.spacing_mm)
    assert (expected != loose).any()
    for mask in case.predictions.values():
        np.testing.assert_array_equal(mask, expected)
    assert (files / 'first/prediction.nii.gz').read_bytes() == (files / 'second/prediction.nii.gz').read_bytes()


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('predict --image image.nii.gz --model brain-unet --minimum-ml -1 --out a.nii.gz', 'Minimum unusable: -1'),
        ('run --from r.json --fill-holes --out b', '--fill-holes beside --from'),
        ('run --image image.nii.gz --model brain-unet --scenario {} --minimum-ml 2 --out b', '--minimum-ml beside'),
    ],
)
def test_mistakes_are_refused(refused, words, expected):
    assert expected in refused(words)


def header_of(path):
    import nibabel

    return bytes(nibabel.load(path).header['descrip'])
