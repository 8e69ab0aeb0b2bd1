"""Errors by their place in the window: against the distance to its nearest edge, and folded over all windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.errors import ContextError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.windows.wanted import Wanted

#: ``error``: extra and missed voxels over all; ``missed``: over those of the reference; ``extra``: over the rest.
Rate = Literal['error', 'missed', 'extra']
#: Distances are sorted into at most so many bins.
MOST_BINS = 24
_CONFIDENCE = 0.95
#: Kinds of voxels: right background, extra, missed, right label.
_KINDS = 4


@dataclass(frozen=True, eq=False)
class EdgeProfile:
    """Counts of voxels by distance to the nearest edge of their window, and by place in it.

    A voxel that several windows see counts once for each of them.

    Attributes
    ----------
    edges : ndarray (B + 1,)
        Ends of the distance bins, in `unit`; a bin holds its lower end. A distance is that from the centre of the
        voxel to the nearest side of the window.
    unit : str
        "mm", or "voxels" where the spacing is unknown.
    counts : ndarray (N, B, 4), int64
        Voxels of every window and bin by kind: right background, extra, missed, right label.
    folded : ndarray (4, *window), int64
        Over all windows by place in the window, by kind; padding is not counted.
    windows : int
        Windows that were counted.
    """

    edges: NDArray[np.float64]
    unit: str
    counts: NDArray[np.int64]
    folded: NDArray[np.int64]
    windows: int

    @property
    def centres(self) -> NDArray[np.float64]:
        """(B,): middle of every bin, in `unit`."""
        return (self.edges[:-1] + self.edges[1:]) / 2

    @cached_property
    def voxels(self) -> NDArray[np.int64]:
        """(B,): voxels in every bin, over all windows."""
        found: NDArray[np.int64] = self.counts.sum(axis=(0, 2))
        return found

    def rate(self, which: Rate = 'error') -> NDArray[np.float64]:
        """(B,): pooled rate in every bin, 0 to 1; NaN where nothing was counted."""
        wrong, all_ = (part.sum(axis=0) for part in _parts(self.counts, which))
        return np.where(all_ > 0, wrong / np.maximum(all_, 1), np.nan)

    def interval(self, which: Rate = 'error') -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends (B,) of the 95 % interval of the rate, within 0 to 1; NaN where fewer than two windows were counted.

        Windows, not voxels, are what varies: neighbouring voxels err together. The standard error is that of a ratio of
        two totals over clusters [1]_, with Student's t. Overlapping windows share voxels, so that it is still somewhat
        too narrow.

        References
        ----------
        .. [1] W. G. Cochran, Sampling Techniques, 3rd ed., 1977, chapter 6 and section 9A.
        """
        from scipy.stats import t

        wrong, all_ = (part.astype(np.float64) for part in _parts(self.counts, which))
        rate = self.rate(which)
        taking_part = np.count_nonzero(all_, axis=0)
        residuals = wrong - np.nan_to_num(rate) * all_
        n = np.maximum(taking_part, 2)
        error = np.sqrt((residuals**2).sum(axis=0) * n / (n - 1)) / np.maximum(all_.sum(axis=0), 1)
        reach = np.where(taking_part > 1, t.ppf((1 + _CONFIDENCE) / 2, n - 1) * error, np.nan)
        return np.clip(rate - reach, 0, 1), np.clip(rate + reach, 0, 1)

    def fold(self, which: Rate = 'error') -> NDArray[np.float64]:
        """(*window): rate at every place in the window, over all windows; NaN where nothing was counted."""
        wrong, all_ = _parts(np.moveaxis(self.folded, 0, -1), which)
        return np.where(all_ > 0, wrong / np.maximum(all_, 1), np.nan)

    def fold_plane(self, which: Rate = 'error') -> NDArray[np.float64]:
        """(rows, columns): `fold` seen along the slices of the window, all of which count; NaN where nothing was."""
        counts = self.folded
        if counts.ndim == 4:
            along = next((axis for axis, n in enumerate(counts.shape[1:]) if n == 1), 0)
            counts = counts.sum(axis=1 + along)
        wrong, all_ = _parts(np.moveaxis(counts, 0, -1), which)
        return np.where(all_ > 0, wrong / np.maximum(all_, 1), np.nan)

    def to_dict(self, which: Rate = 'error') -> dict[str, Any]:
        """JSON-ready form; no NaN."""
        low, high = self.interval(which)
        columns = {'rate': self.rate(which), 'low': low, 'high': high}
        taking_part = np.count_nonzero(_parts(self.counts, which)[1], axis=0)
        return {
            'which': which,
            'unit': self.unit,
            'edges': self.edges.tolist(),
            'voxels': self.voxels.tolist(),
            'windows': taking_part.tolist(),
            **{name: [None if v != v else v for v in values.tolist()] for name, values in columns.items()},
        }


