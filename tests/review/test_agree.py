"""The door: the record is JSON, parts are those of the rooms, real and simulated raters go through."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

import napari_segrobust as sr
from napari_segrobust.review import agree_cases
from napari_segrobust.review.case_numbers import CaseNumbers


@pytest.fixture(scope='module')
def lesion():
    case = sr.load_sample('lesion')
    raters = {name: case.references[name] for name in case.raters}
    return case, sr.agree(raters, spacing=case.geometry.spacing_mm, model=case.references['phantom'])


def test_the_record_has_what_the_design_names(lesion):
    record = lesion[1].to_dict()
    again = json.loads(json.dumps(record, allow_nan=False))
    assert again == record
    assert len(record['raters']) == 5
    assert {'dice', 'nsd', 'hd95', 'volume_difference_ml'} <= set(record['pairwise'])
    for key in ('fleiss_kappa', 'randolph_kappa', 'krippendorff_alpha', 'cohen_kappa'):
        assert set(record[key]) == {'full', 'region'}
    assert {'voxels', 'sensitivity', 'specificity', 'iterations', 'margins'} <= set(record['staple'])
    assert {'2', '10'} <= set(record['staple']['margins'])
    for key in ('majority_voxels', 'at_least_half_voxels', 'tie_voxels'):
        assert isinstance(record[key], int)
    assert set(record['ged']) >= {'v', 'u'}
    assert isinstance(record['disputes'], list)
    for key in ('icc', 'ranking', 'bootstrap', 'bland_altman'):
        assert record[key] is None
        assert record['undefined'][key]['status'] == 'not_applicable'


def test_five_simulated_raters_of_the_lesions(lesion):
    case, agreement = lesion
    record = agreement.to_dict()
    volumes = record['volumes']['raters']
    over, under = (next(volumes[name] for name in volumes if word in name) for word in ('over-draws', 'under-draws'))
    assert over == max(volumes.values())
    assert under == min(volumes.values())
    assert 0.8 < record['fleiss_kappa']['region'] < record['fleiss_kappa']['full'] < 1
    assert record['fleiss_kappa']['full'] < record['randolph_kappa']['full']
    first = record['disputes'][0]
    assert first['kind'] == 'object'
    assert first['out'] == ['simulated rater D (misses the smallest)']
    assert len(first['in']) == 4
    assert record['intersection_voxels'] < record['majority_voxels'] < record['union_voxels']
    assert record['staple']['sensitivity'][1] == max(record['staple']['sensitivity'])
    assert record['staple']['specificity'][1] == min(record['staple']['specificity'])
    # The phantom itself is what they drew after: better than all of them, which is no verdict.
    assert record['ceiling']['dice']['place'] == 'better than all'
    hardest = record['difficulty']['slices']
    assert hardest == sorted(hardest, key=lambda item: (item['mean_dice'] is None, item['mean_dice']))
    assert hardest[0]['mean_dice'] < record['difficulty']['case']['mean_dice']
    majority = agreement.consensus_map('majority') == 1
    assert sr.compare(case.references['phantom'], majority, labels=[1]).metrics[1]['dice'].value > 0.9


def test_two_label_sets_of_one_ct(shared_data):
    ct = shared_data / 'ct'
    case = sr.load_case(ct / 'ct.nii.gz', raters=[ct / 'organs.nii.gz', ct / 'organs_second.nii.gz'])
    masks = {name: case.references[name] for name in case.raters}
    for label in (1, 5):
        agreement = sr.agree(masks, label=label, geometry=case.geometry, tolerance_mm=3)
        record = agreement.to_dict()
        expected = sr.compare(*masks.values(), spacing=case.geometry.spacing_mm, labels=[label], tolerance_mm=3)
        for key in ('dice', 'nsd', 'hd95', 'volume_difference_ml'):
            assert record['pairwise'][key][0][1] == pytest.approx(expected.metrics[label][key].value)
        assert record['geometry']['orientation'] == 'SPL'
        assert record['tie_voxels'] == np.count_nonzero((masks['organs'] == label) ^ (masks['organs_second'] == label))
        assert record['conventions']['warnings'] == []
        assert record['volumes']['unit'] == 'ml'


def test_without_a_margin_the_region_is_null(disc):
    record = sr.agree(np.stack([disc(5), disc(6), disc(7)]), margin=None).to_dict()
    assert record['region'] is None
    for key in ('fleiss_kappa', 'randolph_kappa', 'krippendorff_alpha', 'cohen_kappa'):
        assert record[key]['region'] is None
        assert record[key]['full'] is not None
    assert record['undefined']['fleiss_kappa.region']['reason'] == 'no margin was asked for'
    assert record['staple']['voxels'] == record['staple']['full_voxels']


def test_voting_rules_do_not_depend_on_the_margin(disc):
    masks = np.stack([disc(5), disc(6), disc(7), disc(9)])
    keys = ('majority_voxels', 'at_least_half_voxels', 'tie_voxels', 'union_voxels', 'intersection_voxels')
    records = [sr.agree(masks, margin=margin).to_dict() for margin in (None, 0, 5)]
    for one, other in pairwise(records):
        assert [one[key] for key in keys] == [other[key] for key in keys]


def alike(one, other):
    """Hold two records equal, numbers to within rounding."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        one, other = list(one.values()), list(other.values())
    if isinstance(one, list):
        assert len(one) == len(other)
        for first, second in zip(one, other, strict=True):
            alike(first, second)
    else:
        assert one == (pytest.approx(other) if isinstance(other, float) else other)


