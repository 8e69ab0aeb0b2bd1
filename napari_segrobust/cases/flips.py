"""Suspect that one of two masks is mirrored. Nothing is ever flipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: A move must better the agreement of two masks by so much, up to at least so much, to be suspected.
GAIN, DICE = 0.2, 0.5
_WAYS = dict.fromkeys('LR', 'left-right') | dict.fromkeys('AP', 'front-back') | dict.fromkeys('SI', 'head-foot')


class Flip(NamedTuple):
    """A flip that makes two masks agree: the axis, and their Dice before and after."""

    axis: int
    now: float
    flipped: float


def label_dice(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Dice of two label masks where equal labels overlap; 1 for two empty ones."""
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return float(2 * np.count_nonzero((one == other) & (one != 0)) / total) if total else 1.0


def better_flipped(one: NDArray[np.generic], other: NDArray[np.generic]) -> Flip | None:
    """Find the flip of one of two masks that makes them agree, where they do not as they are.

    Parameters
    ----------
    one, other : ndarray of int or bool, shape ([Z,] Y, X)

    Returns
    -------
    Flip or None
        None where no flip along one axis betters the Dice of all labels together by 0.2, to 0.5 or more.
    """
    now = label_dice(one, other)
    if now > 1 - GAIN:
        return None
    best, axis = max((label_dice(one, np.flip(other, axis)), axis) for axis in range(one.ndim))
    return Flip(axis, now, best) if best >= DICE and best > now + GAIN else None


def way_of(axis: int, letters: Sequence[tuple[str, str]] | None) -> str:
    """Direction of an axis in words: "left-right", or "along axis 2" where the orientation is unknown."""
    return _WAYS[letters[axis][0]] if letters else f'along axis {axis}'
