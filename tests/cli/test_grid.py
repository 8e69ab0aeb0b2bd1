"""The grid on the command line."""

from __future__ import annotations

import json

import pytest

from napari_segrobust.cli import main
from napari_segrobust.cli._severities import _range, with_severity

WORDS = 'grid --image image.nii.gz --reference reference.nii.gz --model brain-noskip'


def test_figure_film_and_numbers(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    files_wanted = '--figure grid.svg --film grid.gif --json grid.json'
    words = f'{WORDS} --model brain-unet --perturbation gaussian_noise:3 --severities 0:4:4 --at 0 {files_wanted}'
    assert main(words.split()) == 0
    assert capsys.readouterr().err.splitlines()[-2:] == ['wrote grid.svg', 'wrote grid.gif']
    found = json.loads((files / 'grid.json').read_text())
    assert found['severities'] == [0, 4]
    assert found['simulated'][0] is None
    assert found['simulated'][1].endswith('seed 3')
    assert [model['name'] for model in found['models']] == ['brain-noskip', 'brain-unet']
    assert len(found['models'][0]['values']['dice']) == 2
    assert 'nothing is simulated' in (files / 'grid.svg').read_text()
    assert (files / 'grid.gif').read_bytes().startswith(b'GIF89a')


def test_models_are_shown_what_was_clicked(files, monkeypatch):
    monkeypatch.chdir(files)
    words = 'grid --image image.nii.gz --reference reference.nii.gz --model region-growing --slice 2 --json grid.json'
    for point, least, most in (('2,16,14', 0.9, 1), ('2,2,2', 0, 0.1)):
        assert main([*words.split(), '--point', point]) == 0
        (dice,) = json.loads((files / 'grid.json').read_text())['models'][0]['values']['dice']
        assert least <= (dice['value'] if isinstance(dice, dict) else dice) <= most


def test_severities_and_seeds_are_read():
    assert _range('0:1:0.25') == [0, 0.25, 0.5, 0.75, 1]
    assert _range('0:5:0.1')[-1] == 5
    assert _range('2,0.5') == [2, 0.5]
    assert with_severity('gaussian_noise') == 'gaussian_noise:0'
    assert with_severity('gaussian_noise:7') == 'gaussian_noise:0:7'
    assert with_severity('torchio:RandomMotion') == 'torchio:RandomMotion:0'


@pytest.mark.parametrize(
    ('words', 'why'),
    [
        ('grid --sample texture', 'no model is given'),
        (f'{WORDS} --severities 0,1', 'no --perturbation is given'),
        (f'{WORDS} --perturbation gamma --severities 0:9:1', 'Severities unusable'),
        (f'{WORDS} --perturbation gamma --severities 0:5:0', 'Severities unusable'),
        (f'{WORDS} --film grid.avi', 'the ending .avi'),
        (f'{WORDS} --figure none/grid.png', 'there is no folder none'),
        (f'{WORDS} --slice 99', 'No such slice'),
    ],
)
def test_mistakes_are_said_in_one_line(refused, words, why):
    assert why in refused(words)
