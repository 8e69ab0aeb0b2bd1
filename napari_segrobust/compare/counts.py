"""Joint counts of two label masks: every label, every slice, one pass over the voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.surfaces import Surface, overlap_views, slice_sizes
from napari_segrobust.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Up to this many classes, comparing with each pair of classes is faster than a histogram.
_FEW_CLASSES = 5
#: Up to this value the labels need not be looked for first: the table of pairs stays small.
_LARGEST_DIRECT = 255
_LARGEST = 65_535


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """Counts of two label masks.

    Attributes
    ----------
    labels : tuple of int
        The labels that are counted, without background.
    table : ndarray, shape (1 + L, 1 + L), int64
        Voxels by class; rows are the reference, columns the prediction, entry 0 is background and everything
        that was not asked for.
    slice_overlap, slice_reference, slice_prediction : ndarray, shape (S, L), int64
        Per slice along axis 0 (one row for a 2D image): voxels in both masks, in the reference, in the prediction.
    """

    labels: tuple[int, ...]
    table: NDArray[np.int64]
    slice_overlap: NDArray[np.int64]
    slice_reference: NDArray[np.int64]
    slice_prediction: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Voxels that were looked at."""
        return int(self.table.sum())

    def of(self, label: int) -> tuple[int, int, int, int]:
        """(tp, fp, fn, tn) of one label against everything else."""
        i = self.labels.index(label) + 1
        tp = int(self.table[i, i])
        fn = int(self.table[i].sum()) - tp
        fp = int(self.table[:, i].sum()) - tp
        return tp, fp, fn, self.total - tp - fp - fn


def as_labels(array: NDArray[Any], role: str = 'mask') -> NDArray[Any]:
    """Check that `array` is a 2D or 3D label mask; a bool mask is viewed as uint8.

    Raises
    ------
    CompareError
        For other dimensions, fractions, negative labels, or labels above 65,535.
    """
    array = np.asarray(array)
    if array.ndim not in (2, 3):
        raise CompareError(f'The {role} is not a mask', f'it has {array.ndim} axes', 'Give a 2D or 3D array.')
    if array.dtype == np.bool_:
        return array.view(np.uint8)
    if array.dtype.kind not in 'ui':
        raise CompareError(
            f'The {role} is not a label mask',
            f'its type is {array.dtype}',
            'Threshold it, or round it to whole labels.',
        )
    if array.dtype.kind == 'i' and array.size and array.min() < 0:
        raise CompareError(f'The {role} is not a label mask', f'it holds {array.min()}', 'Use labels of 0 and above.')
    if array.dtype.itemsize > 2 and array.size and array.max() > _LARGEST:
        raise CompareError(
            f'The {role} cannot be compared',
            f'it holds label {array.max()}',
            f'Renumber its labels up to {_LARGEST:,}.',
        )
    return array


def count_labels(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    labels: Sequence[int] | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> LabelCounts:
    """Count all pairs of labels in one pass.

    Parameters
    ----------
    reference, prediction : ndarray of int, shape ([Z,] Y, X)
        As `as_labels` returns them.
    labels : sequence of int, optional
        Labels to count; every other value counts as background. All labels that occur when None.
    valid : ndarray of bool, same shape, optional
        Voxels that take part.

    Returns
    -------
    LabelCounts
    """
    if labels is not None and len(labels) == 1:
        label = int(labels[0])
        total = reference.size if valid is None else int(np.count_nonzero(valid))
        first, second = (Surface.of(mask, label, valid=valid) for mask in (reference, prediction))
        return count_one(label, first, second, total)
    top = max(int(reference.max(initial=0)), int(prediction.max(initial=0)))
    if labels is None and top <= _LARGEST_DIRECT:
        values = np.arange(top + 1)
    elif labels is None:
        values = np.union1d(np.unique(reference), np.union1d(np.unique(prediction), [0]))
    else:
        values = np.array([0, *labels], dtype=np.int64)
    counts = _count_many(reference, prediction, values, top, valid)
    if labels is not None:
        return counts
    present = np.flatnonzero(counts.table.sum(0) + counts.table.sum(1))
    present = present[present > 0]
    keep = np.concatenate(([0], present))
    return LabelCounts(
        tuple(int(v) for v in values[present]),
        counts.table[np.ix_(keep, keep)],
        *(s[:, present - 1] for s in (counts.slice_overlap, counts.slice_reference, counts.slice_prediction)),
    )


def count_one(label: int, reference: Surface, prediction: Surface, total: int) -> LabelCounts:
    """Count a single label on its masks.

    Parameters
    ----------
    label : int
    reference, prediction : Surface
        Its masks.
    total : int
        Voxels that take part.
    """
    shared = slice_sizes(np.logical_and(*overlap_views(reference, prediction, reference.mask, prediction.mask)))
    starts = [max(a, b) for a, b in zip(reference.origin, prediction.origin, strict=True)]
    per_slice = np.zeros((3, reference.image_shape[0] if reference.mask.ndim == 3 else 1), np.int64)
    for row, first, sizes in (
        (per_slice[0], starts[0], shared),
        (per_slice[1], reference.origin[0], reference.slice_sizes),
        (per_slice[2], prediction.origin[0], prediction.slice_sizes),
    ):
        first = first if reference.mask.ndim == 3 else 0
        row[first : first + len(sizes)] = sizes
    both, in_reference, in_prediction = per_slice.sum(axis=1).tolist()
    rest = total - in_reference - in_prediction + both
    table = np.array([[rest, in_prediction - both], [in_reference - both, both]], np.int64)
    return LabelCounts((label,), table, *per_slice[:, :, None])


def _slices(array: NDArray[Any]) -> NDArray[Any]:
    return array if array.ndim == 3 else array[None]


def _count_many(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    values: NDArray[np.int64],
    top: int,
    valid: NDArray[np.bool_] | None,
) -> LabelCounts:
    classes = len(values)
    plain = classes == top + 1 and np.array_equal(values, np.arange(classes))
    lookup = np.zeros(max(top, int(values.max())) + 1, np.uint8 if classes <= 256 else np.uint16)
    lookup[values] = np.arange(classes)
    table = np.zeros((classes, classes), np.int64)
    planes = _slices(reference).shape[0]
    per_slice = np.zeros((3, planes, classes), np.int64)
    for z in range(planes):
        ref, pred = _slices(reference)[z], _slices(prediction)[z]
        if not plain:
            ref, pred = lookup[ref], lookup[pred]
        size = ref.size
        if valid is not None:
            inside = _slices(valid)[z]
            ref, pred, size = ref * inside, pred * inside, np.count_nonzero(inside)
        joint = _pairs(ref, pred, classes)
        joint[0, 0] = size - joint.sum()
        table += joint
        per_slice[0, z], per_slice[1, z], per_slice[2, z] = joint.diagonal(), joint.sum(1), joint.sum(0)
    return LabelCounts(tuple(int(v) for v in values[1:]), table, *per_slice[:, :, 1:])


def _pairs(ref: NDArray[Any], pred: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """Voxels of each pair of classes in a slice, shape (classes, classes); entry (0, 0) is left at 0."""
    joint = np.zeros((classes, classes), np.int64)
    if classes <= _FEW_CLASSES:
        code = ref.astype(np.uint8) * np.uint8(classes) + pred.astype(np.uint8)
        joint.ravel()[1:] = [np.count_nonzero(code == value) for value in range(1, classes * classes)]
    else:
        where = np.flatnonzero(ref | pred)
        code = ref.ravel()[where].astype(np.intp) * classes + pred.ravel()[where]
        joint.ravel()[:] = np.bincount(code, minlength=classes * classes)
    return joint
