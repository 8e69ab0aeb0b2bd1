"""``compare``: the JSON of the design, and every mistake in one line."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases import save_image
from napari_segrobust.cli import main
from napari_segrobust.compare import MetricSettings

PAIR = 'compare --reference reference.nii.gz --prediction prediction.nii.gz'


def test_json_has_the_form_of_the_design(say):
    content = json.loads(say(f'{PAIR} --labels 1 --tolerance-mm 2 --json -'))
    assert list(content)[:6] == ['schema', 'geometry', 'conventions', 'labels', 'together', 'slices']
    assert content['schema'] == 1
    assert set(content['geometry']) == {'shape', 'spacing_mm', 'affine', 'orientation', 'voxel_ml'}
    assert content['geometry']['spacing_mm'] == [3.0, 1.0, 1.0]
    assert content['conventions']['tolerance_mm'] == 2
    assert list(content['labels']) == ['1']
    assert set(content['labels']['1']['dice']) == {'value', 'unit', 'status', 'reason'}
    assert content['labels']['1']['hd']['unit'] == 'mm'
    together = 'dice_mean dice_pooled iou_mean iou_pooled generalised_dice cohen_kappa mcc confusion_matrix'
    assert set(together.split()) <= set(content['together'])
    assert set(content['slices']) == {'axis', 'labels'}


def test_numbers_are_those_of_the_library(say, files):
    content = json.loads(say(f'{PAIR} --json -'))
    case = sr.load_case(files / 'image.nii.gz', references=files / 'reference.nii.gz')
    reference = case.references['reference']
    shifted = sr.load_case(files / 'image.nii.gz', predictions=files / 'prediction.nii.gz').predictions['prediction']
    expected = sr.compare(reference, shifted, spacing=case.geometry.spacing_mm).to_dict()
    assert content['labels'] == expected['labels']
    assert content['together'] == expected['together']


def test_spacing_may_be_said(say):
    content = json.loads(say(f'{PAIR} --spacing 1,2,2 --json -'))
    assert content['geometry']['spacing_mm'] == [1, 2, 2]
    assert content['labels']['1']['hd']['value'] == 2


def test_settings_change_the_numbers_and_are_printed(say):
    words = (
        '--tolerance-mm 0.5 --boundary-width-mm 3 --beta 0.5 --error-weights 1,2 --bins 7 --roi-margin-mm 4 '
        '--detection-threshold-ml 99 --lesion-overlap 0.5 --lesion-minimum-ml 0.01 --connectivity face'
    )
    plain, changed = (json.loads(say(f'{PAIR} {more} --json -')) for more in ('', words))
    assert changed['labels']['1']['detection']['value'] == 'TN'
    for key in ('nsd', 'boundary_iou', 'tversky_index', 'detection'):
        assert changed['labels']['1'][key] != plain['labels']['1'][key]
    said = {
        'tolerance_mm': 0.5,
        'boundary_width_mm': 3,
        'connectivity': 'face',
        'beta': 0.5,
        'error_weights': [1, 2],
        'bins': 7,
        'roi_margin_mm': 4,
        'detection_threshold_ml': 99,
        'lesion_overlap': 0.5,
        'lesion_minimum_ml': 0.01,
    }
    assert {name: changed['conventions'][name] for name in said} == said
    assert set(said) == {field.name for field in fields(MetricSettings)}, 'every setting has an option'
    assert plain['conventions'].items() >= {**asdict(MetricSettings()), 'error_weights': [0.3, 0.7]}.items()
    assert changed['conventions']['metrics']['nsd'] == 'voxel surfaces, at 0.5 mm'


def test_some_metrics_alone(say):
    assert list(json.loads(say(f'{PAIR} --metrics nsd,dice --json -'))['labels']['1']) == ['nsd', 'dice']


@pytest.fixture
def softly(files):
    """Files ``probability`` and ``share`` on the grid of the masks, and ``classes`` with background and two labels."""
    case = sr.load_case(files / 'image.nii.gz', references=files / 'reference.nii.gz')
    mask = case.references['reference'].astype(np.float32)
    save_image(files / 'probability.nii.gz', 0.1 + 0.8 * mask, case.geometry)
    save_image(files / 'share.nii.gz', 0.5 * mask, case.geometry)
    classes = np.stack([1 - 0.75 * mask, 0.5 * mask, 0.25 * mask], axis=-1)
    np.save(files / 'classes.npy', classes)
    return case, mask


def test_maps_and_image_are_laid_onto_the_masks(say, softly):
    case, mask = softly
    words = '--probability probability.nii.gz --soft-reference share.nii.gz --image image.nii.gz'
    content = json.loads(say(f'{PAIR} {words} --json -'))
    values = content['labels']['1']
    assert set(values) == set(sr.metrics())
    assert values['brier']['value'] == pytest.approx(0.01, abs=1e-6)
    assert values['soft_volume_ml']['value'] == pytest.approx((0.1 + 0.8 * mask).sum() * 0.003, rel=1e-5)
    assert values['soft_dice']['value'] == pytest.approx(2 * 0.45 * mask.sum() / (0.1 + 1.3 * mask).sum(), rel=1e-5)
    assert values['mean_intensity']['reference'] == pytest.approx(case.image[0][mask > 0].mean(), rel=1e-5)


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('--probability missing.nii.gz', 'missing.nii.gz not found'),
        ('--probability elsewhere.nii.gz', 'not on one grid'),
        ('--probability image.nii.gz', 'not a probability map'),
        ('--probability probability.nii.gz --labels 1,2', 'Which label is the probability of'),
        ('--bins 0', 'Bins unusable: 0'),
        ('--error-weights 1', 'Error weights unusable'),
        ('--error-weights 1,x', 'Error weights unusable'),
        ('--beta -1', 'Beta unusable'),
        ('--connectivity edge', 'invalid choice'),
        ('--metrics dise', 'Unknown metric: dise'),
    ],
)
def test_mistakes_in_settings_and_maps_are_refused(refused, softly, words, expected):
    assert expected in refused(f'{PAIR} {words}')


def test_json_goes_into_a_file(say, files):
    assert say(f'{PAIR} --json numbers.json') == ''
    assert json.loads((files / 'numbers.json').read_text())['schema'] == 1
    assert not [path for path in files.iterdir() if path.name.startswith('.')], 'a temporary file was left'


def test_table_says_units(say):
    lines = say(PAIR).splitlines()
    assert lines[0] == 'label 1'
    rows = {line.split()[0]: line for line in lines[1:]}
    assert rows['hd95'].endswith('mm  [voxel surfaces]')
    assert rows['accuracy'].endswith('[whole image]')
    assert rows['components'].endswith('0 (reference 1, prediction 1)  [full connectivity]')
    assert rows['centre_of_mass_mm'].count(' x ') == 6


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('--labels 1,x', "Labels unusable: '1,x'"),
        ('--labels 0', 'Not a label'),
        ('--tolerance-mm nan', 'Tolerance unusable: nan'),
        ('--tolerance-mm -1', 'Tolerance unusable: -1'),
        ('--tolerance-mm two', '--tolerance-mm: invalid float value'),
        ('--spacing 1,1', 'Spacing does not fit'),
        ('--spacing 1,nan,1', 'Spacing unusable'),
        ('--spacing 1,0,1', 'Spacing unusable'),
        ('--json nowhere/numbers.json', 'nowhere/numbers.json cannot be written'),
        ('--prediction elsewhere.nii.gz', 'Masks not on one grid: prediction and image differ: shape'),
        ('--prediction missing.nii.gz', 'missing.nii.gz not found'),
        ('--prediction .', 'not'),
        ('--reference image.nii.gz', 'not a mask'),
        ('--resample linear', 'invalid choice'),
        ('--no-such-option', 'unrecognized arguments'),
    ],
)
def test_mistakes_are_refused(refused, words, expected):
    assert expected in refused(f'{PAIR} {words}')


def test_every_option_that_is_required_is_named(refused):
    assert '--prediction' in refused('compare --reference reference.nii.gz')


def test_broken_files_are_refused(refused, files):
    (files / 'empty.nii.gz').touch()
    (files / 'words.nii').write_text('<html>not found</html>')
    whole = (files / 'prediction.nii.gz').read_bytes()
    (files / 'half.nii.gz').write_bytes(whole[: len(whole) // 2])
    for name in ('empty.nii.gz', 'words.nii', 'half.nii.gz'):
        assert name in refused(f'compare --reference reference.nii.gz --prediction {name}')


def test_real_organs(shared_data: Path, capsys):
    ct = shared_data / 'ct'
    pair = ['--reference', str(ct / 'organs.nii.gz'), '--prediction', str(ct / 'organs_second.nii.gz')]
    assert main(['compare', *pair, '--labels', '1,5', '--json', '-']) == 0
    labels = json.loads(capsys.readouterr().out)['labels']
    assert list(labels) == ['1', '5']
    assert labels['5']['dice']['value'] == pytest.approx(0.98, abs=0.005)
    np.testing.assert_allclose(labels['5']['hd95']['value'], 3.0)


def test_masks_whose_headers_disagree_are_refused_with_the_grids(shared_data: Path, capsys):
    stroke = shared_data / 'stroke'
    pair = ['--reference', str(stroke / 'reference.nii.gz'), '--prediction', str(stroke / 'prediction.nii.gz')]
    assert main(['compare', *pair, '--json', '-']) == 2
    out, complaint = capsys.readouterr()
    assert out == ''
    assert 'Masks not on one grid' in complaint
    assert 'origin' in complaint
    assert len(complaint.splitlines()) == 1
