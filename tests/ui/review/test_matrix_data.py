"""Cells of the matrix: the numbers of the agreement, in its order, with reasons and without real names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust.review import agree
from napari_segrobust.review.marks import told_apart
from napari_segrobust.ui.review.matrix_data import DIFFERENCE, METRICS, matrix_of

SQUARE = np.zeros((3, 12, 12), np.uint8)
SQUARE[1, 3:8, 3:8] = 1
MASKS = {
    'anna': SQUARE,
    'ben': np.roll(SQUARE, 1, 1),
    'carla': np.roll(SQUARE, 3, 2),
    'dora': np.maximum(SQUARE, np.roll(SQUARE, 1, 0)),
}


@pytest.fixture(scope='module')
def agreement():
    again = np.roll(SQUARE, 1, 2)
    return agree({**MASKS, 'anna again': again}, spacing=(2, 1, 1), sessions={'anna again': 'anna'}, allow=list(MASKS))


@pytest.mark.parametrize('key', METRICS)
def test_cells_are_the_numbers_of_the_agreement(agreement, key):
    matrix, names = matrix_of(agreement, key, str), agreement.pairwise.names
    order = [names[i] for i in agreement.pairwise.order]
    assert list(matrix.columns) == order
    for a, row in enumerate(matrix.rows[: len(order)]):
        for b, cell in enumerate(row.cells):
            if a == b:
                assert cell is None
                continue
            value = agreement.pairwise.matrices[key][names.index(order[a])][names.index(order[b])]
            assert cell.pair == (order[a], order[b])
            assert cell.colour == matrix.ramp.colour(value.value)
            assert float(cell.text.replace('\u2212', '-')) == pytest.approx(value.value, rel=6e-3)
            assert cell.tip.startswith(f'{order[b]} against {order[a]}: {METRICS[key]} ')


def test_a_difference_has_a_sign_and_turns_with_the_pair(agreement):
    matrix = matrix_of(agreement, DIFFERENCE, str)
    anna, dora = (matrix.columns.index(name) for name in ('anna', 'dora'))
    assert matrix.rows[anna].cells[dora].text == '+0.0500'
    assert matrix.rows[dora].cells[anna].text == '\u22120.0500'
    assert matrix.title == 'column \u2212 row (ml)'


def test_a_further_reading_is_a_row_with_one_cell(agreement):
    matrix = matrix_of(agreement, 'dice', str)
    row = matrix.rows[-1]
    assert (row.title, row.beside, row.is_again) == ('anna again', 'read again', True)
    cells = [cell for cell in row.cells if cell is not None]
    assert [cell.pair for cell in cells] == [('anna', 'anna again')]
    assert row.cells[matrix.columns.index('anna')] is cells[0]
    assert cells[0].text == '0.800'
    assert 'read again: Dice 0.800' in matrix.words


def test_an_undefined_cell_says_why_and_no_name_leaks():
    empty = np.zeros_like(SQUARE)
    found = agree({'anna': empty, 'ben': empty.copy(), 'carla': SQUARE}, spacing=(2, 1, 1))
    called = {'anna': 'C', 'ben': 'A', 'carla': 'B'}
    for key in ('dice', 'hd95'):
        matrix = matrix_of(found, key, called.__getitem__)
        cells = {cell.pair: cell for row in matrix.rows for cell in row.cells if cell is not None}
        both, one = cells['anna', 'ben'], cells['carla', 'anna']
        assert (both.text, both.colour) == ('\u2013', None)
        assert both.tip.endswith('undefined: both empty')
        assert 'C is empty' in one.tip
        words = ' '.join([*matrix.columns, matrix.words, *(row.tip for row in matrix.rows)])
        assert not any(name in words for name in called)


def test_nsd_says_its_tolerance(agreement):
    assert matrix_of(agreement, 'nsd', str).title == 'NSD at 2 mm'


@pytest.mark.parametrize(
    ('names', 'common', 'rest'),
    [
        (['simulated rater A', 'simulated rater B (x)'], 'simulated rater', ['A', 'B (x)']),
        (['anna', 'ben'], '', ['anna', 'ben']),
        (['anna', 'anna again'], '', ['anna', 'anna again']),
        (['one only'], '', ['one only']),
        ([], '', []),
    ],
)
def test_names_are_told_apart_by_what_differs(names, common, rest):
    assert told_apart(names) == (common, rest)


def test_narrow_columns_are_headed_by_first_words_that_differ(agreement):
    matrix = matrix_of(agreement, 'dice', str)
    short = replace(matrix, columns=('B (over-draws)', 'C (under-draws)'))
    assert short.heads == ('B', 'C')
    alike = replace(matrix, columns=('anna first', 'anna second'))
    assert alike.heads == alike.columns
