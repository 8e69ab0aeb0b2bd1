"""Lines of numbers: those of the agreement, with their definitions and reasons."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.digits import three_digits
from napari_segrobust.review import agree
from napari_segrobust.ui.review.numbers import measured, numbers_of, region_words

SQUARE = np.zeros((3, 20, 20), np.uint8)
SQUARE[1, 5:12, 5:12] = 1
MASKS = {'anna': SQUARE, 'ben': np.roll(SQUARE, 1, 1), 'carla': np.roll(SQUARE, 1, 2)}


def lines(found, **options):
    return {line.title: line for line in numbers_of(found, options.get('cohen'), options.get('pair'))}


@pytest.fixture
def agreement():
    return agree(MASKS, spacing=(2, 1, 1), volumes_ml={'dora': 0.2})


def test_each_number_stands_on_the_region_and_on_the_full_array(agreement):
    found = lines(measured(agreement))
    for title, key in (('Fleiss\u2019 kappa', 'fleiss_kappa'), ('Krippendorff\u2019s alpha', 'krippendorff_alpha')):
        values = agreement.chance[key]
        assert found[title].region == three_digits(values['region'].value)
        assert found[title].full == three_digits(values['full'].value)
        assert found[title].region != found[title].full
        assert found[title].definition.source


def test_cohen_waits_for_a_pair(agreement):
    found = measured(agreement)
    assert lines(found)["Cohen's kappa"].region == 'click a pair'
    assert lines(found, pair=('anna', 'ben'))["Cohen's kappa"].region == 'pending'
    line = lines(found, pair=('A', 'B'), cohen=agreement.cohen(0, 1))["Cohen's kappa of A and B"]
    assert line.region == three_digits(agreement.cohen(0, 1)['region'].value)


def test_spread_and_distances_are_those_of_the_record(agreement):
    found, record = lines(measured(agreement)), agreement.to_dict()
    assert found['volume CV'].region == f'{three_digits(100 * record["volumes"]["cv"])} %'
    assert found['entropy in the union'].region == f'{three_digits(record["votes"]["entropy_bits_mean_in_union"])} bits'
    assert found['disputed volume'].region.startswith(three_digits(record['votes']['disputed']))
    assert found['usual distance'].region == f'{three_digits(agreement.pairwise.usual_distance)} mm'
    assert found['tolerance'].region == '2 mm'
    low = agree(MASKS, spacing=(2, 1, 1), tolerance_mm=1)
    line = lines(measured(low))['tolerance']
    assert line.region == '1 mm, below the spacing'
    assert 'below the largest spacing, 2 mm' in line.reasons


def test_the_region_says_its_size(agreement):
    assert region_words(measured(agreement)) == '= 4 \u00d7 2 \u00d7 2 mm: region 6 \u00d7 12 \u00d7 12 mm (cut)'
    assert region_words(measured(agree(MASKS))) == 'region 3 \u00d7 12 \u00d7 12 voxels (cut)'
    assert region_words(measured(agree(MASKS, margin=None))) == 'no region'


def test_what_is_undefined_says_why():
    none = lines(measured(agree(MASKS, margin=None)))['Fleiss\u2019 kappa']
    assert none.region == '\u2013'
    assert none.reasons == 'no region: the margin is none'
    empty = np.zeros_like(SQUARE)
    found = measured(agree({'a': empty, 'b': empty.copy()}))
    assert region_words(found) == 'no region: no rater drew anything'
    for title in ('Fleiss\u2019 kappa', 'entropy in the union', 'volume CV', 'usual distance'):
        line = lines(found)[title]
        assert line.region == '\u2013'
        assert line.reasons
