"""Rows of words on every consensus."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.review import agree
from napari_segrobust.review.made import ALL_RULES
from napari_segrobust.ui.review.consensus_numbers import NONE, margin_words, rater_rows, rule_rows
from napari_segrobust.ui.review.rule_words import RULE_WORDS, title_of


@pytest.fixture(scope='module')
def discs():
    """Discs of five sizes in a wide field: STAPLE grows with the background."""
    row, column = np.ogrid[:90, :90]
    return {f'r{radius}': (np.hypot(row - 45, column - 45) <= radius).astype(np.uint8) for radius in (3, 8, 10, 11, 13)}


def test_every_rule_has_words():
    assert set(RULE_WORDS) == set(ALL_RULES)
    assert len({words.title for words in RULE_WORDS.values()}) == len(ALL_RULES)
    assert title_of('majority', 5) == 'consensus: strict majority of 5 raters'


def test_rows_hold_the_voxels_of_the_rules(discs):
    agreement = agree(discs)
    rows = rule_rows(agreement, whole=False)
    found = dict(zip(rows.keys, rows.cells, strict=True))
    for rule in ('majority', 'union', 'staple'):
        assert found[rule][0] == f'{agreement.consensus(rule).voxels:,}'
    expected = np.mean([mask.sum() for mask in discs.values()])
    assert found['soft'][0] == f'{round(expected):,}'


def test_ties_of_two_stand_in_their_column(discs):
    two = {name: discs[name] for name in ('r8', 'r10')}
    rows = rule_rows(agree(two, spacing=(1.0, 1.0)), whole=False)
    tied = {key: cells[2] for key, cells in zip(rows.keys, rows.cells, strict=True)}
    assert tied['majority'] == f'{discs["r10"].sum() - discs["r8"].sum()} mm²'
    assert tied['union'] == tied['at_least_half'] == NONE


def test_staple_says_how_it_grows_with_the_margin(discs):
    agreement = agree(discs)
    narrow, wide = (agreement.staples[key].voxels(agreement.staple_patterns(key)) for key in ('2', '10'))
    assert wide > narrow
    words, full = margin_words(agreement)
    assert words.startswith(f'grows from {narrow} voxels to {wide} voxels')
    assert words.endswith('with 8 more voxels of margin')
    assert full.startswith('full array: ')
    rows = rater_rows(agreement, 'staple', False, {})
    assert rows.header == ('rater', 'sensitivity', 'specificity')
    assert 'iterations, converged' in rows.words[-1]


def test_staple_that_does_not_grow_says_so():
    same = {name: np.pad(np.ones((6, 6), np.uint8), 20) for name in ('anna', 'ben')}
    same['ben'][20, 20] = 0
    words, _ = margin_words(agree(same))
    assert words.endswith('at margins of 2 and of 10')


def test_rates_that_are_undefined_say_so():
    """Two who draw everything leave no background to be right about."""
    masks = {'anna': np.ones((4, 4), np.uint8), 'ben': np.ones((4, 4), np.uint8)}
    rows = rater_rows(agree(list(masks.values())), 'staple', True, masks)
    assert {cells[1] for cells in rows.cells} == {'undefined'}


@pytest.mark.parametrize('rule', ALL_RULES)
def test_every_rule_says_something_of_each_rater(rule, discs):
    rows = rater_rows(agree(discs), rule, False, discs)
    assert rows.keys == tuple(discs)
    assert all(len(cells) == len(rows.header) - 1 for cells in rows.cells)


def test_simple_says_who_is_dropped(discs):
    rows = rater_rows(agree(discs), 'simple', False, discs)
    found = agree(discs).simple
    assert [cells[0] == 'kept' for cells in rows.cells] == found.kept.tolist()
