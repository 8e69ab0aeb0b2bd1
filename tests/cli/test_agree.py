"""``agree``: numbers of the library, consensus files, tables of cases, and every mistake in one line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import napari_segrobust as sr
from napari_segrobust.cases import save_image

THREE = 'agree --raters reference.nii.gz prediction.nii.gz third.nii.gz'


@pytest.fixture
def files(files: Path) -> Path:
    """The folder of the verbs, with a third rater, a model, and where the third looked."""
    case = sr.load_case(files / 'image.nii.gz', references=files / 'reference.nii.gz')
    mask = case.references['reference']
    third = np.roll(mask, 2, axis=1)
    looked = np.ones_like(mask)
    looked[3] = 0
    moved = np.roll(mask, -1, axis=2)
    for name, array in (('third', third), ('looked', looked), ('model', moved), ('double', mask * 2)):
        save_image(files / f'{name}.nii.gz', array, case.geometry)
    aside = np.roll(mask, -5, axis=2)
    save_image(files / 'aside.nii.gz', aside, case.geometry)
    save_image(files / 'flipped.nii.gz', np.flip(aside, 2) * (np.arange(32)[:, None] > 9), case.geometry)
    save_image(files / 'chance.nii.gz', (0.9 * moved).astype(np.float32), case.geometry)
    return files


def read(files, *names):
    case = sr.load_case(files / 'image.nii.gz', references=[files / f'{name}.nii.gz' for name in names])
    return {name: case.references[name] for name in names}, case


def save_layers(path, *masks):
    """Segments that overlap, on the grid of the verbs' files, as 3D Slicer writes them."""
    names = ('anna', 'ben', 'carla')
    layers = np.stack(masks, axis=-1).astype(np.uint8)
    z, y, x, count = layers.shape
    told = ''.join(
        f'Segment{i}_Name:={names[i]}\nSegment{i}_LabelValue:=1\nSegment{i}_Layer:={i}\n' for i in range(count)
    )
    header = f'NRRD0004\ntype: uchar\ndimension: 4\nspace: left-posterior-superior\nsizes: {count} {x} {y} {z}\n'
    header += 'space directions: none (1,0,0) (0,1,0) (0,0,3)\nkinds: list domain domain domain\nencoding: raw\n'
    path.write_bytes(f'{header}space origin: (0,0,0)\n{told}\n'.encode() + layers.tobytes())


def save_segments(path, mask, case, *names):
    """Segments that do not overlap: the values of one mask, from 1 in the order of the names."""
    save_image(path.with_suffix('.nii.gz'), mask, case.geometry)
    image = sitk.ReadImage(str(path.with_suffix('.nii.gz')))
    for index, name in enumerate(names):
        image.SetMetaData(f'Segment{index}_Name', name)
        image.SetMetaData(f'Segment{index}_LabelValue', str(index + 1))
    sitk.WriteImage(image, str(path))


def test_numbers_are_those_of_the_library(say, files):
    content = json.loads(say(f'{THREE} --model model.nii.gz --tolerance-mm 1.5 --margin 3 --json -'))
    masks, case = read(files, 'reference', 'prediction', 'third')
    model = read(files, 'model')[0]['model']
    expected = sr.agree(masks, model=model, tolerance_mm=1.5, margin=3, geometry=case.geometry).to_dict()
    assert content == {**json.loads(json.dumps(expected)), 'notes': []}
    assert content['raters'] == ['reference', 'prediction', 'third']
    assert content['geometry']['spacing_mm'] == [3, 1, 1]


def test_words_say_the_same(say):
    lines = say(f'{THREE} --model model.nii.gz').splitlines()
    assert lines[0].startswith('warning: the tolerance of 2 mm is below the largest spacing')
    assert any(line.startswith('fleiss_kappa') and 'in the region' in line for line in lines)
    assert any(line.startswith('staple') and 'at a margin of 10' in line for line in lines)
    assert any(line.startswith('model: Dice') and 'these 3 raters' in line for line in lines)


