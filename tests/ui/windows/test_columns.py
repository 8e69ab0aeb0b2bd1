"""The columns say what the table of windows does; flags follow the band's own rule."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.context import plan_windows
from napari_segrobust.segment.grid import grid_of
from napari_segrobust.segment.spec import ModelSpec
from napari_segrobust.ui.windows.columns import FLAGS, columns_of, flags, typical
from napari_segrobust.ui.windows.found import Found, number_words
from napari_segrobust.ui.windows.layout import Layout
from napari_segrobust.windows import band_of_fractions, window_table

SPEC = ModelSpec(name='flat', dimensions=2, classes=('background', 'object'), window=(8, 8))


@pytest.fixture
def found():
    draw = np.random.default_rng(3)
    reference = np.zeros((40, 44), np.uint8)
    reference[6:30, 10:34] = draw.random((24, 24)) < 0.6
    prediction = np.roll(reference, 2, axis=1)
    plan = plan_windows(reference.shape, (16, 16), 0.25)
    table = window_table(plan, reference, prediction, (1.0, 1.0))
    return Found(('key',), Layout(plan, grid_of(SPEC, reference.shape, (1.0, 1.0))), table)


def test_every_number_has_its_column(found):
    columns = columns_of(found, None, None, with_odds=False)
    assert [c.title for c in columns] == ['#', 'y', 'x', 'ref. %', 'pred. %', 'Dice', 'FP mm²', 'FN mm²']
    alone = np.full(len(found.table), 0.5)
    titles = [c.title for c in columns_of(found, alone, None, with_odds=True)]
    assert [t for t in titles if t in ('odds', 'alone')] == ['odds', 'alone']
    row = found.table.row(3)
    assert columns[5].text(3) == f'{row.dice:.3f}'
    assert (float(columns[1].values[3]), float(columns[2].values[3])) == row.start


def test_a_prediction_alone_is_a_proxy(found):
    table = window_table(found.layout.plan, None, (np.indices((40, 44)).sum(axis=0) % 3 == 0).astype(np.uint8))
    bare = Found(('key',), found.layout, table)
    assert [c.title for c in columns_of(bare, None, None, with_odds=False)] == ['#', 'y', 'x', 'proxy %']
    words = number_words(table.row(0), table.unit, with_odds=True)
    assert words.startswith('foreground 33.')
    assert '(proxy: of the prediction), odds 0.5' in words
    assert 'Dice' not in words


@pytest.mark.parametrize('window', [None, (16, 16), (8, 8)])
@pytest.mark.parametrize('empty', [0, 3])
def test_flags_are_those_of_the_band(found, window, empty):
    fractions = [*([0.0] * empty), *np.linspace(0.05, 0.4, 30)]
    band = band_of_fractions(fractions, window)
    codes = flags(found.table, band)
    assert len(set(codes.tolist())) > 1 or window == (8, 8)
    for index, code in enumerate(codes):
        size = tuple((found.table.stops[index] - found.table.starts[index]).tolist())
        place = band.place(float(found.table.fraction[index]), size)
        expected = (
            'other size' if not place.comparable
            else 'outside !' if place.outside_range
            else 'empty' if place.percentile is None
            else place.outside or 'inside'
        )  # fmt: skip
        assert FLAGS[code] == expected


def test_windows_of_the_commonest_size_are_compared(found):
    assert typical(found.table).all()
    cut = window_table(plan_windows((20, 40), (32, 16), 0, box=((0, 20), (0, 40))), np.ones((20, 40), np.uint8))
    assert cut.clipped.all()
    assert typical(cut).all(), 'all of one size, though every one is padded'
