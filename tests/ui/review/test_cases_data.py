"""What is shown of several cases: which come first, where dots lie, and what numbers are called."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.review import agree, agree_cases
from napari_segrobust.review.difficulty import Difficulty
from napari_segrobust.ui.review.cases_data import (
    columns_of,
    corner_of,
    difficulty_dots,
    in_corner,
    lines_of,
    ranking,
    volume_dots,
)

#: People agree on a, b and c; the model fails on b, and on d, which is hard for people too.
ITEMS = (
    Difficulty('a', 0.95, 0.02, 1.0, 'ml', model_score=0.94),
    Difficulty('b', 0.93, 0.03, 1.5, 'ml', model_score=0.40),
    Difficulty('c', 0.90, 0.05, 2.0, 'ml', model_score=0.92),
    Difficulty('d', 0.60, 0.30, 8.0, 'ml', model_score=0.05),
    Difficulty('e', 0.70, 0.20, 6.0, 'ml', model_score=0.74),
)


def test_where_people_agree_and_the_model_fails_comes_first():
    assert in_corner(ITEMS) == [False, True, False, False, False]
    assert [ITEMS[i].name for i in ranking(ITEMS)] == ['b', 'd', 'a', 'c', 'e']
    columns = {column.title: column for column in columns_of(ITEMS, with_model=True)}
    assert list(columns['#'].words) == ['3', '1 !', '4', '2', '5']
    assert list(columns) == ['#', 'case', 'Dice', 'CV %', 'ml', 'model']


@pytest.mark.parametrize('measure', ['volume_cv', 'disputed'])
def test_the_corner_lies_where_people_agree_by_every_measure(measure):
    assert in_corner(ITEMS, measure) == [False, True, False, False, False]
    assert not corner_of(ITEMS, measure).is_right
    assert corner_of(ITEMS, 'mean_dice').is_right


def test_without_a_model_the_hardest_come_first():
    items = [Difficulty(item.name, item.mean_dice, None, 1.0, 'ml') for item in ITEMS]
    assert [items[i].name for i in ranking(items)] == ['d', 'e', 'c', 'b', 'a']
    assert corner_of(items, 'mean_dice') is None
    assert not any(in_corner(items))
    assert 'model' not in [column.title for column in columns_of(items, with_model=False)]


def test_dots_are_the_numbers_and_rings_the_corner():
    dots = difficulty_dots(ITEMS, 'volume_cv')
    np.testing.assert_allclose(dots.x, [2, 3, 5, 30, 20])
    np.testing.assert_allclose(dots.y, [item.model_score for item in ITEMS])
    assert dots.comparable.tolist() == [True, False, True, True, True]
    assert difficulty_dots(ITEMS, 'disputed').x_title == 'disputed (ml)'


@pytest.fixture(scope='module')
def result():
    found = {}
    for size in range(4, 10):
        mask = np.zeros((3, 24, 24), np.uint8)
        mask[1, 4 : 4 + size, 4 : 4 + size] = 1
        more = np.maximum(mask, np.roll(mask, size % 3, 1))
        found[f'case {size}'] = agree(
            {'anna': mask, 'ben': more},
            spacing=(2, 1, 1),
            model=np.roll(mask, 1, 2),
            volumes_ml={'dora': size / 10},
            allow=['anna', 'ben'],
        )
    return agree_cases(found)


def test_volumes_of_two_are_held_against_each_other(result):
    pair = result.bland_altman[0]
    dots = volume_dots(result, pair, {'anna': 'B', 'ben': 'A'}.__getitem__)
    np.testing.assert_allclose(dots.x, pair.means)
    np.testing.assert_allclose(dots.y, pair.differences)
    assert dots.y_title == 'A \u2212 B (ml)'
    assert [level.value for level in dots.levels] == [pair.bias, pair.limits[1], pair.limits[0]]
    assert [level.span for level in dots.levels] == [pair.bias_interval, pair.upper_interval, pair.lower_interval]
    assert [level.dashed for level in dots.levels] == [False, True, True]


def test_numbers_over_cases_have_their_intervals(result):
    lines = {line.title: line for line in lines_of(result, with_model=True)}
    assert float(lines['ICC(A,1), volumes'].value.replace('\u2212', '-')) == pytest.approx(result.icc.value, rel=6e-3)
    dice = result.means['dice']
    assert float(lines['Dice'].value) == pytest.approx(dice.value, rel=6e-3)
    assert [float(end) for end in lines['Dice'].interval.split(' to ')] == pytest.approx(
        [dice.low, dice.high], rel=6e-3
    )
    assert 'never over voxels' in lines['Dice'].tip
    titles = list(lines)
    assert titles.index('Fleiss, region') < titles.index('Fleiss, full array')
    assert 'HD95 (mm)' in titles
    assert 'Williams\u2019 index, model' in titles
    assert not any('model' in line.title for line in lines_of(result, with_model=False))


def test_one_case_has_no_intervals(result):
    name, agreement = next(iter(result.cases.items()))
    line = lines_of(agree_cases({name: agreement}), with_model=True)[0]
    assert (line.value, line.interval) == ('\u2013', '\u2013')
    assert 'Undefined: it needs two or more cases' in line.tip