def test_options_reach_the_library(say, files):
    words = '--names A,B,C --label A=1,B=1,C=2 --margin none --spacing 1,2,2 --volume D=1.5 --session B=A --json -'
    raters = 'agree --raters reference.nii.gz prediction.nii.gz double.nii.gz'
    content = json.loads(say(f'{raters} {words} --allow C'))
    assert content['raters'] == ['A', 'C']
    assert content['region'] is None
    assert content['geometry']['spacing_mm'] == [1, 2, 2]
    assert content['volumes']['without_mask'] == ['D']
    assert content['intra_rater'][0]['reading'] == 'B'
    assert content['pairwise']['dice'][0][1] == 1
    assert any('spacing (1.0, 2.0, 2.0) mm was given' in note for note in content['notes'])


def test_a_pattern_stands_for_files_and_one_file_for_several_raters(say, files):
    masks, case = read(files, 'reference', 'prediction', 'third')
    (files / 'set').mkdir()
    for name, mask in masks.items():
        save_image(files / 'set' / f'{name}.nii.gz', mask, case.geometry)
    assert json.loads(say('agree --raters set/*.nii.gz --json -'))['raters'] == ['prediction', 'reference', 'third']
    save_image(files / 'all.nii.gz', np.stack(list(masks.values())), case.geometry)
    content = json.loads(say('agree --raters all.nii.gz --rater-axis 3 --json -'))
    assert content['raters'] == ['all 1', 'all 2', 'all 3']
    assert content['pairwise']['dice'] == json.loads(say(f'{THREE} --json -'))['pairwise']['dice']


def test_where_a_rater_did_not_look_is_missing(say):
    plain, missing = (json.loads(say(f'{THREE} {more} --json -')) for more in ('', '--valid third=looked.nii.gz'))
    assert missing['findings'][0]['title'] == 'third did not look everywhere'
    assert missing['raters'] == plain['raters']
    assert missing['tie_voxels'] > plain['tie_voxels'] == 0


def test_probabilities_of_the_model(say):
    soft = json.loads(say(f'{THREE} --probability chance.nii.gz --json -'))
    hard = json.loads(say(f'{THREE} --model model.nii.gz --json -'))
    assert soft['model']['pairwise'] == hard['model']['pairwise']
    assert soft['soft']['model']['expected_volume'] == pytest.approx(0.9 * hard['model']['volume'])


@pytest.mark.parametrize('rule', ['majority', 'at_least_half', 'union', 'intersection', 'staple', 'simple', 'weighted'])
def test_a_consensus_is_written_on_the_grid_of_the_raters(say, files, rule):
    say(f'{THREE} --consensus agreed.nii.gz --rule {rule}')
    masks, case = read(files, 'reference', 'prediction', 'third')
    written = sr.load_case(files / 'image.nii.gz', references=files / 'agreed.nii.gz')
    np.testing.assert_array_equal(written.references['agreed'], sr.agree(masks).consensus_map(rule))
    assert written.geometry.same_grid(case.geometry)


def test_ties_are_two_and_said(say, files):
    words = say('agree --raters reference.nii.gz third.nii.gz --consensus agreed.nii.gz')
    masks, _ = read(files, 'reference', 'third')
    tied = np.count_nonzero(masks['reference'] != masks['third'])
    assert f'{tied:,} voxels are tied: they are 2 in agreed.nii.gz' in words.splitlines()
    agreed = sr.load_case(files / 'image.nii.gz', references=files / 'agreed.nii.gz').references['agreed']
    assert np.count_nonzero(agreed == 2) == tied


def test_the_share_of_raters_and_all_labels_at_once(say, files):
    say(f'{THREE} --consensus soft.nii.gz --rule soft')
    masks, _ = read(files, 'reference', 'prediction', 'third')
    soft = sr.load_case(files / 'soft.nii.gz').image[0]
    np.testing.assert_allclose(soft, np.mean(list(masks.values()), axis=0), atol=1e-6)
    say(f'{THREE} --consensus labels.nii.gz --rule staple_labels --margin none')
    labels = sr.load_case(files / 'image.nii.gz', references=files / 'labels.nii.gz').references['labels']
    np.testing.assert_array_equal(labels, sr.review.staple_labels(list(masks.values())).labels)


