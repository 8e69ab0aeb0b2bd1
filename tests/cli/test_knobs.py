"""Knobs and scribbles on the command line: what is written is what the method does, and what a run repeats."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cli import main


@pytest.fixture
def files(tmp_path):
    """A bright cube in noise, and scribbles on it and beside it."""
    image = np.random.default_rng(0).normal(0, 5, (8, 20, 20)).astype(np.float32)
    image[2:6, 5:15, 5:15] += 100
    drawn = np.zeros(image.shape, np.uint8)
    drawn[3, 8:12, 8:12], drawn[3, 1, 2:18] = 2, 1
    for name, array in (('image', image), ('drawn', drawn)):
        nib.save(nib.Nifti1Image(array.T, np.diag([-1, -1, 1, 1])), tmp_path / f'{name}.nii.gz')
    return tmp_path


def predicted(folder, *words):
    command = ['predict', '--image', str(folder / 'image.nii.gz'), '--out', str(folder / 'out.nii.gz')]
    assert main([*command, *words]) == 0
    return sr.load_case(folder / 'image.nii.gz', references=folder / 'out.nii.gz').references['out']


def test_set_turns_knobs_by_number_and_by_word(files):
    case = sr.load_case(files / 'image.nii.gz')
    words = predicted(files, '--model', 'otsu', '--set', 'side=dark', '--set', 'shift=-10')
    model = sr.load_model('otsu').adjusted({'side': 1, 'shift': -10})
    np.testing.assert_array_equal(words, sr.predict(case, model).labels)
    np.testing.assert_array_equal(predicted(files, '--model', 'otsu', '--set', 'side=1', '--set', 'shift=-10'), words)
    assert not np.array_equal(predicted(files, '--model', 'otsu'), words)


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['--model', 'otsu', '--set', 'side'], 'Write NAME=VALUE'),
        (['--model', 'otsu', '--set', 'side=grey'], 'Give one of bright, dark'),
        (['--model', 'otsu', '--set', 'shift=much'], 'Give a number'),
        (['--model', 'otsu', '--set', 'edge=3'], 'no knob edge'),
        (['--model', 'brain-unet', '--set', 'shift=3'], 'it has no knobs'),
        (['--model', 'region-growing'], 'waits for you: nothing was shown. Click a point'),
    ],
)
def test_one_line_for_what_cannot_be_set(files, capsys, words, message):
    command = ['predict', '--image', str(files / 'image.nii.gz'), '--out', str(files / 'out.nii.gz')]
    assert main([*command, *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count('\n') == 1


def test_a_run_repeats_with_its_knobs_its_seeds_and_its_scribbles(files, capsys):
    image, out, again = (str(files / name) for name in ('image.nii.gz', 'first', 'again'))
    for words, kept in (
        (['--model', 'region-growing', '--point', '3,10,10', '--set', 'tolerance=25'], {'tolerance': 25.0}),
        (
            ['--model', 'watershed', '--scribbles', str(files / 'drawn.nii.gz'), '--set', 'scope=volume'],
            {'scope': 1.0},
        ),
    ):
        assert main(['run', '--image', image, '--perturb', 'gaussian_noise:1:3', *words, '--out', out]) == 0
        record = json.loads((files / 'first' / 'run.json').read_text())
        assert record['model']['parameters'].items() >= kept.items()
        assert main(['run', '--from', f'{out}/run.json', '--out', again]) == 0
        assert 'is not that of the run' not in capsys.readouterr().err
        assert json.loads((files / 'again' / 'run.json').read_text())['result_sha256'] == record['result_sha256']
        first, second = ((files / name / 'prediction.nii.gz').read_bytes() for name in ('first', 'again'))
        assert first == second
        labels = sr.load_case(image, references=files / 'first' / 'prediction.nii.gz').references['prediction']
        assert labels[3, 10, 10] == 1
        assert 100 < labels.sum() < 1500


def test_the_models_verb_names_knobs_and_wants(capsys):
    assert main(['models']) == 0
    lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if line.startswith('region-growing '))
    assert 'wants points' in line
    assert 'tolerance=10' in lines[lines.index(line) + 1]
