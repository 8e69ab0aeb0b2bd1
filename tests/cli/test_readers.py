"""``readers``: a pack out, masks in, and the numbers of the library."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases import save_image
from napari_segrobust.review.under_noise import by_reader, gather, human_curve, read_key

PACK = 'readers pack --image image.nii.gz --perturbation gaussian_noise:7 --severities 0,2 --out pack --key key.json'
GATHER = 'readers gather --image image.nii.gz --key key.json --masks anna'
RATERS = '--raters reference.nii.gz a.nii.gz b.nii.gz'


@pytest.fixture
def files(files: Path) -> Path:
    """The folder of the verbs, with two more raters."""
    case = sr.load_case(files / 'image.nii.gz', references=files / 'reference.nii.gz')
    mask = case.references['reference']
    for name, by in (('a', 1), ('b', -1)):
        save_image(files / f'{name}.nii.gz', np.roll(mask, by, axis=2), case.geometry)
    return files


def answer(files: Path) -> None:
    """Anna sees the same in every image."""
    case = sr.load_case(files / 'image.nii.gz', references=files / 'b.nii.gz')
    (files / 'anna').mkdir()
    for image in read_key(files / 'key.json').images:
        save_image(files / 'anna' / f'{image.code}_mask.nii.gz', case.references['b'], case.geometry)


def test_there_and_back(say, files):
    words = say(f'{PACK} --repeats 1')
    assert words.splitlines() == [
        '4 images for the readers in pack; README.txt tells them what to do',
        'the key is key.json: keep it from them',
    ]
    answer(files)
    content = json.loads(say(f'{GATHER} {RATERS} --pack pack --tolerance-mm 1.5 --json -'))
    case = sr.load_case(files / 'image.nii.gz', raters=[files / f'{name}.nii.gz' for name in ('reference', 'a', 'b')])
    raters = {name: case.references[name] for name in case.raters}
    references = sr.agree(raters, tolerance_mm=1.5, geometry=case.geometry).references
    gathered = gather(read_key(files / 'key.json'), by_reader([files / 'anna']), case)
    assert content == json.loads(json.dumps(human_curve(gathered, references).to_dict()))
    assert content['dice']['intra_rater'] == {'anna': [[0, 1], [2, 1]]}


def test_words_say_the_same(say, files):
    say(PACK)
    answer(files)
    lines = say(f'{GATHER} {RATERS}').splitlines()
    assert lines[0] == 'against majorities of 2 of these 3 raters, averaged; Dice'
    assert lines[1].split() == ['severity', '0', '2']
    assert lines[2].split()[0] == 'anna'
    assert lines[3].split() == ['mean', *lines[2].split()[1:]]
    assert lines[4].startswith('mean of the readers: within the range these 3 raters showed on the unperturbed image')
    alone = say(f'{GATHER} --reference reference.nii.gz').splitlines()
    assert alone[0] == 'against reference; Dice'
    assert len(alone) == 4


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('readers', 'required'),
        ('readers pack --image image.nii.gz --out pack --key key.json', 'No pack: no perturbation is named'),
        (PACK.replace('0,2', '7'), 'Severities unusable'),
        (PACK.replace('pack --key', '. --key'), 'is in the way'),
        (GATHER, 'key.json cannot be read'),
        (GATHER.replace('key.json', 'image.nii.gz'), 'no key of a pack'),
    ],
)
def test_mistakes_are_one_line(refused, words, expected):
    assert expected in refused(words)


def test_what_is_missing_is_said_in_one_line(say, refused, files):
    say(PACK)
    assert 'anna not found' in refused(GATHER)
    answer(files)
    assert 'no mask is given' in refused(GATHER)
    assert 'Too few raters: 2' in refused(f'{GATHER} --raters a.nii.gz b.nii.gz')
    assert 'no image is given' in refused('readers gather --key key.json --masks anna')