def test_several_cases_from_a_table(say, files):
    rows = ['case,rater,path,volume_ml']
    for case in ('one', 'two'):
        rows += [f'{case},A,reference.nii.gz,', f'{case},B,prediction.nii.gz,', f'{case},C,third.nii.gz,']
        rows += [f'{case},model,model.nii.gz,', f'{case},D,,{3 if case == "one" else 2}']
    (files / 'table.csv').write_text('\n'.join(rows), encoding='utf-8')
    content = json.loads(say('agree --cases table.csv --json -'))
    assert content['cases'] == ['one', 'two']
    assert content['raters'] == ['A', 'B', 'C', 'D']
    assert content['volumes']['table'][1][3] == 2
    assert content['icc']['cases'] == 2
    assert content['model']['verdict'] == 'no verdict from 2 cases: it needs 5'
    words = say('agree --cases table.csv')
    assert 'hardest first' in words
    assert words.splitlines()[0].startswith('ICC(A,1) ')


def test_a_folder_is_its_files_and_further_readings_are_pointed_at(say, files):
    masks, case = read(files, 'reference', 'prediction', 'third')
    (files / 'set').mkdir()
    for name, mask in zip(('07_anna', '07_ben', '07_anna_2'), masks.values(), strict=True):
        save_image(files / 'set' / f'{name}.nii.gz', mask, case.geometry)
    content = json.loads(say('agree --raters set --json -'))
    assert content['raters'] == ['anna', 'anna_2', 'ben']
    assert 'anna_2 may be a second reading of anna: then say --session anna_2=anna' in content['notes']
    content = json.loads(say('agree --raters set --session anna_2=anna --json -'))
    assert content['raters'] == ['anna', 'ben']
    assert content['notes'] == []


def test_overlapping_segments_are_raters_when_it_is_said(say, files):
    masks, _ = read(files, 'reference', 'prediction', 'third')
    save_layers(files / 'three.seg.nrrd', *masks.values())
    content = json.loads(say('agree --raters three.seg.nrrd --segments raters --json -'))
    assert content['raters'] == ['anna', 'ben', 'carla']
    plain = json.loads(say(f'{THREE} --json -'))
    assert content['pairwise']['dice'] == plain['pairwise']['dice']
    placed = json.loads(say('agree --image image.nii.gz --raters three.seg.nrrd --segments raters --json -'))
    assert placed['geometry']['orientation'] == plain['geometry']['orientation']
    assert placed['pairwise']['hd95'] == plain['pairwise']['hd95']


def test_a_label_is_meant_by_its_name(say, files, refused):
    masks, case = read(files, 'reference', 'prediction')
    other = np.zeros_like(masks['reference'])
    other[0] = 1
    save_segments(files / 'anna.seg.nrrd', masks['reference'] + 2 * other, case, 'liver', 'spleen')
    save_segments(files / 'ben.seg.nrrd', 2 * masks['prediction'] + np.roll(other, 3, 2), case, 'Spleen', 'Liver')
    words = 'agree --raters anna.seg.nrrd ben.seg.nrrd'
    dice = json.loads(say('agree --raters reference.nii.gz prediction.nii.gz --json -'))['pairwise']['dice']
    content = json.loads(say(f'{words} --label liver --json -'))
    assert content['label'] == {'anna': 1, 'ben': 2}
    assert content['pairwise']['dice'] == dice
    found = json.loads(say(f'{words} --label all --json -'))['labels']
    assert list(found) == ['liver', 'spleen']
    assert found['liver']['pairwise']['dice'] == dice
    assert say(f'{words} --label all').splitlines()[0] == 'label liver'
    assert 'A label of several names: 1 is liver for anna, 1 is Spleen for ben' in refused(words)


def test_every_label_by_its_number(say, files):
    masks, case = read(files, 'reference', 'prediction')
    for name, mask in masks.items():
        both = mask.copy()
        both[0] = 3
        both[0, 0, 0] = 0 if name == 'reference' else 3
        save_image(files / f'{name}_both.nii.gz', both, case.geometry)
    found = json.loads(say('agree --raters reference_both.nii.gz prediction_both.nii.gz --label all --json -'))
    assert list(found['labels']) == ['1', '3']
    assert found['labels']['3']['label'] == 3
    assert found['labels']['1']['raters'] == ['reference', 'prediction']


