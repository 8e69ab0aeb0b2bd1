"""The inside of networks on the command line."""

from __future__ import annotations

import json

import pytest
import torch

from napari_segrobust.cli import main
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.segment.spec_file import write_spec

UNET = {
    'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2, 'channels': [4, 8], 'strides': [2], 'norm': 'batch',
}  # fmt: skip
WORDS = 'inside --image image.nii.gz --model brain-noskip'


def test_numbers_of_two_networks(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    swept = '--perturbation gaussian_noise:3 --severities 0,2 --device cpu --json -'
    words = [*f'{WORDS} --voxel 2,3,16 {swept}'.split(), '--model', 'brain-unet with reflect padding']
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    plain, padded = found['receptive_fields']
    assert padded['model'] == 'brain-unet with reflect padding'
    assert plain['theoretical']['size'] == padded['theoretical']['size']
    assert plain['effective']['method'] == 'gradient'
    assert 0 < plain['cut_off_share'] < 1
    noskip, unet = found['activations']
    assert {point['kind'] for point in noskip['points']} == {'encoder', 'bottleneck', 'decoder'}
    assert {point['kind'] for point in unet['points']} == {'encoder', 'skip', 'bottleneck', 'decoder'}
    for point in noskip['points']:
        assert point['relative_change'][0] == 0 < point['relative_change'][1]


def test_without_a_perturbation_there_is_the_field_alone(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    assert main([*WORDS.split(), '--method', 'occlusion', '--class', '1', '--device', 'cpu']) == 0
    said = capsys.readouterr().out
    assert 'class grey matter' in said
    assert 'by occlusion' in said
    assert 'relative change' not in said


@pytest.mark.parametrize(
    ('words', 'why'),
    [
        ('inside --sample texture', 'no model is given'),
        (f'{WORDS} --voxel 1,2', '2 numbers for 3 axes'),
        (f'{WORDS} --voxel 1,2,999', 'lies outside'),
        (f'{WORDS} --class 9', 'No such class'),
        (f'{WORDS} --severities 1', 'no --perturbation is given'),
        ('inside --image image.nii.gz --model otsu', 'no windows'),
    ],
)
def test_mistakes_are_said_in_one_line(refused, words, why):
    assert why in refused(words)


def test_a_run_of_an_altered_network_is_repeated_from_its_file(files, monkeypatch, capsys):
    """By name, and by a path relative to the run file, from another folder."""
    monkeypatch.chdir(files)
    torch.manual_seed(0)
    network = build_network({'name': 'UNet', **UNET})
    (files / 'models').mkdir()
    torch.save(network.state_dict(), files / 'models' / 'own.pt')
    spec = ModelSpec(
        name='own', dimensions=2, classes=('background', 'disc'), intensity='zscore', slice_axis=0,
        activation='softmax', architecture={'name': 'UNet', **UNET},
    )  # fmt: skip
    write_spec(files / 'models' / 'own.pt', spec)
    for number, model in enumerate(('brain-unet with skip gain 0.5', 'models/own.pt with reflect padding')):
        words = ['run', '--image', 'image.nii.gz', '--model', model, '--device', 'cpu', '--out', f'first{number}']
        assert main(words) == 0
        (files / 'elsewhere').mkdir(exist_ok=True)
        monkeypatch.chdir(files / 'elsewhere')
        assert main(['run', '--from', f'../first{number}/run.json', '--out', f'second{number}']) == 0
        first, second = (
            (files / folder / 'prediction.nii.gz').read_bytes()
            for folder in (f'first{number}', f'elsewhere/second{number}')
        )
        assert first == second
        told = json.loads((files / f'first{number}' / 'run.json').read_text())['model']
        assert told['name'].endswith(model.partition(' with ')[2])
        monkeypatch.chdir(files)
    capsys.readouterr()
    assert told['path'] == '../models/own.pt with reflect padding'
