"""A line for every window of a plan: how much of it is foreground, and how well it was segmented."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ContextError
from napari_segrobust.windows.sums import box_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare.value import Status
    from napari_segrobust.context.plan import WindowPlan

#: States of Dice, by their codes in a table.
STATES: tuple[Status, ...] = ('ok', 'both_empty', 'reference_empty', 'prediction_empty', 'not_applicable')


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window of a table.

    Attributes
    ----------
    index : int
        Place in the plan.
    start, stop : tuple of int
        Its part inside the context box, half-open, in voxels.
    clipped : bool
        Whether the window reaches beyond the box: its fraction is that of a smaller window, and may not be compared
        with the others'.
    voxels : int
        Of its part inside the box.
    reference_fraction, prediction_fraction : float or None
        Foreground over all voxels, 0 to 1; that of the prediction is a proxy where there is no reference.
    dice : float or None
    dice_status : str
        Why `dice` is None, or what is special about it; as in `napari_segrobust.compare`.
    extra, missed : float or None
        False positives and false negatives, in the table's `unit`.
    """

    index: int
    start: tuple[int, ...]
    stop: tuple[int, ...]
    clipped: bool
    voxels: int
    reference_fraction: float | None
    prediction_fraction: float | None
    dice: float | None
    dice_status: Status
    extra: float | None
    missed: float | None


@dataclass(frozen=True, eq=False)
class WindowTable:
    """Numbers of every window of a plan; `window_table` makes it.

    Attributes
    ----------
    plan : WindowPlan
    label : int or None
        Label that was counted; None is every label but 0.
    spacing : tuple of float or None
        In mm, array order.
    starts, stops : ndarray, shape (N, D), int64
        Parts of the windows inside the context box, half-open, in voxels; in the order of the plan.
    voxels : ndarray, shape (N,), int64
        Of these parts.
    reference_voxels, prediction_voxels, shared_voxels : ndarray, shape (N,), int64, or None
        Foreground in the reference, the prediction, and both; None where a mask is missing.
    """

    plan: WindowPlan
    label: int | None
    spacing: tuple[float, ...] | None
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    voxels: NDArray[np.int64]
    reference_voxels: NDArray[np.int64] | None
    prediction_voxels: NDArray[np.int64] | None
    shared_voxels: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.voxels)

    @cached_property
    def clipped(self) -> NDArray[np.bool_]:
        """(N,): the window reaches beyond the context box."""
        found: NDArray[np.bool_] = self.voxels < math.prod(self.plan.size)
        return found

    @property
    def unit(self) -> str:
        """Unit of `extra` and `missed`."""
        if self.starts.shape[1] == 2:
            return 'px^2' if self.spacing is None else 'mm^2'
        return 'voxels' if self.spacing is None else 'ml'

    @property
    def voxel_volume(self) -> float:
        """Volume, or area, of one voxel in `unit`."""
        if self.spacing is None:
            return 1.0
        return math.prod(self.spacing) / (1000.0 if len(self.spacing) == 3 else 1.0)

    @property
    def is_proxy(self) -> bool:
        """Whether the only fraction is that of a prediction, which stands in for the reference's."""
        return self.reference_voxels is None

    @cached_property
    def reference_fraction(self) -> NDArray[np.float64] | None:
        """(N,): foreground of the reference over all voxels of the window (Kamath 2022); None without a reference."""
        return _share(self.reference_voxels, self.voxels)

    @cached_property
    def prediction_fraction(self) -> NDArray[np.float64] | None:
        """(N,): the same of the prediction; None without one."""
        return _share(self.prediction_voxels, self.voxels)

    @property
    def fraction(self) -> NDArray[np.float64]:
        """(N,): that of the reference, else of the prediction; see `is_proxy`."""
        found = self.prediction_fraction if self.reference_fraction is None else self.reference_fraction
        assert found is not None  # one of the masks was given
        return found

    @cached_property
    def dice_codes(self) -> NDArray[np.uint8]:
        """(N,): state of Dice, a place in `STATES`."""
        if self.reference_voxels is None or self.prediction_voxels is None:
            return np.full(len(self), STATES.index('not_applicable'), np.uint8)
        absent, silent = self.reference_voxels == 0, self.prediction_voxels == 0
        cases = [(absent & silent, 'both_empty'), (absent, 'reference_empty'), (silent, 'prediction_empty')]
        codes: NDArray[np.uint8] = np.select(
            [where for where, _ in cases], [np.uint8(STATES.index(name)) for _, name in cases], np.uint8(0)
        )
        return codes

    @cached_property
    def dice(self) -> NDArray[np.float64]:
        """(N,): of the two masks in the window; NaN where undefined, 0 where exactly one is empty."""
        if self.reference_voxels is None or self.prediction_voxels is None or self.shared_voxels is None:
            return np.full(len(self), np.nan)
        both = self.reference_voxels + self.prediction_voxels
        return np.where(both > 0, 2 * self.shared_voxels / np.maximum(both, 1), np.nan)

    @cached_property
    def extra(self) -> NDArray[np.float64] | None:
        """(N,): false positives in `unit`; None where a mask is missing."""
        if self.prediction_voxels is None or self.shared_voxels is None:
            return None
        return (self.prediction_voxels - self.shared_voxels).astype(np.float64) * self.voxel_volume

    @cached_property
    def missed(self) -> NDArray[np.float64] | None:
        """(N,): false negatives in `unit`; None where a mask is missing."""
        if self.reference_voxels is None or self.shared_voxels is None:
            return None
        return (self.reference_voxels - self.shared_voxels).astype(np.float64) * self.voxel_volume

    def row(self, index: int) -> WindowRow:
        """Numbers of one window."""
        dice = float(self.dice[index])
        return WindowRow(
            index,
            tuple(self.starts[index].tolist()),
            tuple(self.stops[index].tolist()),
            bool(self.clipped[index]),
            int(self.voxels[index]),
            _at(self.reference_fraction, index),
            _at(self.prediction_fraction, index),
            None if math.isnan(dice) else dice,
            STATES[self.dice_codes[index]],
            _at(self.extra, index),
            _at(self.missed, index),
        )

    def rows(self) -> list[WindowRow]:
        """Every window, in the order of the plan."""
        return [self.row(index) for index in range(len(self))]

    def comparable(self, index: int | None = None) -> NDArray[np.bool_]:
        """(N,): windows of one size, whose fractions may be compared: that of `index`, or the whole one when None."""
        sizes = self.stops - self.starts
        size = np.array(self.plan.size) if index is None else sizes[index]
        found: NDArray[np.bool_] = (sizes == size).all(axis=1)
        return found

    def to_dict(self, *, with_odds: bool = False) -> dict[str, Any]:
        """JSON-ready form; no NaN."""
        rows = []
        for row in self.rows():
            found = {name: getattr(row, name) for name in WindowRow.__slots__}
            found |= {'start': list(row.start), 'stop': list(row.stop)}
            if with_odds:
                fractions = (('reference_odds', row.reference_fraction), ('prediction_odds', row.prediction_fraction))
                found |= {name: None if f is None else odds(f) for name, f in fractions}
            rows.append(found)
        return {
            'label': self.label,
            'size': list(self.plan.size),
            'box': [list(side) for side in self.plan.box],
            'unit': self.unit,
            'fraction': 'foreground voxels / all voxels of the window inside the context box',
            'proxy': self.is_proxy,
            'windows': rows,
        }


