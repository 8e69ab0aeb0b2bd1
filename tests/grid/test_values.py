"""Sorting of rows, drops, and what a grid says of itself."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.cli import grid as verb
from napari_segrobust.compare import MetricValue
from napari_segrobust.grid import Grid, GridRow
from napari_segrobust.grid.values import ORDERS, sorted_rows, title_of


def row(lane: int, dice: float | None, hd95: float, clean_dice: float | None = 0.9) -> GridRow:
    mask = np.zeros((4, 4), np.uint8)
    now = {'dice': MetricValue(dice), 'hd95': MetricValue(hd95, 'mm'), 'volume_difference_ml': MetricValue(-hd95)}
    clean = {'dice': MetricValue(clean_dice), 'hd95': MetricValue(1.0, 'mm')}
    return GridRow(lane, f'model {lane}', mask, mask, None, None, now, clean)


ROWS = (row(0, 0.5, 9.0), row(1, None, 3.0), row(2, 0.8, 4.0, 0.99), row(3, 0.1, 2.0, 0.2))


def lanes(key, order):
    return [one.lane for one in sorted_rows(ROWS[::-1], key, order)]


@pytest.mark.parametrize(
    ('key', 'order', 'expected'),
    [
        ('dice', 'as chosen', [0, 1, 2, 3]),
        ('dice', 'best first', [2, 0, 3, 1]),
        ('dice', 'worst first', [3, 0, 2, 1]),
        ('dice', 'largest drop first', [0, 2, 3, 1]),
        ('dice', 'smallest drop first', [3, 2, 0, 1]),
        ('hd95', 'best first', [3, 1, 2, 0]),
        ('hd95', 'largest drop first', [0, 2, 1, 3]),
        ('volume_difference_ml', 'best first', [3, 1, 2, 0]),
    ],
)
def test_rows_are_sorted_by_what_is_better(key, order, expected):
    assert lanes(key, order) == expected


def test_a_drop_is_clean_minus_perturbed():
    assert ROWS[0].drop('dice') == pytest.approx(0.4)
    assert ROWS[0].drop('hd95') == pytest.approx(-8.0)
    assert ROWS[0].loss('hd95') == pytest.approx(8.0)
    assert ROWS[1].drop('dice') is None


def test_the_verb_offers_the_same_orders():
    assert verb._orders() == ORDERS


def test_what_is_shown_leaves_empty_margins_out():
    image = np.zeros((1, 40, 60), np.float32)
    image[0, 10:30, 20:30] = 1
    empty = np.zeros((40, 60), np.uint8)
    only = GridRow(0, 'model', empty, empty, None, None)
    grid = Grid(image, image, None, (only,))
    assert grid.content(margin=0.1) == (8, 32, 18, 32)
    assert Grid(image[:, 10:30, 20:30], image, None, (only,)).shape == (40, 60)
    prediction = empty.copy()
    prediction[0, 0] = 1
    assert Grid(image, image, None, (GridRow(0, 'm', empty, prediction, None, None),)).content(0.0)[:1] == (0,)


def test_titles_say_what_is_compared():
    assert title_of('stability_dice') == f'{title_of("dice")} against clean'