def test_the_order_of_the_raters_means_nothing(ball):
    masks = [ball(5), ball(6, (12, 13, 12)), ball(4.5, (11, 12, 13)), ball(7)]
    order = [2, 0, 3, 1]
    plain, turned = (sr.agree({'ABCD'[i]: masks[i] for i in some}).to_dict() for some in (range(4), order))
    for key in (
        'fleiss_kappa',
        'krippendorff_alpha',
        'majority_voxels',
        'tie_voxels',
        'region',
        'disputes_below_floor',
    ):
        alike(turned[key], plain[key])
    assert turned['staple']['voxels'] == plain['staple']['voxels']
    for key in ('dice', 'nsd', 'hd95', 'volume_difference_ml'):
        expected = np.array(plain['pairwise'][key])[np.ix_(order, order)]
        np.testing.assert_allclose(turned['pairwise'][key], expected, atol=1e-12)
    np.testing.assert_allclose(turned['williams']['raters'], np.array(plain['williams']['raters'])[order])
    np.testing.assert_allclose(turned['ceiling']['dice']['raters'], np.array(plain['ceiling']['dice']['raters'])[order])


def test_the_direction_of_the_axes_means_nothing(ball):
    masks = np.stack([ball(5), ball(6, (12, 13, 12)), ball(4.5, (11, 12, 13))])
    spacing = (3.0, 1.0, 0.7)
    plain = sr.agree(masks, spacing=spacing).to_dict()
    turned = sr.agree(masks.transpose(0, 3, 1, 2)[:, ::-1], spacing=(0.7, 3.0, 1.0)).to_dict()
    for key in ('fleiss_kappa', 'cohen_kappa', 'votes', 'williams', 'ceiling', 'majority_voxels', 'soft'):
        alike(turned[key], plain[key])
    alike(turned['pairwise'], plain['pairwise'])
    assert turned['disputes_rim']['volume'] == pytest.approx(plain['disputes_rim']['volume'])


def test_arrays_lists_and_mappings_are_the_same_raters(disc):
    masks = np.stack([disc(5), disc(6), disc(7)])
    array, listed, named = (
        sr.agree(raters).to_dict()
        for raters in (masks, list(masks > 0), {f'rater {i + 1}': masks[i] for i in range(3)})
    )
    assert array == listed == named


def test_masks_are_never_changed(disc):
    masks = np.stack([disc(5), disc(6), disc(7)])
    masks.flags.writeable = False
    before = masks.copy()
    agreement = sr.agree(masks, model=masks[1] | masks[2])
    agreement.to_dict()
    agreement.consensus_map('majority')[:] = 9
    np.testing.assert_array_equal(masks, before)


def test_volumes_without_a_mask_stand_beside_the_others(disc):
    agreement = sr.agree({'A': disc(5), 'B': disc(6)}, spacing=(1, 1), volumes_ml={'C': 100.0})
    record = agreement.to_dict()
    assert record['raters'] == ['A', 'B']
    assert record['volumes']['without_mask'] == ['C']
    volumes = [disc(5).sum(), disc(6).sum(), 100.0]
    assert list(record['volumes']['raters'].values()) == volumes
    assert record['volumes']['cv'] == pytest.approx(np.std(volumes, ddof=1) / np.mean(volumes))


