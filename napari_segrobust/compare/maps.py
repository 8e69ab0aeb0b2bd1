"""Error maps and change maps: one uint8 code per voxel, cheap enough for every tick of a slider."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class ErrorCode(IntEnum):
    """Codes of an error map."""

    BACKGROUND = 0
    TRUE_POSITIVE = 1
    FALSE_POSITIVE = 2
    FALSE_NEGATIVE = 3
    WRONG_CLASS = 4


class ChangeCode(IntEnum):
    """Codes of a change map against a reference."""

    RIGHT_IN_BOTH = 0
    NEWLY_WRONG = 1
    NEWLY_RIGHT = 2
    WRONG_ALIKE = 3
    WRONG_DIFFERENTLY = 4


class DriftCode(IntEnum):
    """Codes of a change map without a reference."""

    SAME = 0
    GAINED = 1
    LOST = 2
    CLASS_CHANGED = 3


#: Words on screen.
ERROR_NAMES = {
    ErrorCode.BACKGROUND: 'background',
    ErrorCode.TRUE_POSITIVE: 'correct',
    ErrorCode.FALSE_POSITIVE: 'extra',
    ErrorCode.FALSE_NEGATIVE: 'missed',
    ErrorCode.WRONG_CLASS: 'wrong class',
}
CHANGE_NAMES = {
    ChangeCode.RIGHT_IN_BOTH: 'right in both',
    ChangeCode.NEWLY_WRONG: 'newly wrong',
    ChangeCode.NEWLY_RIGHT: 'newly right',
    ChangeCode.WRONG_ALIKE: 'wrong in both, alike',
    ChangeCode.WRONG_DIFFERENTLY: 'wrong in both, differently',
}
DRIFT_NAMES = {
    DriftCode.SAME: 'same',
    DriftCode.GAINED: 'gained',
    DriftCode.LOST: 'lost',
    DriftCode.CLASS_CHANGED: 'class changed',
}


def error_map(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    valid: NDArray[np.bool_] | None = None,
    label: int | None = None,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Say of every voxel whether, and how, the prediction errs.

    Parameters
    ----------
    reference, prediction : ndarray of int or bool, shape ([Z,] Y, X)
        Label masks; 0 is background.
    valid : ndarray of bool, same shape, optional
        Voxels outside it get code 0.
    label : int, optional
        Look at this label against everything else. A voxel of another class is then background of this label,
        so that the codes 1, 2 and 3 count exactly its tp, fp and fn; code 4 does not occur.
    out : ndarray of uint8, same shape, optional
        Where to write.

    Returns
    -------
    ndarray of uint8, same shape
        `ErrorCode` values.

    Raises
    ------
    CompareError
        When the shapes differ.

    Examples
    --------
    >>> error_map(np.array([[0, 1, 1, 1]]), np.array([[1, 1, 0, 2]]))
    array([[2, 1, 3, 4]], dtype=uint8)
    """

    def codes(arrays: list[NDArray[Any]], block: NDArray[np.uint8]) -> None:
        ref, pred = arrays
        inside = ref != 0
        changed = np.not_equal(inside, pred != 0)
        # 1 in the reference, +3 where the labels differ, -1 where one of them is background: 1, 2, 3 or 4.
        np.multiply(ref != pred, np.uint8(3), out=block)
        block += inside
        block -= changed

    return _by_slice(codes, [reference, prediction], valid, label, out)


def change_map(
    reference: NDArray[Any] | None,
    baseline: NDArray[Any],
    current: NDArray[Any],
    valid: NDArray[np.bool_] | None = None,
    label: int | None = None,
    out: NDArray[np.uint8] | None = None,
    *,
    baseline_reference: NDArray[Any] | None = None,
) -> NDArray[np.uint8]:
    """Say of every voxel what became of it between two predictions.

    Parameters
    ----------
    reference : ndarray or None
        With it the codes are `ChangeCode`, without it `DriftCode`.
    baseline, current : ndarray of int or bool, shape ([Z,] Y, X)
        The clean or pinned prediction, and the one at hand.
    valid, label, out
        As in `error_map`; with `label` the codes ``WRONG_DIFFERENTLY`` and ``CLASS_CHANGED`` do not occur.
    baseline_reference : ndarray, optional
        What the baseline is held against, where that is another mask than `reference`.

    Returns
    -------
    ndarray of uint8, same shape

    Raises
    ------
    CompareError
        When the shapes differ.

    Examples
    --------
    >>> change_map(np.array([1, 1, 1, 1]), np.array([1, 0, 0, 2]), np.array([0, 1, 0, 0]))
    array([1, 2, 3, 4], dtype=uint8)
    >>> change_map(None, np.array([1, 0, 1, 1]), np.array([1, 1, 0, 2]))
    array([0, 1, 2, 3], dtype=uint8)
    """

    def against_reference(arrays: list[NDArray[Any]], block: NDArray[np.uint8]) -> None:
        ref, before, now, old = arrays if len(arrays) == 4 else (*arrays, arrays[0])
        was_wrong = before != old
        is_wrong = now != ref
        # 2 was wrong, 1 is wrong, and 1 more where both are and they differ.
        np.multiply(was_wrong, np.uint8(2), out=block)
        block += is_wrong
        is_wrong &= was_wrong
        is_wrong &= before != now
        block += is_wrong

    def drift(arrays: list[NDArray[Any]], block: NDArray[np.uint8]) -> None:
        before, now = arrays
        differs = before != now
        np.multiply(differs & (before != 0), np.uint8(2), out=block)
        differs &= now != 0
        block += differs

    if reference is None:
        return _by_slice(drift, [baseline, current], valid, label, out)
    masks = [reference, baseline, current]
    if baseline_reference is not None and baseline_reference is not reference:
        masks.append(baseline_reference)
    return _by_slice(against_reference, masks, valid, label, out)


def _by_slice(
    codes: Callable[[list[NDArray[Any]], NDArray[np.uint8]], None],
    arrays: list[NDArray[Any]],
    valid: NDArray[np.bool_] | None,
    label: int | None,
    out: NDArray[np.uint8] | None,
) -> NDArray[np.uint8]:
    """Apply `codes` slice by slice: temporaries stay in the processor's cache, none is as large as the volume."""
    arrays = [np.asarray(array) for array in arrays]
    shape = arrays[0].shape
    if any(array.shape != shape for array in [*arrays, *([] if valid is None else [valid])]):
        found = ', '.join(str(array.shape) for array in arrays)
        raise CompareError('Masks not on one grid', f'their shapes are {found}', 'Compare masks of one image.')
    out = np.empty(shape, np.uint8) if out is None else out
    for index in np.ndindex(shape[:-2]):
        parts = [array[index] if label is None else array[index] == label for array in arrays]
        codes(parts, out[index])
        if valid is not None:
            out[index][...] *= valid[index]
    return out
