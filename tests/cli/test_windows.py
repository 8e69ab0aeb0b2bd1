"""Windows on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_segrobust.cases import load_case
from napari_segrobust.cli import main

WORDS = 'windows --image image.nii.gz --reference reference.nii.gz --model brain-noskip --device cpu'


def test_table_seams_edges_and_curve(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    (files / 'band.csv').write_text('fraction\n0\n0.001\n0.002\n')
    asked = '--seams seams.nii.gz --edges --alone --box 0:2,4:20,4:20 --curve 8,16 --sampling 1:1'
    words = f'{WORDS} --window 16,16 --overlap 0.5 {asked}'
    assert main([*words.split(), '--band', 'band.csv', '--odds', '--json', 'windows.json']) == 0
    assert 'wrote seams.nii.gz' in capsys.readouterr().err
    found = json.loads((files / 'windows.json').read_text())
    assert found['model'] == 'brain-noskip'
    assert found['size'] == [1, 16, 16]
    assert len(found['windows']) == len(found['training']['windows'])
    assert {'reference_fraction', 'dice_status', 'extra', 'reference_odds'} <= set(found['windows'][0])
    assert all(row['changed_voxels'] >= 0 for row in found['alone'])
    assert [row['voxels'] for row in found['alone']] == [row['voxels'] for row in found['windows']]
    assert found['box']['voxels'] == 2 * 16 * 16
    assert found['box']['dice_between']['status'] in {'ok', 'both_empty', 'reference_empty', 'prediction_empty'}
    seams = load_case(files / 'seams.nii.gz').image
    assert seams.max() == pytest.approx(found['seams']['largest_deviation'], abs=1e-6)
    assert seams.shape[1:] == load_case(files / 'image.nii.gz').shape
    assert sum(found['edges']['alone']['error']['voxels']) == sum(found['edges']['stitched']['error']['voxels'])
    assert [point['size'][1:] for point in found['curve']] == [[8, 8], [16, 16]]
    assert np.isclose(sum(found['sampling']['histogram']['shares']), 1)


def test_what_is_printed(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    assert main([*WORDS.split(), '--box', '1:3,2:30,2:30', '--edges', '--curve', '8,24', '--sampling', '1:3']) == 0
    table, box, edges, curve, sampled = capsys.readouterr().out.strip().split('\n\n')
    assert table.splitlines()[0].split()[:4] == ['window', 'start', 'size', 'foreground']
    assert box.startswith('this box alone: ')
    assert 'against the reference' in box
    assert 'missed alone' in edges.splitlines()[0]
    assert curve.startswith('one window around the label')
    assert sampled.startswith('random windows of this size, centres 1:3')


def test_without_a_reference_fractions_are_a_proxy(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    words = 'windows --image image.nii.gz --model brain-noskip --device cpu --json -'
    assert main(words.split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert found['proxy']
    assert {row['dice_status'] for row in found['windows']} == {'not_applicable'}
    assert main(words.removesuffix(' --json -').split()) == 0
    assert 'predicted (a proxy)' in capsys.readouterr().out


def test_a_band_of_another_window_is_not_compared(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    (files / 'band.csv').write_text('0.1\n0.2\n')
    words = 'windows --sample lesion --model lesion-noskip3d --device cpu --band band.csv --json - --window'
    for window, comparable in (('32,64,64', True), ('32,32,64', False)):
        assert main([*words.split(), window]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {place['comparable'] for place in found['training']['windows']} == {comparable}


@pytest.mark.parametrize(
    ('words', 'why'),
    [
        ('windows --sample texture', 'no model is given'),
        (f'{WORDS} --sampling one', 'Ratio not usable'),
        (f'{WORDS} --sampling 0:0', 'Ratio not usable'),
        (f'{WORDS} --box 1,2', 'Write such as'),
        (f'{WORDS} --box 1:2', '1 axes for an image of 3'),
        (f'{WORDS} --curve small', 'Sizes unusable'),
        (f'{WORDS} --band none.csv', 'none.csv cannot be read'),
        (f'{WORDS} --overlap 1', 'overlap'),
    ],
)
def test_mistakes_are_said_in_one_line(refused, words, why):
    assert why in refused(words)
