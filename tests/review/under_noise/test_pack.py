"""What readers get, and what they must not see."""

from __future__ import annotations

import random
import re

import nibabel
import numpy as np
import pytest

from napari_segrobust.errors import ReviewError
from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import new_perturbation, perturb_block
from napari_segrobust.review.under_noise import Key, pack, read_key
from napari_segrobust.review.under_noise.key import at_severity


def test_images_are_those_of_the_key(case, noise, tmp_path):
    key = pack(case, [noise], [0, 1.5, 3], tmp_path / 'pack', tmp_path / 'key.json')
    assert read_key(tmp_path / 'key.json') == key
    assert sorted(image.severity for image in key.images) == [0, 1.5, 3]
    for image in key.images:
        stored = nibabel.load(tmp_path / 'pack' / f'{image.code}.nii')
        expected = case.image[0]
        if image.severity:
            whole = tuple(slice(0, n) for n in case.shape)
            expected = perturb_block(clean_of(case), key.at(image.severity), block=whole)[0]
        np.testing.assert_array_equal(case.geometry.order.apply(np.asarray(stored.dataobj)), expected)


def test_nothing_in_the_pack_tells_what_was_done(case, noise, tmp_path):
    key = pack(case, [noise], [0, 1, 2, 3], tmp_path / 'pack', tmp_path / 'key.json', repeats=1)
    files = sorted((tmp_path / 'pack').iterdir())
    assert [file.name for file in files if file.suffix != '.nii'] == ['README.txt']
    images = [file for file in files if file.suffix == '.nii']
    assert len(images) == len({image.code for image in key.images}) == 8
    # One header and one size for all: neither level nor repeats show.
    assert len({file.read_bytes()[:352] for file in images}) == 1
    assert len({file.stat().st_size for file in images}) == 1
    hidden = re.compile('gaussian|noise|sever|perturb|seed|segrobust|repeat|clean', re.IGNORECASE)
    for file in files:
        assert not hidden.search(file.name)
        assert not hidden.search(file.read_bytes()[:352].decode('latin-1'))
    told = (tmp_path / 'pack' / 'README.txt').read_text()
    assert not hidden.search(told)
    assert 'Draw: ball. Draw it with the number 1' in told
    assert all(f'{image.code}.nii' in told for image in key.images)


def test_order_and_codes_are_random(case, noise, tmp_path):
    keys = [
        pack(case, [noise], range(5), tmp_path / f'pack{n}', tmp_path / f'key{n}.json', rng=random.Random(n))
        for n in range(4)
    ]
    assert len({tuple(image.severity for image in key.images) for key in keys}) > 1
    assert len({image.code for key in keys for image in key.images}) == 20
    again = pack(case, [noise], range(5), tmp_path / 'pack9', tmp_path / 'key9.json', rng=random.Random(3))
    assert again == keys[3]


def test_the_entry_that_is_swept_may_stand_anywhere(case, noise, tmp_path):
    blur = new_perturbation('gaussian_blur', 1)
    key = pack(case, [noise, blur], [0, 2], tmp_path / 'pack', tmp_path / 'key.json', swept=0)
    assert key.along == 'gaussian noise'
    assert [(entry.name, entry.severity) for entry in key.at(2)] == [('gaussian_noise', 2), ('gaussian_blur', 1)]
    assert [entry.name for entry in key.at(0)] == ['gaussian_blur']
    # A model's curve over blur, or over another draw, is another curve.
    assert key.curve(case) == Key.model_copy(key, update={'images': ()}).curve(case)
    assert key.curve(case) != Key.model_copy(key, update={'swept': 1}).curve(case)


def test_a_repeat_is_the_same_image_under_two_codes(case, noise, tmp_path):
    key = pack(case, [noise], [2], tmp_path / 'pack', tmp_path / 'key.json', repeats=2)
    assert len(key.images) == 3
    assert len({image.sha256 for image in key.images}) == len({image.scenario for image in key.images}) == 1


def refused(case, stack, tmp_path, severities=(0, 1), out='pack', key='key.json', **more):
    before = sorted(tmp_path.rglob('*'))
    with pytest.raises(ReviewError) as caught:
        pack(case, stack, severities, tmp_path / out, tmp_path / key, **more)
    assert sorted(tmp_path.rglob('*')) == before
    return str(caught.value)


def test_what_is_refused_leaves_nothing_behind(case, noise, tmp_path):
    (tmp_path / 'full').mkdir()
    (tmp_path / 'full' / 'a.txt').touch()
    (tmp_path / 'old.json').touch()
    assert 'not an empty folder' in refused(case, [noise], tmp_path, out='full')
    assert 'the key of another pack' in refused(case, [noise], tmp_path, key='old.json')
    assert 'where readers see it' in refused(case, [noise], tmp_path, key='pack/deep/key.json')
    assert 'no perturbation' in refused(case, [], tmp_path)
    assert '0 images' in refused(case, [noise], tmp_path, [])
    assert '1000 images' in refused(case, [noise], tmp_path, [1], repeats=999)
    assert '1 to 6' in refused(case, [noise], tmp_path, [1, 6])
    assert 'moves masks' in refused(case, [new_perturbation('elastic')], tmp_path)
    assert 'leaves the image as it is' in refused(case, [new_perturbation('virtual_rater'), noise], tmp_path, swept=0)


def test_an_empty_folder_may_be_there(case, noise, tmp_path):
    (tmp_path / 'pack').mkdir()
    pack(case, [noise], [1], tmp_path / 'pack', tmp_path / 'key.json')
    assert len(list((tmp_path / 'pack').iterdir())) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ['key.json', 'pack']


def test_entries_that_do_nothing_are_not_part_of_what_is_shown(noise):
    off = new_perturbation('gaussian_blur', 2).model_copy(update={'enabled': False})
    assert at_severity((off, noise), 1, 0) == ()
    assert [entry.severity for entry in at_severity((off, noise), 1, 2.5)] == [2.5]
