"""The readers' curve: against the same references as everybody else, with readings of one image by one reader."""

from __future__ import annotations

import json

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.compare.settings import MetricSettings
from napari_segrobust.review.drawn import Drawn
from napari_segrobust.review.references import one_reference
from napari_segrobust.review.under_noise import Gathered, Reading, by_reader, gather, human_curve, pack


@pytest.fixture
def references(case):
    return sr.agree({name: case.references[name] for name in case.raters}, geometry=case.geometry).references


def test_round_trip_with_simulated_readers(case, noise, draw, references, tmp_path):
    key = pack(case, [noise], [0, 1, 3], tmp_path / 'pack', tmp_path / 'key.json', repeats=1)
    for seed, name in enumerate(('anna', 'ben')):
        draw(key, tmp_path / name, seed)
    found = gather(key, by_reader(tmp_path / name for name in ('anna', 'ben')), case)
    curve = human_curve(found, references)
    assert curve.along == 'gaussian noise'
    assert curve.severities == (0, 1, 3)
    # The value of a reader is the mean over both masks of the same image, each as a model would be measured.
    masks = [r.drawn for r in found.readings if r.reader == 'anna' and r.image.severity == 3]
    assert len(masks) == 2
    expected = np.mean([references.mean(mask)['dice'] for mask in masks])
    assert dict(curve.points('dice', 'anna'))[3] == pytest.approx(expected)
    model = sr.agree(
        {name: case.references[name] for name in case.raters}, model=masks[0].mask, geometry=case.geometry
    ).ceiling
    assert references.mean(masks[0])['hd95'] == pytest.approx(model.model_mean('hd95'))
    # And the same image twice is compared mask against mask.
    again = sr.compare(*(mask.mask.astype(np.uint8) for mask in masks), spacing=(2, 1, 1), labels=[1]).metrics[1]
    assert curve.intra_rater['anna'][3]['dice'] == pytest.approx(again['dice'].value)
    (line,) = [line for line in curve.again('dice') if line.startswith('anna, the same image twice: ')]
    assert line.endswith(f'{again["dice"].value:.3g} at 3')
    for severity, low, high in curve.band('dice'):
        values = [dict(curve.points('dice', name))[severity] for name in ('anna', 'ben')]
        assert (low, high) == (min(values), max(values))
        assert dict(curve.points('dice'))[severity] == pytest.approx(np.mean(values))
    # These readers draw worse the noisier it is.
    assert dict(curve.points('dice'))[3] < dict(curve.points('dice'))[0]
    assert curve.leaving('dice').fate == 'leaves'


def test_the_record_holds_plain_numbers_and_names_the_raters_as_simulated(case, noise, draw, references, tmp_path):
    key = pack(case, [noise], [0, 3], tmp_path / 'pack', tmp_path / 'key.json')
    draw(key, tmp_path / 'anna', 1)
    (tmp_path / 'anna' / f'{key.images[0].code}_mask.nii.gz').unlink()
    record = human_curve(gather(key, by_reader([tmp_path / 'anna']), case), references).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record['against'] == 'majorities of 4 of these 5 simulated raters, averaged'
    assert record['problems'] == [f'anna: no mask of {key.images[0].code}']
    assert record['suspicions'] == []
    assert len(record['dice']['readers']['anna']) == 1
    assert 'these 5 simulated raters' in record['dice']['words']


def test_a_reader_who_is_a_rater_is_held_against_the_others(case, noise, references, tmp_path):
    key = pack(case, [noise], [0], tmp_path / 'pack', tmp_path / 'key.json')
    name = case.raters[2]
    reading = Reading(name, key.images[0], Drawn(name, case.references[name] == 1))
    curve = human_curve(Gathered(key, (reading,), ()), references)
    assert curve.points('dice', name) == [(0, references.raters['dice'][2])]
    assert curve.leaving('dice').fate == 'stays'


def test_one_reference_gives_values_and_no_range(case, noise, truth, tmp_path):
    key = pack(case, [noise], [0], tmp_path / 'pack', tmp_path / 'key.json')
    reading = Reading('anna', key.images[0], Drawn('anna', truth == 1))
    empty = Reading('ben', key.images[0], Drawn('ben', truth == 9))
    references = one_reference('expert', truth == 1, (2.0, 1.0, 1.0), MetricSettings())
    record = human_curve(Gathered(key, (reading, empty), ()), references).to_dict()
    assert record['against'] == 'expert'
    assert record['dice']['readers'] == {'anna': [[0, 1.0]], 'ben': [[0, 0.0]]}
    # A distance to nothing is undefined, and no part of the mean.
    assert record['hd95']['readers'] == {'anna': [[0, 0.0]], 'ben': [[0, None]]}
    assert record['hd95']['mean'] == [[0, 0.0]]
    assert record['dice']['words'] is None


def test_a_mask_that_a_program_flipped_is_named(case, noise, truth, tmp_path):
    key = pack(case, [noise], [0], tmp_path / 'pack', tmp_path / 'key.json')
    aside = np.roll(truth, -5, axis=2) == 1
    references = one_reference('expert', aside, (2.0, 1.0, 1.0), MetricSettings())
    letters = (('S', 'I'), ('P', 'A'), ('L', 'R'))
    readings = tuple(
        Reading(name, key.images[0], Drawn(name, mask))
        for name, mask in (('anna', aside), ('ben', np.flip(aside, 2)), ('carla', 0 * aside == 1))
    )
    (line,) = human_curve(Gathered(key, readings, (), letters), references).suspicions
    assert line.startswith(f'ben, {key.images[0].code} looks flipped left-right: Dice with expert 0.')
    assert line.endswith('1.00 if flipped left-right')