class EdgeCollector:
    """Counts errors by their place in the window; a `napari_segrobust.windows.answers.Collector`.

    Parameters
    ----------
    plan : WindowPlan
    reference : ndarray of int (*spatial)
        On the grid of `plan`.
    wanted : Wanted
        The label.
    spec : ModelSpec, optional
        Of the model whose answers are collected; not needed by `add_labels`.
    spacing : sequence of float, optional
        Voxel size of the grid in mm, array order; distances are in voxels when None.
    at_border : bool
        Whether a side of a window that lies at, or beyond, the border of the context box is an edge. There is nothing
        beyond it that the window could have missed. Without such sides a voxel may lie farther from an edge than the
        middle of the window: it counts in the last bin.

    Raises
    ------
    ContextError
        The reference does not lie on the grid of the plan.
    """

    def __init__(
        self,
        plan: WindowPlan,
        reference: NDArray[Any],
        wanted: Wanted,
        spec: ModelSpec | None = None,
        spacing: Sequence[float] | None = None,
        *,
        at_border: bool = True,
    ) -> None:
        if reference.shape != plan.shape:
            why = f'the reference is {reference.shape} and the plan {plan.shape}'
            raise ContextError('Errors not folded', why, 'Bring the reference to the grid of the plan.')
        self._plan, self._spec, self._wanted = plan, spec, wanted
        self._reference = wanted.chosen(reference)
        self._steps = tuple(spacing) if spacing is not None else (1.0,) * len(plan.shape)
        self._unit = 'mm' if spacing is not None else 'voxels'
        self._at_border = at_border
        self._axes = [axis for axis in range(len(plan.shape)) if axis != plan.slice_axis]
        farthest = min(plan.size[axis] * self._steps[axis] for axis in self._axes) / 2
        width = max(min(self._steps[axis] for axis in self._axes), farthest / MOST_BINS)
        self._edges: NDArray[np.float64] = (
            np.arange(int(np.ceil(farthest / width - 1e-9)) + 1, dtype=np.float64) * width
        )
        self._bins: dict[tuple[tuple[bool, bool], ...], NDArray[np.intp]] = {}
        self.clear()

    def clear(self) -> None:
        """Forget all counts."""
        self._counts: list[NDArray[np.int64]] = []
        self._folded = np.zeros((_KINDS, *self._plan.size), np.int64)

    def add(self, window: Window, part: Block, probabilities: NDArray[np.float32]) -> None:
        """Take the answer (K, *part) of one window."""
        assert self._spec is not None  # whoever collects answers says of which model
        self.add_labels(window, self._wanted.labels(probabilities, self._spec))

    def add_labels(self, window: Window, labels: NDArray[Any]) -> None:
        """Take labels (*part) of the part of one window inside the context box."""
        part = self._plan.inside(window)
        kinds = self._reference[part] * np.uint8(2) + self._wanted.chosen(labels)
        # Extra is predicted alone, missed is in the reference alone: 0 right background, 1 extra, 2 missed, 3 right.
        place = tuple(slice(p.start - a, p.stop - a) for p, a in zip(part, window.start, strict=True))
        for kind in range(_KINDS):
            folded = self._folded[kind]
            folded[place] += kinds == kind
        bins = self._bins_of(window)[place]
        near = bins < len(self._edges) - 1
        joint = np.bincount(bins[near] * _KINDS + kinds[near], minlength=_KINDS * (len(self._edges) - 1))
        self._counts.append(joint.reshape(-1, _KINDS))

    def result(self) -> EdgeProfile:
        """Counts so far."""
        counts = np.stack(self._counts) if self._counts else np.zeros((0, len(self._edges) - 1, _KINDS), np.int64)
        return EdgeProfile(self._edges, self._unit, counts, self._folded.copy(), len(counts))

    def _bins_of(self, window: Window) -> NDArray[np.intp]:
        """Distance bin of every place of a window; one past the last where no side is an edge."""
        sides = tuple(
            (
                axis in self._axes and (self._at_border or a > lo),
                axis in self._axes and (self._at_border or b < hi),
            )
            for axis, (a, b, (lo, hi)) in enumerate(zip(window.start, window.stop, self._plan.box, strict=True))
        )
        if sides not in self._bins:
            distance = np.full(self._plan.size, np.inf)
            for axis, (before, after) in enumerate(sides):
                n = self._plan.size[axis]
                along = np.full(n, np.inf)
                if before:
                    along = np.minimum(along, (np.arange(n) + 0.5) * self._steps[axis])
                if after:
                    along = np.minimum(along, (n - 0.5 - np.arange(n)) * self._steps[axis])
                shape = [-1 if a == axis else 1 for a in range(len(sides))]
                distance = np.minimum(distance, along.reshape(shape))
            last = len(self._edges) - 1
            found = np.searchsorted(self._edges, distance, side='right') - 1
            # What lies farther than the middle of the window, having an edge on one side only, is in the last bin.
            self._bins[sides] = np.where(np.isfinite(distance), found.clip(0, last - 1), last).astype(np.intp)
        return self._bins[sides]


def stitched_profile(
    plan: WindowPlan,
    reference: NDArray[Any],
    prediction: NDArray[Any],
    wanted: Wanted,
    spacing: Sequence[float] | None = None,
    *,
    at_border: bool = True,
) -> EdgeProfile:
    """Count the errors of a finished prediction by their place in the windows of a plan.

    Parameters
    ----------
    plan : WindowPlan
    reference, prediction : ndarray of int (*spatial)
        On its grid.
    wanted, spacing, at_border
        As in `EdgeCollector`.

    Returns
    -------
    EdgeProfile

    Raises
    ------
    ContextError
        A mask does not lie on the grid of the plan.
    """
    if prediction.shape != plan.shape:
        why = f'the prediction is {prediction.shape} and the plan {plan.shape}'
        raise ContextError('Errors not folded', why, 'Bring the prediction to the grid of the plan.')
    collector = EdgeCollector(plan, reference, wanted, spacing=spacing, at_border=at_border)
    for window in plan:
        collector.add_labels(window, prediction[plan.inside(window)])
    return collector.result()


def _parts(counts: NDArray[np.int64], which: Rate) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Errors, and the voxels that could be such errors; kinds are the last axis."""
    right, extra, missed, found = np.moveaxis(counts, -1, 0)
    if which == 'missed':
        return missed, missed + found
    if which == 'extra':
        return extra, extra + right
    return extra + missed, right + extra + missed + found