def test_many_cases_say_what_one_cannot(disc):
    rng = np.random.default_rng(3)
    cases = {}
    for number in range(8):
        size = rng.uniform(5, 12)
        masks = {name: disc(size + offset + rng.normal(0, 0.4)) for name, offset in (('A', 0), ('B', 0.8), ('C', -0.8))}
        cases[f'case {number}'] = sr.agree(masks, spacing=(1, 1), model=disc(4, (12, 20)), allow='ABC')
    found = agree_cases(cases)
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert 0.5 < record['icc']['value'] < 1
    assert record['icc']['low'] < record['icc']['value'] < record['icc']['high']
    first = record['bland_altman'][0]
    assert first['pair'] == ['A', 'B']
    assert first['bias'] == pytest.approx(np.mean(found.volumes[:, 1] - found.volumes[:, 0]))
    dice = record['bootstrap']['dice']
    assert dice['low'] < dice['value'] < dice['high']
    assert dice['value'] == pytest.approx(np.mean([a.pairwise.mean('dice') for a in cases.values()]))
    assert record['ranking']['mean_dice'][0]['mean_dice'] == min(a.pairwise.mean('dice') for a in cases.values())
    assert record['model']['verdict'] == 'worse than every rater over 8 cases'
    assert record['model']['williams']['high'] < 1
    assert set(record['williams']) == {'A', 'B', 'C'}
    assert record['williams']['A']['value'] > 1, 'A lies between the others'
    assert record['williams']['A']['low'] <= record['williams']['A']['value'] <= record['williams']['A']['high']
    assert record['model']['above_worst_rater']['value'] < 0


def test_few_cases_give_no_verdict_and_one_case_no_interval(disc):
    masks = {'A': disc(5), 'B': disc(6), 'C': disc(7)}
    agreement = sr.agree(masks, model=disc(6.2))
    one = agree_cases({'only': agreement}).to_dict()
    assert one['icc']['value'] is None
    assert one['bootstrap']['dice']['low'] is None
    assert one['model']['verdict'] == 'no verdict from 1 case: it needs 5'
    assert one['williams']['B']['value'] == pytest.approx(agreement.williams.raters[1])
    none = agree_cases({'only': sr.agree(masks)}).to_dict()
    assert none['model'] is None
    assert 'surprise' not in none['ranking']


def test_a_model_as_good_as_the_raters_is_not_called_worse(disc):
    rng = np.random.default_rng(8)
    cases = {}
    for number in range(12):
        size, masks = rng.uniform(7, 12), {}
        for name in 'ABCM':
            masks[name] = disc(size + rng.normal(0, 0.5), rng.normal(20, 0.4, 2))
        model = masks.pop('M')
        cases[str(number)] = sr.agree(masks, model=model, allow='ABC')
    verdict = agree_cases(cases).verdict
    assert 'worse than every rater over' not in verdict
    assert agree_cases(cases).to_dict() == agree_cases(cases).to_dict()


def test_cases_that_cannot_be_put_together(disc):
    masks = {'A': disc(5), 'B': disc(6)}
    with pytest.raises(sr.SegrobustError, match='No cases'):
        agree_cases({})
    with pytest.raises(sr.SegrobustError, match='different units: one in px\\^2, other in mm\\^2'):
        agree_cases({'one': sr.agree(masks), 'other': sr.agree(masks, spacing=(1, 1))})


def test_the_room_loads_neither_torch_nor_napari():
    code = (
        'import sys, numpy as np, napari_segrobust as sr; a = np.eye(6, dtype=np.uint8);'
        'sr.agree({"A": a, "B": np.tri(6, dtype=np.uint8), "C": np.ones((6, 6), np.uint8)}, model=a * 0 + 1).to_dict();'
        'print(*(name for name in ("torch", "monai", "napari", "qtpy", "SimpleITK") if name in sys.modules))'
    )
    done = subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ''


def test_cases_without_their_masks_give_the_same_numbers(disc):
    cases = {}
    for size in (5, 6, 8):
        masks = {name: disc(size + more, (16, 16 + more)) for name, more in (('A', 0), ('B', 1), ('C', 2))}
        cases[f'case {size}'] = sr.agree(masks, spacing=(1, 1), model=disc(size, (17, 17)), allow='ABC')
    light = {name: CaseNumbers.of(agreement) for name, agreement in cases.items()}
    assert agree_cases(light).to_dict() == agree_cases(cases).to_dict()
    assert len(pickle.dumps(light)) < len(pickle.dumps(cases)) / 2
