"""Where two raters differ: codes of the error map of one held against the other, and the slices that are worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare import ErrorCode, error_map
from napari_segrobust.digits import MINUS, three_digits
from napari_segrobust.explore.picture import PALE, error_picture
from napari_segrobust.review.drawn import drawn_masks, measure
from napari_segrobust.ui.canvas.colors import ERROR_COLORS, Chip
from napari_segrobust.ui.review.matrix_data import DIFFERENCE, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review import Agreement

    Box = tuple[slice, ...]


@dataclass(frozen=True, eq=False)
class PairMap:
    """Two masks, the first of them the reference.

    Attributes
    ----------
    pair : (str, str)
    values : mapping of str to MetricValue
    cohen : mapping of str to (MetricValue or None), or None
        Kappa on the ``region`` and on the ``full`` array; None for two readings of one rater.
    shape : tuple of int
    box : tuple of slice or None
        Where anybody drew; None where nobody did.
    picture : ndarray of uint8
        In the box: `ErrorCode` values, hatched and outlined as `error_picture` does it.
    only : (float, float)
        Volume that only the reference, and only the other, is in.
    unit : str
    worst : tuple of (int or None)
        For each axis the slice with the most voxels that differ; None where none does.
    """

    pair: tuple[str, str]
    values: Mapping[str, MetricValue]
    cohen: Mapping[str, MetricValue | None] | None
    shape: tuple[int, ...]
    box: Box | None
    picture: NDArray[np.uint8]
    only: tuple[float, float]
    unit: str
    worst: tuple[int | None, ...]

    def codes(self) -> NDArray[np.uint8]:
        """The picture on the whole array, shape ([Z,] Y, X)."""
        whole = np.zeros(self.shape, np.uint8)
        if self.box is not None:
            whole[self.box] = self.picture
        return whole

    def line(self, title: Callable[[str], str]) -> str:
        """Numbers of the pair in one line."""
        reference, other = map(title, self.pair)
        numbers = [said(key, value, reference, other) for key, value in self.values.items() if key != DIFFERENCE]
        difference = self.values[DIFFERENCE]
        if isinstance(difference.value, int | float):
            numbers.append(f'{other} {MINUS} {reference} {three_digits(float(difference.value))} {difference.unit}')
        alone = (f'only {title(n)} {three_digits(v)} {self.unit}' for n, v in zip(self.pair, self.only, strict=True))
        return f'{other} against {reference}: {", ".join((*numbers, *alone))}'

    def chips(self, title: Callable[[str], str]) -> tuple[Chip, ...]:
        """Legend that says who the reference is."""
        reference, other = map(title, self.pair)
        colors = ERROR_COLORS
        return (
            Chip(colors[ErrorCode.FALSE_POSITIVE], f'only {other}', '▨'),
            Chip(colors[ErrorCode.FALSE_NEGATIVE], f'only {reference} (reference)', '▣'),
            Chip(colors[ErrorCode.TRUE_POSITIVE], 'both', '▢'),
        )

    def words(self, title: Callable[[str], str]) -> dict[int, str]:
        """What the status bar says of each code."""
        reference, other = map(title, self.pair)
        names = {
            ErrorCode.BACKGROUND: 'neither',
            ErrorCode.TRUE_POSITIVE: 'both',
            ErrorCode.FALSE_POSITIVE: f'only {other}',
            ErrorCode.FALSE_NEGATIVE: f'only {reference}',
        }
        return {int(code) + pale: words for pale in (0, PALE) for code, words in names.items()}


def pair_map(agreement: Agreement, pair: tuple[str, str]) -> PairMap:
    """Hold a mask against another one: of two raters, or two readings of one. File thread.

    Parameters
    ----------
    agreement : Agreement
    pair : (str, str)
        Names of the masks, the reference first.

    Returns
    -------
    PairMap
    """
    votes, cohen = agreement.votes, None
    again = next((found for rater, name, found in agreement.admitted.again if (rater, name) == pair), None)
    if again is not None:
        votes, (i, j) = again, (0, 1)
    else:
        i, j = map(votes.names.index, pair)
        cohen = agreement.cohen(i, j)
    drawn = agreement.raters if again is None else drawn_masks(again)
    values = measure(drawn[i], drawn[j], votes.spacing, agreement.settings)
    box, worst = votes.box, (None,) * len(votes.shape)
    if box is None:
        return PairMap(
            pair, values, cohen, votes.shape, None, np.zeros(0, np.uint8), (0.0, 0.0), votes.volume_unit, worst
        )
    looked = [view[box] for view in (votes.looked[i], votes.looked[j]) if view is not None]
    valid = np.logical_and.reduce(looked) if looked else None
    codes = error_map(votes.masks[i][box], votes.masks[j][box], valid)
    differs = {code: codes == code for code in (ErrorCode.FALSE_NEGATIVE, ErrorCode.FALSE_POSITIVE)}
    only = [float(np.count_nonzero(where) * votes.voxel_volume) for where in differs.values()]
    return PairMap(
        pair,
        values,
        cohen,
        votes.shape,
        box,
        error_picture(codes),
        (only[0], only[1]),
        votes.volume_unit,
        _worst(np.logical_or.reduce(list(differs.values())), box),
    )


def _worst(differs: NDArray[np.bool_], box: Box) -> tuple[int | None, ...]:
    if not differs.any():
        return (None,) * differs.ndim
    axes = range(differs.ndim)
    counts = (np.count_nonzero(differs, axis=tuple(a for a in axes if a != axis)) for axis in axes)
    return tuple(int(count.argmax()) + side.start for count, side in zip(counts, box, strict=True))