def test_a_table_says_labels_sessions_and_where_somebody_looked(say, files):
    rows = ['case,rater,path,label,valid,session', 'one,A,reference.nii.gz,,,', 'one,B,double.nii.gz,2,,A']
    rows += ['one,C,third.nii.gz,,looked.nii.gz,', 'one,D,prediction.nii.gz,,,']
    (files / 'table.csv').write_text('\n'.join(rows), encoding='utf-8')
    content = json.loads(say('agree --cases table.csv --json -'))
    assert content['raters'] == ['A', 'C', 'D']
    masks, case = read(files, 'reference', 'third', 'prediction', 'looked')
    expected = sr.agree(
        {'A': masks['reference'], 'C': masks['third'], 'D': masks['prediction']},
        valid={'C': masks['looked'] > 0},
        geometry=case.geometry,
    )
    assert content['ranking']['mean_dice'][0]['mean_dice'] == pytest.approx(expected.pairwise.mean('dice'))


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('agree', 'give --raters or --cases'),
        ('agree --raters reference.nii.gz', 'No agreement of one rater'),
        ('agree --raters reference.nii.gz elsewhere.nii.gz', 'Masks not on one grid'),
        ('agree --raters aside.nii.gz flipped.nii.gz', 'flipped looks flipped left-right'),
        ('agree --raters reference.nii.gz reference.nii.gz', 'The same mask twice'),
        ('agree --raters reference.nii.gz double.nii.gz', 'double may mean another label'),
        ('agree --raters nothing*.nii.gz', 'fits no file'),
        ('agree --raters reference.nii.gz missing.nii.gz', 'not found'),
        (f'{THREE} --names A,B', 'Names do not fit'),
        (f'{THREE} --label one', 'there are no names of labels with reference, prediction, third'),
        (f'{THREE} --label all --consensus a.nii.gz', 'No consensus of each label'),
        ('agree --raters empty --json -', 'holds no file of a known format'),
        ('agree --raters organs.seg.nrrd --label spleen', 'which may overlap: anna, ben'),
        ('agree --cases label.csv', 'No label of that name'),
        (f'{THREE} --label A=x', 'Label unusable'),
        (f'{THREE} --margin wide', 'Margin unusable'),
        (f'{THREE} --margin -2', 'Margin unusable'),
        (f'{THREE} --valid third', '--valid unusable'),
        (f'{THREE} --volume D=much', 'Volume of D unusable'),
        (f'{THREE} --tolerance-mm -1', 'Tolerance unusable'),
        (f'{THREE} --allow nobody', 'Unknown rater'),
        (f'{THREE} --rule mode', 'invalid choice'),
        (f'{THREE} --valid third=looked.nii.gz --consensus a.nii.gz --rule staple_labels', 'did not look everywhere'),
        ('agree --cases missing.csv', 'cannot be used'),
        ('agree --cases empty.csv', 'has no column'),
        ('agree --cases rows.csv', 'has no row'),
        ('agree --cases twice.csv', 'Two raters of one name'),
        ('agree --cases bare.csv', 'has no mask'),
    ],
)
def test_mistakes_are_one_line(refused, files, words, expected):
    tables = {
        'empty': '',
        'rows': 'case,rater,path\n',
        'twice': 'case,rater,path\na,A,x\na,A,y\n',
        'bare': 'case,rater,path\na,A,\n',
        'label': 'case,rater,path,label\na,A,reference.nii.gz,liver\na,B,third.nii.gz,\n',
    }
    (files / 'empty').mkdir()
    save_layers(files / 'organs.seg.nrrd', *read(files, 'reference', 'third')[0].values())
    for name, text in tables.items():
        (files / f'{name}.csv').write_text(text, encoding='utf-8')
    assert expected in refused(words)


def test_a_page_and_a_table_beside_the_numbers(say, refused, files):
    words = f'{THREE} --model model.nii.gz --image image.nii.gz --report page.html --table numbers.csv --json -'
    content = json.loads(say(words))
    page = (files / 'page.html').read_text(encoding='utf-8')
    assert 'Agreement of 3 raters' in page
    assert 'third' in page
    assert str(files) not in page
    with (files / 'numbers.csv').open(newline='', encoding='utf-8') as file:
        rows = {(row['quantity'], row['first'], row['second'], row['domain']): row for row in csv.DictReader(file)}
    assert float(rows['dice', 'reference', 'third', '']['value']) == pytest.approx(
        content['pairwise']['dice'][0][2], rel=1e-5
    )
    say(f'{THREE} --report plain.html')
    assert (files / 'plain.html').stat().st_size < len(page)
    assert 'of one case' in refused('agree --cases table.csv --report page.html')
    assert 'cannot be saved' in refused(f'{THREE} --report nowhere/page.html')
