"""What random windows of a case would hold: the foreground fractions that a training on it would see."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ContextError
from napari_segrobust.windows.band import TrainingBand
from napari_segrobust.windows.sums import box_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Positions of windows that are counted at once; more only costs memory.
_AT_ONCE = 4_000_000


@dataclass(frozen=True, eq=False)
class Sampling:
    """Distribution of the foreground fraction over random windows; exact.

    Attributes
    ----------
    window : tuple of int
        In voxels.
    ratio : (float, float)
        How often the centre is drawn from the foreground, and from the background.
    voxels : ndarray (M,), int64
        Numbers of foreground voxels that occur in a window, rising.
    probability : ndarray (M,), float64
        Of each of them; their sum is 1.
    """

    window: tuple[int, ...]
    ratio: tuple[float, float]
    voxels: NDArray[np.int64]
    probability: NDArray[np.float64]

    @property
    def fractions(self) -> NDArray[np.float64]:
        """(M,): foreground fractions that occur, rising."""
        return self.voxels.astype(np.float64) / math.prod(self.window)

    @property
    def empty_share(self) -> float:
        """Share of windows without foreground."""
        return float(self.probability[self.voxels == 0].sum())

    @property
    def mean(self) -> float:
        """Mean foreground fraction, empty windows included."""
        return float(self.fractions @ self.probability)

    def histogram(self, edges: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """(B,): share of windows whose fraction lies between two edges (the last end included, as in NumPy)."""
        found: NDArray[np.float64] = np.histogram(self.fractions, edges, weights=self.probability)[0]
        return found

    def band(self, source: str = '') -> TrainingBand:
        """Return what a training on such windows sees, as a band.

        Raises
        ------
        ContextError
            No window has foreground.
        """
        filled = self.voxels > 0
        if not filled.any():
            raise ContextError('No training band', 'no window has foreground', 'Choose another label or window.')
        shares = self.probability[filled].cumsum()
        shares /= shares[-1]
        fractions = self.fractions[filled]
        pairs = [(0.0, float(fractions[0])), *zip(shares.tolist(), fractions.tolist(), strict=True)]
        pairs[-1] = (1.0, pairs[-1][1])
        return TrainingBand(tuple(pairs), self.empty_share, self.window, None, source)


def window_sampling(
    reference: NDArray[Any],
    window: Sequence[int],
    ratio: tuple[float, float] = (1.0, 1.0),
    label: int | None = 1,
) -> Sampling:
    """Foreground fractions of the windows that MONAI's ``RandCropByPosNegLabel`` would cut, over all that it could cut.

    The centre is a random voxel of the label with probability ``pos / (pos + neg)``, else a random voxel of the rest,
    and is moved inward where the window would leave the image [1]_. Every centre is counted, none is drawn.

    Parameters
    ----------
    reference : ndarray of int, shape ([Z,] Y, X)
    window : sequence of int
        In voxels, no larger than the image.
    ratio : (float, float)
        ``pos`` and ``neg`` of MONAI. Where the reference is empty, or full, the only kind there is is drawn.
    label : int, optional
        Foreground; None is every label but 0.

    Returns
    -------
    Sampling

    Raises
    ------
    ContextError
        The window does not fit the image, or the ratio is not usable.

    References
    ----------
    .. [1] MONAI 1.6, ``monai.transforms.RandCropByPosNegLabel``, ``generate_pos_neg_label_crop_centers`` and
       ``correct_crop_centers``; without an ``image_key`` all that is not foreground is background.

    Examples
    --------
    >>> reference = np.zeros((1, 8), np.uint8)
    >>> reference[0, 0] = 1
    >>> found = window_sampling(reference, (1, 4))
    >>> found.voxels.tolist(), [round(p, 3) for p in found.probability.tolist()]
    ([0, 1], [0.357, 0.643])
    """
    size = tuple(int(n) for n in window)
    mask = reference != 0 if label is None else reference == label
    _check(mask.shape, size, ratio)
    totals = np.zeros((2, math.prod(size) + 1))
    # Slabs of positions along the first axis.
    positions = [n - w + 1 for n, w in zip(mask.shape, size, strict=True)]
    step = max(_AT_ONCE // max(math.prod(positions[1:]), 1), 1)
    for first in range(0, positions[0], step):
        last = min(first + step, positions[0])
        part = mask[first : last + size[0] - 1]
        ranges = [(np.arange(n - w + 1), np.arange(w, n + 1)) for n, w in zip(part.shape, size, strict=True)]
        inside = box_sums(part, ranges).ravel()
        for kind, centres in enumerate((mask, ~mask)):
            weights = _centres(centres, size, first, last).ravel()
            totals[kind] += np.bincount(inside, weights, minlength=totals.shape[1])
    # Whole numbers below 2**53: the sums are exact, and each kind's total is the number of its voxels.
    drawn = totals.sum(axis=1)
    share = ratio[0] / (ratio[0] + ratio[1])
    if not drawn.all():
        share = float(drawn[0] > 0)
    parts = [p * total / count for p, total, count in zip((share, 1 - share), totals, drawn, strict=True) if count]
    probability = np.sum(parts, axis=0)
    voxels = np.flatnonzero(probability)
    return Sampling(size, (float(ratio[0]), float(ratio[1])), voxels.astype(np.int64), probability[voxels])


def draw_fractions(
    reference: NDArray[Any],
    window: Sequence[int],
    ratio: tuple[float, float] = (1.0, 1.0),
    label: int | None = 1,
    *,
    count: int = 1000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Draw such windows, as a training does.

    Parameters
    ----------
    reference, window, ratio, label
        As in `window_sampling`.
    count : int
        Windows to draw.
    seed : int

    Returns
    -------
    ndarray (count,), float64
        Foreground fraction of each.

    Raises
    ------
    ContextError
        As in `window_sampling`.
    """
    size = tuple(int(n) for n in window)
    mask = reference != 0 if label is None else reference == label
    _check(mask.shape, size, ratio)
    rng = np.random.default_rng(seed)
    kinds = [np.flatnonzero(mask), np.flatnonzero(~mask)]
    share = ratio[0] / (ratio[0] + ratio[1])
    if not all(map(len, kinds)):
        share = float(len(kinds[0]) > 0)
    out = np.empty(count)
    for place in range(count):
        chosen = kinds[0] if rng.random() < share else kinds[1]
        centre = np.unravel_index(chosen[rng.integers(len(chosen))], mask.shape)
        starts = [min(max(int(c) - w // 2, 0), n - w) for c, w, n in zip(centre, size, mask.shape, strict=True)]
        out[place] = mask[tuple(slice(a, a + w) for a, w in zip(starts, size, strict=True))].mean()
    return out


def _centres(centres: NDArray[np.bool_], size: tuple[int, ...], first: int, last: int) -> NDArray[np.int64]:
    """How many centres lead to each position of the window; on axis 0 those from `first` to `last`."""
    found: NDArray[Any] = centres
    for axis, (n, w) in enumerate(zip(centres.shape, size, strict=True)):
        lo, hi = (first, last) if axis == 0 else (0, n - w + 1)
        # The first position takes all centres before it, the last one all behind it.
        starts = np.arange(lo, hi)
        begin = np.where(starts == 0, 0, starts + w // 2)
        end = np.where(starts == n - w, n, starts + w // 2 + 1)
        moved = np.moveaxis(found, axis, 0)
        folded = np.empty((len(starts), *moved.shape[1:]), np.int64)
        for place, (a, b) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
            folded[place] = moved[a:b].sum(axis=0, dtype=np.int64)
        found = np.moveaxis(folded, 0, axis)
    return found


def _check(shape: tuple[int, ...], size: tuple[int, ...], ratio: tuple[float, float]) -> None:
    if len(size) != len(shape) or any(not 1 <= w <= n for w, n in zip(size, shape, strict=False)):
        remedy = 'Choose one that fits on every axis.'
        raise ContextError('Window not usable', f'{size} voxels in an image of {shape}', remedy)
    check_ratio(ratio)


def check_ratio(ratio: tuple[float, float]) -> None:
    """Refuse a ratio of foreground to background centres that means nothing.

    Raises
    ------
    ContextError
        A number is negative or not finite, or both are 0.
    """
    if not (min(ratio) >= 0 and 0 < sum(ratio) < math.inf):
        raise ContextError('Ratio not usable', f'{ratio[0]:g} to {ratio[1]:g}', 'Give two numbers, not both 0.')
