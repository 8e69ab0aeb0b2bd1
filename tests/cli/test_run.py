"""``run``: what is written, that it repeats to the same bytes, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cli import main
from napari_segrobust.run_file import read_run

PAIR = 'run --image image.nii.gz --reference reference.nii.gz --out first'
ASK = f'{PAIR} --model brain-unet --perturb gaussian_noise:2:7'
SEEN = f'{ASK} --window 64,48 --overlap 0.9 --blending constant --padding reflect --grid nnunet --mirror 1'
GIVEN = f'{PAIR} --prediction prediction.nii.gz'
WRITTEN = {'prediction.nii.gz', 'error.nii.gz', 'metrics.json', 'run.json', 'timings.json'}


def same_bytes(first: Path, second: Path) -> bool:
    """Whether all files but the times are equal."""
    names = {path.name for path in first.iterdir()}
    assert names == {path.name for path in second.iterdir()}
    return all((first / name).read_bytes() == (second / name).read_bytes() for name in names - {'timings.json'})


def test_everything_is_written(say, files):
    say(ASK)
    assert {path.name for path in (files / 'first').iterdir()} == WRITTEN
    record = json.loads((files / 'first/run.json').read_text())
    assert record['case']['image']['path'] == '../image.nii.gz'
    assert record['scenario']['perturbations'][0]['name'] == 'gaussian_noise'
    assert str(files) not in json.dumps(record), 'the path of a machine'
    metrics = json.loads((files / 'first/metrics.json').read_text())
    assert metrics['simulated'] == 'SIMULATED gaussian noise, severity 2 (sigma 0.12), seed 7'
    assert set(json.loads((files / 'first/timings.json').read_text())) == {
        'perturb', 'plan', 'infer', 'label', 'compare',
    }  # fmt: skip


def test_files_hold_what_run_returns(say, files):
    say(ASK)
    case = sr.load_case(files / 'image.nii.gz', references=files / 'reference.nii.gz')
    noise = sr.Perturbation(name='gaussian_noise', severity=2, seed=7)
    result = sr.run(case, sr.load_model('brain-unet', device='cpu'), sr.Scenario(perturbations=(noise,)))
    saved = sr.load_case(
        files / 'image.nii.gz',
        predictions={'labels': files / 'first/prediction.nii.gz', 'errors': files / 'first/error.nii.gz'},
    )
    np.testing.assert_array_equal(saved.predictions['labels'], result.labels)
    np.testing.assert_array_equal(saved.predictions['errors'], result.comparison.error_map)
    assert read_run(files / 'first/run.json').result_sha256 == result.key


@pytest.mark.parametrize('ask', [ASK, GIVEN, SEEN], ids=['model', 'given', 'context'])
def test_a_repeat_gives_the_same_bytes(say, files, ask):
    say(ask)
    say('run --from first/run.json --out second')
    assert same_bytes(files / 'first', files / 'second')


def test_a_repeat_computes_in_the_same_precision(say, files, monkeypatch, pretend_gpu):
    """What was measured is kept in run.json, and not measured again."""
    model = pretend_gpu()
    monkeypatch.setattr('napari_segrobust.segment.load_model', lambda *_, **__: model)
    told = say(f'{PAIR} --model pretended')
    assert 'cuda:0, half precision: 0 % of labels differ' in told
    record = read_run(files / 'first/run.json')
    assert (record.device, record.half_precision, record.half_precision_changes) == ('cuda:0', True, 0.0)
    model.move('cuda:0')  # as it is when loaded anew
    model.batches.clear()
    say('run --from first/run.json --out second')
    assert {half for _, _, half in model.batches} == {True}
    assert same_bytes(files / 'first', files / 'second')


def test_memory_that_ended_is_said(files, capsys, monkeypatch, pretend_gpu):
    monkeypatch.chdir(files)
    model = pretend_gpu(room=0)
    monkeypatch.setattr('napari_segrobust.segment.load_model', lambda *_, **__: model)
    assert main(f'{PAIR} --model pretended'.split()) == 0
    assert 'Out of memory on cuda:0: continuing on the CPU.\n' in capsys.readouterr().err
    assert read_run(files / 'first/run.json').device == 'cpu'


def test_a_repeat_from_another_depth_of_folders(say, files):
    say(GIVEN)
    say('run --from first/run.json --out deep/er')
    assert read_run(files / 'deep/er/run.json').case.image.path == '../../image.nii.gz'
    say('run --from deep/er/run.json --out second')
    assert same_bytes(files / 'first', files / 'second')


def test_a_run_moves_with_its_images(say, files, tmp_path_factory):
    say(GIVEN)
    elsewhere = tmp_path_factory.mktemp('elsewhere') / 'moved'
    shutil.copytree(files, elsewhere)
    say(f'run --from {elsewhere}/first/run.json --out {elsewhere}/second')
    assert same_bytes(elsewhere / 'first', elsewhere / 'second')


def test_a_changed_image_is_refused(say, refused, files):
    say(GIVEN)
    shutil.copy(files / 'prediction.nii.gz', files / 'image.nii.gz')
    assert 'image.nii.gz has changed' in refused('run --from first/run.json --out second')
    (files / 'image.nii.gz').unlink()
    assert 'image.nii.gz not found' in refused('run --from first/run.json --out second')
    assert not (files / 'second').exists()


def test_a_changed_model_is_refused(say, refused, files):
    say(ASK)
    record = json.loads((files / 'first/run.json').read_text())
    record['model']['key'] = 'of-other-weights'
    (files / 'first/run.json').write_text(json.dumps(record))
    assert 'brain-unet has changed' in refused('run --from first/run.json --out second')


def test_another_answer_is_said(say, files, capsys):
    say(GIVEN)
    record = json.loads((files / 'first/run.json').read_text())
    record['result_sha256'] = 'another'
    record['versions']['numpy'] = '1.0'
    (files / 'first/run.json').write_text(json.dumps(record))
    from napari_segrobust.cli import main

    assert main(['run', '--from', 'first/run.json', '--out', 'second']) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('The prediction is not that of the run: numpy 1.0 -> ')


def test_without_a_reference_there_is_no_error_map(say, files):
    say('run --image image.nii.gz --model brain-unet --out first')
    assert {path.name for path in (files / 'first').iterdir()} == WRITTEN - {'error.nii.gz'}
    metrics = json.loads((files / 'first/metrics.json').read_text())
    assert metrics['labels'] == {}
    assert metrics['simulated'] is None


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('--perturb nope:2', 'Unknown perturbation'),
        ('--perturb gaussian_noise', 'Perturbation unusable'),
        ('--perturb gaussian_noise:1:2:3', 'Perturbation unusable'),
        ('--perturb gaussian_noise:9', 'Severity unusable'),
        ('--perturb gaussian_noise:nan', 'Severity unusable'),
        ('--perturb gaussian_noise:1:-2', 'Seed unusable'),
        ('--overlap nan', 'Context unusable: overlap'),
        ('--overlap 1', 'Context unusable: overlap'),
        ('--window 0,4', 'Context unusable: window'),
        ('--window 4,4.5', 'Window unusable'),
        ('--mirror 0,3', 'Context unusable: mirror'),
        ('--mirror x', 'Mirroring unusable'),
        ('--grid torch', 'invalid choice'),
        ('--tolerance-mm -1', 'Tolerance unusable'),
        ('--model nope', 'Model nope not found'),
        ('--model image.nii.gz', 'image.nii.gz not loaded'),
        ('--prediction prediction.nii.gz', 'not both'),
        ('--sample head', 'not both'),
        ('--reference elsewhere.nii.gz', 'Masks not on one grid'),
        ('--image missing.nii.gz', 'missing.nii.gz not found'),
        ('--labels image.nii.gz', 'image.nii.gz'),
        ('--out image.nii.gz', 'image.nii.gz cannot be made: there is a file of that name'),
        ('--device tpu', 'invalid choice'),
        ('--scenario {', 'Scenario unusable: Invalid JSON'),
        ('--scenario {"seed":-1}', 'Scenario unusable: seed'),
        ('--scenario {} --perturb gamma:1', 'A scenario says all that is done'),
        ('--from run.json', 'A run file says all that is done'),
    ],
)
def test_mistakes_are_refused(refused, files, words, expected):
    assert expected in refused(f'run --image image.nii.gz --model brain-unet --out first {words}')
    assert not (files / 'first').exists()


@pytest.mark.parametrize(
    'words',
    [
        '--sample nope',
        '--sample texture --reference reference.nii.gz',
        '--sample texture --parameters [1]',
        '--sample texture --parameters {"alpha":7}',
    ],
)
def test_samples_are_refused_in_one_line(refused, words):
    refused(f'run --model texture-unet --out first {words}')


@pytest.mark.parametrize(
    ('content', 'expected'),
    [('{', 'not JSON'), ('[]', 'no run file'), ('{"schema": 2}', 'schema'), ('{"schema": 1}', 'case: Field required')],
)
def test_what_is_no_run_file_is_refused(refused, files, content, expected):
    (files / 'run.json').write_text(content)
    assert expected in refused('run --from run.json --out second')


def test_a_folder_is_no_run_file(refused):
    assert 'cannot be read' in refused('run --from . --out second')