def odds(fraction: float) -> float | None:
    """Foreground over background voxels, ``f / (1 - f)``; None where there is no background."""
    return None if fraction >= 1 else fraction / (1 - fraction)


def window_table(
    plan: WindowPlan,
    reference: NDArray[Any] | None = None,
    prediction: NDArray[Any] | None = None,
    spacing: Sequence[float] | None = None,
    label: int | None = 1,
) -> WindowTable:
    """Count foreground and errors in every window of a plan, exactly.

    Parameters
    ----------
    plan : WindowPlan
        On the grid of the masks.
    reference, prediction : ndarray of int, shape ([Z,] Y, X), optional
        At least one of them. Dice is that of the prediction as it is given, usually stitched of all windows; what a
        window alone says is another prediction (`napari_segrobust.windows.alone`).
    spacing : sequence of float, optional
        Voxel size in mm, array order. None counts voxels.
    label : int, optional
        Label that is counted; None counts every label but 0 as one.

    Returns
    -------
    WindowTable

    Raises
    ------
    ContextError
        No mask, or one of another shape than the plan's image.

    References
    ----------
    .. [1] A. Kamath et al., "How do 3D image segmentation networks behave across the context versus foreground
       ratio trade-off?", Med-NeurIPS 2022: foreground ratio is the sum of the label over the voxels of the window.

    Examples
    --------
    >>> from napari_segrobust.context import plan_windows
    >>> mask = np.zeros((4, 8), np.uint8)
    >>> mask[:, 3:5] = 1
    >>> window_table(plan_windows(mask.shape, (4, 4), 0.0), mask).fraction.tolist()
    [0.25, 0.25]
    """
    given = {'reference': reference, 'prediction': prediction}
    if reference is None and prediction is None:
        raise ContextError('No windows counted', 'there is neither a reference nor a prediction', 'Give one of them.')
    for role, mask in given.items():
        if mask is not None and mask.shape != plan.shape:
            raise ContextError(
                'No windows counted', f'the {role} is {mask.shape} and the plan {plan.shape}', 'Use one grid for both.'
            )
    box = tuple(slice(lo, hi) for lo, hi in plan.box)
    ranges = [_ranges(plan, axis) for axis in range(len(plan.shape))]
    masks = {role: None if mask is None else _chosen(mask[box], label) for role, mask in given.items()}
    counts = {role: None if mask is None else box_sums(mask, ranges).ravel() for role, mask in masks.items()}
    first, second = masks['reference'], masks['prediction']
    shared = None if first is None or second is None else box_sums(first & second, ranges).ravel()
    origin = np.array([lo for lo, _ in plan.box])
    starts, stops = (_corners([side[end] for side in ranges]) + origin for end in (0, 1))
    return WindowTable(
        plan,
        label,
        None if spacing is None else tuple(float(s) for s in spacing),
        starts,
        stops,
        (stops - starts).prod(axis=1),
        counts['reference'],
        counts['prediction'],
        shared,
    )


def _ranges(plan: WindowPlan, axis: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Parts of the windows inside the box on one axis, in voxels of the box."""
    lo, hi = plan.box[axis]
    starts = np.array(plan.starts[axis], np.int64)
    return np.maximum(starts, lo) - lo, np.minimum(starts + plan.size[axis], hi) - lo


def _corners(sides: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """(N, D): every combination, last axis fastest."""
    return np.stack([side.ravel() for side in np.meshgrid(*sides, indexing='ij')], axis=1)


def _chosen(mask: NDArray[Any], label: int | None) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = mask != 0 if label is None else mask == label
    return found


def _share(part: NDArray[np.int64] | None, whole: NDArray[np.int64]) -> NDArray[np.float64] | None:
    return None if part is None else part.astype(np.float64) / whole


def _at(values: NDArray[np.float64] | None, index: int) -> float | None:
    return None if values is None else float(values[index])
