"""The columns of the table of windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.digits import on_screen
from napari_segrobust.ui.widgets.number_table import Column
from napari_segrobust.windows.table import STATES as CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.ui.windows.found import Found
    from napari_segrobust.windows import TrainingBand, WindowTable

#: What the column of a training band says.
FLAGS = ('other size', 'empty', 'inside', 'below', 'above', 'outside !')


def columns_of(
    found: Found, alone: NDArray[np.float64] | None, band: TrainingBand | None, *, with_odds: bool
) -> list[Column]:
    """Columns of the windows of a lane; what is not known has none.

    Parameters
    ----------
    found : Found
    alone : ndarray (N,) or None
        Dice of what each window alone predicts.
    band : TrainingBand or None
    with_odds : bool
    """
    table, ends = found.table, found.layout.edges
    count = len(table)
    places = np.unravel_index(np.arange(count), [len(starts) for starts in found.layout.plan.starts])
    columns = [Column('#', 'Place in the plan, the last axis fastest', np.arange(1, count + 1))]
    names = 'zyx'[-len(ends) :]
    for name, (begins, _), place in zip(names, ends, places, strict=True):
        first = np.rint(begins + 0.5).astype(int)
        columns.append(Column(name, f'First voxel along {name}', first[place]))
    for title, fraction, whose in (
        ('ref. %', table.reference_fraction, 'reference'),
        ('proxy %' if table.is_proxy else 'pred. %', table.prediction_fraction, 'prediction'),
    ):
        if fraction is not None:
            words = f'Foreground of the {whose} over all voxels of the window'
            columns.append(Column(title, words, fraction, 100.0))
    if with_odds:
        with np.errstate(divide='ignore'):
            ratio = np.where(table.fraction < 1, table.fraction / (1 - table.fraction), np.nan)
        columns.append(Column('odds', 'Foreground over background voxels', ratio))
    if table.reference_voxels is not None and table.prediction_voxels is not None:
        unit = on_screen(table.unit)
        words = 'Of the prediction of all windows together, in this window; empty where both masks are'
        absent = _Words(table.dice_codes, ['empty' if code == 'both_empty' else '\u2013' for code in CODES])
        columns.append(Column('Dice', words, table.dice, absent=absent))
        if alone is not None:
            columns.append(Column('alone', 'Dice of what this window alone predicts', alone))
        columns.append(Column(f'FP {unit}', 'Extra', table.extra))
        columns.append(Column(f'FN {unit}', 'Missed', table.missed))
    if band is not None:
        words = 'Below or above the middle 90 % of the training windows with foreground, or beyond all of them (!)'
        codes = flags(table, band)
        columns.append(Column('training', words, codes.astype(np.float64), 1.0, _Words(codes, FLAGS)))
    return columns


def flags(table: WindowTable, band: TrainingBand) -> NDArray[np.intp]:
    """(N,): places in `FLAGS`, by the rules of `TrainingBand.place` for each window."""
    fraction, (low, high), (least, most) = table.fraction, band.central, band.published_range
    other = np.zeros(len(table), bool)
    if band.window is not None:
        other = (table.stops - table.starts != np.array(band.window)).any(axis=1)
    cases = [other, (fraction < least) | (fraction > most), fraction == 0, fraction < low, fraction > high]
    found: NDArray[np.intp] = np.select(cases, [0, 5, 1, 3, 4], 2)
    return found


class _Words:
    """Words of codes, made when they are shown."""

    def __init__(self, codes: NDArray[Any], words: Sequence[str]) -> None:
        self._codes, self._words = codes, words

    def __getitem__(self, row: int) -> str:
        return self._words[self._codes[row]]


def typical(table: WindowTable) -> NDArray[np.bool_]:
    """(N,): windows of the size that most have; fractions are compared among these alone."""
    sizes = table.stops - table.starts
    _, first, counts = np.unique(sizes, axis=0, return_index=True, return_counts=True)
    return table.comparable(int(first[counts.argmax()]))
