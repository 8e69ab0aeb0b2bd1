"""The foreground fractions that a model was trained on, and whether a window lies among them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.errors import ContextError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Ends of the band, as shares of the training windows with foreground.
CENTRAL = (0.05, 0.95)


@dataclass(frozen=True)
class TrainingBand:
    """Foreground fractions of the windows that a model was trained on.

    Attributes
    ----------
    quantiles : tuple of (float, float)
        (share, fraction): so much of the training windows *with foreground* has at most this fraction; rising in both,
        from share 0 to share 1. Between two of them it is interpolated linearly.
    empty_share : float
        Share of training windows without foreground.
    window : tuple of int or None
        Their size in voxels: fractions of windows of another size may not be compared with these.
    windows : int or None
        How many there were.
    source : str
        Where it comes from, in words.
    """

    quantiles: tuple[tuple[float, float], ...]
    empty_share: float
    window: tuple[int, ...] | None = None
    windows: int | None = None
    source: str = ''

    def quantile(self, share: float) -> float:
        """Fraction that this share of the training windows with foreground does not exceed."""
        shares, fractions = zip(*self.quantiles, strict=True)
        return float(np.interp(share, shares, fractions))

    def share_below(self, fraction: float) -> float:
        """Share of the training windows with foreground whose fraction is at most this, 0 to 1."""
        shares, fractions = (np.array(side) for side in zip(*self.quantiles, strict=True))
        if fraction < fractions[0]:
            return 0.0
        # Of equal fractions the last share counts; np.interp would take any of them.
        last = np.append(fractions[1:] > fractions[:-1], True)
        return float(np.interp(fraction, fractions[last], shares[last]))

    @property
    def central(self) -> tuple[float, float]:
        """Fractions between which the middle 90 % of the training windows with foreground lie."""
        return self.quantile(CENTRAL[0]), self.quantile(CENTRAL[1])

    @property
    def published_range(self) -> tuple[float, float]:
        """Least and largest training fraction, empty windows included, as the paper takes it."""
        return 0.0 if self.empty_share > 0 else self.quantiles[0][1], self.quantiles[-1][1]

    def place(self, fraction: float, size: Sequence[int] | None = None) -> BandPlace:
        """Say where a window lies in the band.

        Parameters
        ----------
        fraction : float
            Its foreground fraction, 0 to 1.
        size : sequence of int, optional
            Its size in voxels; axes on which it is one voxel thick, as slices are, do not count.

        Returns
        -------
        BandPlace
            Not comparable where `size` is another one than that of the training windows.
        """
        if size is not None and self.window is not None and _thick(size) != _thick(self.window):
            return BandPlace(fraction, False)
        low, high = self.published_range
        outside = not low <= fraction <= high
        if fraction == 0:
            return BandPlace(fraction, True, None, None, outside, self.empty_share)
        below, above = self.central
        side = 'below' if fraction < below else 'above' if fraction > above else None
        return BandPlace(fraction, True, 100 * self.share_below(fraction), side, outside, self.empty_share)


@dataclass(frozen=True, slots=True)
class BandPlace:
    """Where the foreground fraction of one window lies among those of the training.

    Attributes
    ----------
    fraction : float
    comparable : bool
        False where the window has another size than those of the training: the rest is then empty.
    percentile : float or None
        Percent of the training windows with foreground that have at most this fraction; None of an empty window.
    outside : {'below', 'above'} or None
        Of the middle 90 % of the training windows with foreground.
    outside_range : bool
        Below the least or above the largest training fraction, the paper's own rule. Where some training windows were
        empty the least is 0, and nothing lies below it.
    empty_share : float or None
        Share of training windows without foreground.
    """

    fraction: float
    comparable: bool
    percentile: float | None = None
    outside: str | None = None
    outside_range: bool = False
    empty_share: float | None = None

    @property
    def words(self) -> str:
        """One line for people."""
        if not self.comparable:
            return 'window of another size than in training: not comparable'
        if self.percentile is None:
            return f'no foreground, as {100 * (self.empty_share or 0):.0f} % of the training windows'
        if self.outside_range:
            return 'outside the training range: no training window had this fraction'
        where = f'percentile {self.percentile:.0f} of the training windows with foreground'
        return f'{self.outside} the middle 90 % of training: {where}' if self.outside else f'inside: {where}'


def band_of_fractions(
    fractions: Sequence[float], window: Sequence[int] | None = None, source: str = ''
) -> TrainingBand:
    """Make a band of the foreground fraction of every training window.

    Parameters
    ----------
    fractions : sequence of float
        0 to 1; at least one above 0.
    window : sequence of int, optional
        Their size in voxels.
    source : str
        Where they come from, in words.

    Returns
    -------
    TrainingBand

    Raises
    ------
    ContextError
        Not fractions, or none above 0.
    """
    values = np.sort(np.asarray(fractions, np.float64))
    _check(values)
    filled = values[values > 0]
    shares = np.linspace(0, 1, len(filled)) if len(filled) > 1 else np.array([0.0, 1.0])
    pairs = zip(shares.tolist(), (filled if len(filled) > 1 else filled.repeat(2)).tolist(), strict=True)
    return TrainingBand(tuple(pairs), 1 - len(filled) / len(values), _size(window), len(values), source)


def band_of_quantiles(
    quantiles: Mapping[float, float],
    empty_share: float | None = None,
    window: Sequence[int] | None = None,
    windows: int | None = None,
    source: str = '',
) -> TrainingBand:
    """Make a band of quantiles of the fractions of *all* training windows, as they are published.

    Parameters
    ----------
    quantiles : mapping of float to float
        Share of all training windows (0 to 1) to the fraction that it does not exceed. Share 1 must be among them.
    empty_share : float, optional
        Share of training windows without foreground; the largest share whose fraction is 0 when None.
    window, windows, source
        As in `TrainingBand`.

    Returns
    -------
    TrainingBand
        Conditioned on windows with foreground: of all windows the share ``e + s (1 - e)`` becomes the share ``s``.
        Between the empty windows and the first published quantile above them it is interpolated from 0.

    Raises
    ------
    ContextError
        Not fractions, or not rising, or no largest one.
    """
    pairs = sorted((float(share), float(fraction)) for share, fraction in quantiles.items())
    _check(np.array([fraction for _, fraction in pairs]))
    _check(np.array([share for share, _ in pairs]))
    if pairs[-1][0] != 1 or any(b[1] < a[1] for a, b in pairwise(pairs)):
        remedy = 'Give rising quantiles, up to the largest fraction (share 1).'
        raise ContextError('Training band unusable', 'its quantiles do not rise up to share 1', remedy)
    empty = max((share for share, fraction in pairs if fraction == 0), default=0.0)
    empty = empty if empty_share is None else float(empty_share)
    if not 0 <= empty < 1:
        raise ContextError('Training band unusable', f'{empty:g} of its windows are empty', 'Give a share below 1.')
    filled = [((share - empty) / (1 - empty), fraction) for share, fraction in pairs if share > empty and fraction > 0]
    if filled[0][0] > 0:
        first = next((fraction for share, fraction in pairs if share == empty), 0.0)
        filled.insert(0, (0.0, first))
    return TrainingBand(tuple(filled), empty, _size(window), windows, source)


def read_band(path: str | Path, window: Sequence[int] | None = None) -> TrainingBand:
    """Read a training band from a CSV file.

    Parameters
    ----------
    path : str or Path
        Either one column, the foreground fraction of every training window, or two, a share of all training windows
        (0 to 1) and the fraction that it does not exceed. A first line of words is a heading; a column is then found by
        the names ``fraction`` and ``quantile``.
    window : sequence of int, optional
        Size of the training windows in voxels.

    Returns
    -------
    TrainingBand

    Raises
    ------
    ContextError
        The file cannot be read, or holds no fractions.
    """
    name = getattr(path, 'name', None) or str(path).replace('\\', '/').rsplit('/', 1)[-1]
    remedy = 'Give one column of fractions, or two: quantile, fraction.'
    try:
        with open(path, newline='', encoding='utf-8-sig') as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ContextError(f'{name} cannot be read', str(error), 'Choose a CSV file.') from error
    heading = [cell.strip().lower() for cell in rows[0]] if rows and not _numbers(rows[0]) else None
    body = [_numbers(row) for row in (rows if heading is None else rows[1:])]
    if not body or any(row is None for row in body):
        raise ContextError(f'{name} holds no training band', 'not all of its cells are numbers', remedy)
    columns = list(zip(*[row for row in body if row is not None], strict=False))
    if heading is not None and 'fraction' in heading:
        wanted = [heading.index(word) for word in ('quantile', 'fraction') if word in heading]
        columns = [columns[place] for place in wanted if place < len(columns)]
    if len(columns) == 1:
        return band_of_fractions(columns[0], window, name)
    if len(columns) == 2:
        return band_of_quantiles(dict(zip(*columns, strict=True)), window=window, source=name)
    raise ContextError(f'{name} holds no training band', f'it has {len(columns)} columns', remedy)


def _numbers(row: Sequence[str]) -> list[float] | None:
    try:
        return [float(cell) for cell in row]
    except ValueError:
        return None


def _check(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    if not len(values) or not ((values >= 0) & (values <= 1)).all() or not values.any():
        raise ContextError(
            'Training band unusable', 'not all numbers lie from 0 to 1, or all are 0', 'Give fractions, not percent.'
        )


def _thick(size: Sequence[int]) -> list[int]:
    return [n for n in size if n > 1]


def _size(window: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if window is None else tuple(int(n) for n in window)
