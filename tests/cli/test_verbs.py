"""The small verbs, and the program as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust import cli
from napari_segrobust.cli import Verb, main


def test_models_lists_what_can_be_loaded(say):
    listed = json.loads(say('models --json -'))
    assert [entry['name'] for entry in listed] == [spec.name for spec in sr.models()]
    words = say('models')
    assert 'brain-unet' in words
    assert '  torch.export (.pt2)' in words.splitlines()


def test_perturbations_lists_units_and_sources(say):
    listed = json.loads(say('perturbations --json -'))
    assert {entry['name'] for entry in listed} == set(sr.perturbations())
    assert all(parameter['levels'] for entry in listed for parameter in entry['parameters'])
    assert 'gaussian_noise' in say('perturbations')


def test_metrics_lists_definitions_and_states(say):
    listed = json.loads(say('metrics --json -'))
    assert [entry['key'] for entry in listed] == list(sr.metrics())
    dice = next(entry for entry in listed if entry['key'] == 'dice')
    assert dice['formula'] == '2 tp / (2 tp + fp + fn)'
    assert dice['states'] == [None, 0, 0]
    assert any(line.startswith('hd95 ') for line in say('metrics').splitlines())


def test_check_prints_the_list(say):
    lines = say('check --image image.nii.gz --reference reference.nii.gz --model brain-unet').splitlines()
    assert lines[0].split()[0] in {'ok', 'note', 'warning', 'error'}
    findings = json.loads(say('check --image image.nii.gz --reference reference.nii.gz --json -'))
    assert all(set(finding) == {'level', 'title', 'detail', 'remedy'} for finding in findings)


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('check --image missing.nii.gz', 'not found'),
        ('check --image image.nii.gz --reference elsewhere.nii.gz', 'Masks not on one grid'),
        ('check --image image.nii.gz --model nope', 'Model nope not found'),
        ('perturb --image image.nii.gz --out a.nii.gz', '--perturb'),
        ('perturb --image image.nii.gz --perturb gaussian_noise:1 --out a.xyz', 'format is unknown'),
        ('perturb --perturb gaussian_noise:1 --out a.nii.gz', 'Nothing to look at'),
        ('predict --image image.nii.gz --model brain-unet --out nowhere/a.nii.gz', 'cannot be saved'),
        ('no-such-verb', 'invalid choice'),
        ('', 'required'),
    ],
)
def test_mistakes_are_refused(refused, words, expected):
    assert expected in refused(words)


def test_perturb_writes_what_the_library_gives(say, files):
    said = say('perturb --image image.nii.gz --perturb gaussian_noise:2:7 --perturb gamma:1 --out noisy.nii.gz')
    assert said.startswith('SIMULATED gaussian noise')
    clean, noisy = (sr.load_case(files / name) for name in ('image.nii.gz', 'noisy.nii.gz'))
    options = {'spacing': clean.geometry.spacing_mm, 'intensity_range': clean.intensity_range}
    expected = sr.perturb(clean.image[0], 'gaussian_noise', 2.0, seed=7, **options)
    expected = sr.perturb(expected, 'gamma', 1.0, **options)
    np.testing.assert_array_equal(noisy.image[0], expected)


def test_predict_writes_what_the_library_gives(say, files):
    say('predict --image image.nii.gz --model brain-unet --device cpu --out mask.nii.gz')
    case = sr.load_case(files / 'image.nii.gz', predictions=files / 'mask.nii.gz')
    expected = sr.predict(case, sr.load_model('brain-unet', device='cpu')).labels
    np.testing.assert_array_equal(case.predictions['mask'], expected)


def test_trouble_with_files_is_one_line(monkeypatch, capsys):
    def fail(_: object) -> None:
        raise PermissionError(13, 'Permission denied', 'locked.nii.gz')

    monkeypatch.setattr(cli, 'discover', lambda package, attribute: [Verb('fail', 'Fail.', lambda parser: None, fail)])
    assert main(['fail']) == 2
    expected = 'locked.nii.gz cannot be used: Permission denied. Check the path and its permissions.\n'
    assert capsys.readouterr().err == expected


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, 'discover', lambda package, attribute: [Verb('stop', 'Stop.', lambda parser: None, stop)])
    assert main(['stop']) == cli.INTERRUPTED
    assert capsys.readouterr().err == 'stopped\n'


def test_a_pipe_that_is_closed_early_is_no_mistake():
    """As ``| head -1``: one line is read, the rest has nowhere to go."""
    words = [sys.executable, '-m', 'napari_segrobust', 'perturbations', '--json', '-']
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b''
        assert process.wait(60) == 0


def test_numbers_load_no_network(files):
    """`compare` as a process: JSON alone on standard output, and neither torch nor napari loaded."""
    code = (
        'import sys; from napari_segrobust.cli import main;'
        'status = main(sys.argv[1:]);'
        'sys.exit(status or sum(name in sys.modules for name in ("torch", "monai", "napari", "qtpy")))'
    )
    pair = ['--reference', 'reference.nii.gz', '--prediction', 'prediction.nii.gz']
    done = subprocess.run(
        [sys.executable, '-c', code, 'compare', *pair, '--json', '-'], cwd=files, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b'')
    assert json.loads(done.stdout)['labels']['1']['dice']['value'] > 0.9
