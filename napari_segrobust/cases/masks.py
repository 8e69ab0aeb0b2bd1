"""What counts as a label mask, and what is refused as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.stored import counted
from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST = np.iinfo(np.uint16).max
#: Scaling by a header's slope leaves this much behind: 0.9999999998 is the label 1.
_ROUNDING = 1e-4


def is_whole(array: NDArray[Any]) -> bool:
    """Whether every value is a whole number, but for rounding in the scaling of a file."""
    return array.dtype.kind in 'biu' or bool((np.abs(array - np.rint(array)) <= _ROUNDING).all())


def as_labels(array: NDArray[Any], name: str = 'mask', *, threshold: float | None = None) -> NDArray[Any]:
    """Turn an array into labels, uint8, or uint16 where a label is above 255. Labels are never changed.

    Parameters
    ----------
    array : ndarray
        Booleans, or whole numbers from 0 up, stored in any type.
    name : str
        Who is meant in a message.
    threshold : float, optional
        Make label 1 of every voxel at or above it, for probabilities and soft masks.

    Raises
    ------
    CaseError
        NaN, negative labels, labels above 65535, fractions without a threshold.
    """
    array = np.asarray(array)
    if array.dtype.kind not in 'biuf':
        raise CaseError(f'{name} is not a mask', f'its voxels are {array.dtype}', 'Use whole numbers from 0 up.')
    if array.dtype.kind == 'f' and not np.isfinite(array).all():
        count = int(array.size - np.isfinite(array).sum())
        why = f'it has {counted(count, "voxel")} without a number (NaN or infinite)'
        raise CaseError(f'{name} is not a mask', why, 'Save it with whole numbers.')
    if threshold is not None:
        return (array >= threshold).astype(np.uint8)
    lowest, highest = (array.min(), array.max()) if array.size else (0, 0)
    if lowest < -_ROUNDING:
        raise CaseError(
            f'{name} is not a mask',
            f'it holds negative labels, down to {lowest:g}',
            'Number the labels from 0 (background) up, or give threshold=... if these are values of a map.',
        )
    if not is_whole(array):
        kind = 'probabilities' if highest <= 1 else 'fractions'
        raise CaseError(
            f'{name} is not a mask',
            f'it holds {kind} between {lowest:.3g} and {highest:.3g}',
            f'Give threshold={(highest + lowest) / 2:.3g} to make label 1 of everything at or above it.',
        )
    if highest > _LARGEST:
        raise CaseError(
            f'{name} is not a mask',
            f'it holds labels up to {highest:g}, where {_LARGEST} is the largest',
            'Load it as an image, or number its labels anew.',
        )
    if array.dtype.kind == 'f':
        array = np.rint(array)
    return array.astype(np.uint8 if highest <= np.iinfo(np.uint8).max else np.uint16)
