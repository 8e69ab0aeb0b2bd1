"""Masks of readers come back: what fits is used, and everything else is one line."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.cases import save_image
from napari_segrobust.errors import ReviewError
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.review.under_noise import by_reader, gather, pack, read_key


@pytest.fixture
def key(case, noise, tmp_path):
    return pack(case, [noise], [0, 2], tmp_path / 'pack', tmp_path / 'key.json')


def test_everything_that_fits_is_used(case, key, draw, tmp_path):
    for seed, name in enumerate(('anna', 'ben')):
        draw(key, tmp_path / name, seed)
    found = gather(key, by_reader([tmp_path / 'anna', *(tmp_path / 'ben').iterdir()]), case, images=tmp_path / 'pack')
    assert found.problems == ()
    assert found.readers == ('anna', 'ben')
    assert [(reading.reader, reading.image) for reading in found.readings] == [
        (name, image) for name in ('anna', 'ben') for image in key.images
    ]
    reading = found.readings[0]
    stored = sr.load_case(
        case.image[0], references=tmp_path / 'anna' / f'{reading.image.code}_mask.nii.gz', spacing=(2, 1, 1)
    )
    np.testing.assert_array_equal(reading.drawn.mask, next(iter(stored.references.values())) == 1)


def test_each_thing_that_cannot_be_used_is_one_line(case, key, draw, truth, tmp_path):
    first, second = (image.code for image in key.images)
    for seed, name in enumerate(('anna', 'ben', 'carla', 'dora', 'eve')):
        draw(key, tmp_path / name, seed)
    other = GridGeometry.from_spacing((14, 32, 30), (2, 1, 1))
    save_image(tmp_path / 'anna' / f'{first}_mask.nii.gz', truth[:, :, :30], other)
    (tmp_path / 'ben' / f'{second}_mask.nii.gz').unlink()
    (tmp_path / 'ben' / 'QQQQ_mask.nii.gz').write_bytes((tmp_path / 'ben' / f'{first}_mask.nii.gz').read_bytes())
    shutil.copy(tmp_path / 'carla' / f'{first}_mask.nii.gz', tmp_path / 'carla' / f'{first}_2.nii.gz')
    save_image(tmp_path / 'dora' / f'{first}_mask.nii.gz', truth + 2 * np.roll(truth, 20, 2), case.geometry)
    save_image(tmp_path / 'eve' / f'{first}_mask.nii.gz', 2 * truth + 1 + np.roll(truth, 20, 2), case.geometry)
    save_image(tmp_path / 'eve' / f'{second}_mask.nii.gz', truth * 0.5, case.geometry)
    found = gather(key, by_reader(tmp_path / name for name in ('anna', 'ben', 'carla', 'dora', 'eve')), case)
    lines = '\n'.join(found.problems)
    assert all('\n' not in line for line in found.problems)
    assert f'anna/{first}_mask.nii.gz and image differ: shape 14 x 32 x 30' in lines
    assert f'ben: no mask of {second}' in lines
    assert 'ben/QQQQ_mask.nii.gz: no image of the pack has this code' in lines
    assert f'carla: 2 masks of {first}, and none is used' in lines
    assert 'dora' not in lines
    assert f'eve/{second}_mask.nii.gz is not a mask' in lines
    used = [(reading.reader, reading.image.code) for reading in found.readings]
    assert used == [
        ('anna', second), ('ben', first), ('carla', second), ('dora', first), ('dora', second), ('eve', first),
    ]  # fmt: skip


def test_programs_that_count_from_one_are_understood(case, noise, truth, tmp_path):
    key = pack(case, [noise], [0], tmp_path / 'pack', tmp_path / 'key.json', label=5)
    code = key.images[0].code
    (tmp_path / 'anna').mkdir()
    path = tmp_path / 'anna' / f'{code.lower()}.nrrd'
    save_image(tmp_path / 'anna' / f'{code.lower()}.nii.gz', truth, case.geometry)
    assert not path.exists()
    found = gather(key, by_reader([tmp_path / 'anna']), case)
    np.testing.assert_array_equal(found.readings[0].drawn.mask, truth == 1)
    save_image(tmp_path / 'anna' / f'{code.lower()}.nii.gz', truth + np.roll(truth, 20, 2), case.geometry)
    with pytest.raises(ReviewError, match='holds 1, 2 and no 5'):
        gather(key, by_reader([tmp_path / 'anna']), case)
    save_image(tmp_path / 'anna' / f'{code.lower()}.nii.gz', 0 * truth, case.geometry)
    assert not gather(key, by_reader([tmp_path / 'anna']), case).readings[0].drawn.mask.any()


def test_images_that_come_back_with_the_masks_are_no_masks(case, key, draw, tmp_path):
    draw(key, tmp_path / 'anna', 1)
    for image in key.images:
        shutil.copy(tmp_path / 'pack' / f'{image.code}.nii', tmp_path / 'anna')
    found = gather(key, by_reader([tmp_path / 'anna']), case)
    assert found.problems == ()
    assert len(found.readings) == 2


def test_an_image_that_changed_is_named_and_masks_on_it_are_left_out(case, key, draw, tmp_path):
    draw(key, tmp_path / 'anna', 1)
    code = key.images[0].code
    save_image(tmp_path / 'pack' / f'{code}.nii', case.image[0] + 1, case.geometry)
    found = gather(key, by_reader([tmp_path / 'anna']), case, images=tmp_path / 'pack')
    assert found.problems == (f'{code}.nii is not the image that was written: masks on it are not used',)
    assert [reading.image.code for reading in found.readings] == [key.images[1].code]


def test_the_key_must_be_that_of_the_case(case, key, draw, tmp_path):
    draw(key, tmp_path / 'anna', 1)
    masks = by_reader([tmp_path / 'anna'])
    other = sr.load_case(case.image[0] + 1, spacing=(2, 1, 1), name='other')
    with pytest.raises(ReviewError, match='another image than other'):
        gather(key, masks, other)
    content = json.loads((tmp_path / 'key.json').read_text())
    content['stack'][0]['seed'] = 8
    (tmp_path / 'edited.json').write_text(json.dumps(content))
    with pytest.raises(ReviewError, match='edited'):
        gather(read_key(tmp_path / 'edited.json'), masks, case)


@pytest.mark.parametrize(
    ('text', 'why'),
    [
        ('{', 'not JSON'),
        ('[]', 'no key of a pack'),
        ('{"schema": 1}', 'case: Field required'),
        ('{"schema": 2, "case": "a", "stack": [], "swept": 0, "label": 1, "structure": "a", "images": []}', 'schema'),
        ('{"case": "a", "stack": [], "swept": 0, "label": 1, "structure": "a", "images": []}', 'entry 0 of 0'),
    ],
)
def test_a_file_that_is_no_key(text, why, tmp_path):
    (tmp_path / 'key.json').write_text(text)
    with pytest.raises(ReviewError, match=why):
        read_key(tmp_path / 'key.json')


def test_paths_that_say_nothing(tmp_path):
    with pytest.raises(ReviewError, match='cannot be read'):
        read_key(tmp_path / 'gone.json')
    with pytest.raises(ReviewError, match='not found'):
        by_reader([tmp_path / 'gone'])
    (tmp_path / 'a' / 'anna').mkdir(parents=True)
    with pytest.raises(ReviewError, match='No masks'):
        by_reader([tmp_path / 'a' / 'anna'])
    (tmp_path / 'b' / 'anna').mkdir(parents=True)
    for folder in 'ab':
        (tmp_path / folder / 'anna' / 'X_mask.nii.gz').touch()
    with pytest.raises(ReviewError, match='Two readers of one name'):
        by_reader([tmp_path / 'a' / 'anna', tmp_path / 'b' / 'anna'])


def test_a_picture_of_two_channels_without_spacing(noise, tmp_path):
    rng = np.random.default_rng(1)
    case = sr.load_case(rng.normal(size=(2, 20, 24)), channel_axis=0, name='picture')
    key = pack(case, [noise], [0, 1], tmp_path / 'pack', tmp_path / 'key.json')
    mask = np.zeros(case.shape, np.uint8)
    mask[5:12, 6:15] = 1
    (tmp_path / 'anna').mkdir()
    for image, suffix in zip(key.images, ('.nii.gz', '.png'), strict=True):
        save_image(tmp_path / 'anna' / f'{image.code}-mine{suffix}', mask, case.geometry)
    found = gather(key, by_reader([tmp_path / 'anna']), case, images=tmp_path / 'pack')
    assert found.problems == ()
    for reading in found.readings:
        np.testing.assert_array_equal(reading.drawn.mask, mask == 1)
