"""The ideal-metric scorecard: what a metric should not see, tried on a pair of masks.

An ideal metric does not change with the voxel size, with the size of the structure, or with the field of view. Each
trial changes the pair in one of these ways and measures again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.compare import compare, metric_specs
from napari_segrobust.compare.counts import as_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare import MetricSettings, MetricSpec, MetricValue

    Mask = NDArray[np.bool_]
    Spacing = tuple[float, ...]
    Pair = tuple[Mask, Mask, Spacing]

TrialName = Literal['coarser', 'finer', 'scaled', 'scaled_same_error', 'padded']


@dataclass(frozen=True)
class Trial:
    """A way to change a pair that an ideal metric does not see.

    Attributes
    ----------
    name, title, summary : str
    change : callable
        ``change(reference, prediction, spacing)`` gives the changed three.
    """

    name: TrialName
    title: str
    summary: str
    change: Callable[[Mask, Mask, Spacing], Pair]


@dataclass(frozen=True)
class Mark:
    """What one trial does to one metric.

    Attributes
    ----------
    before, after : MetricValue
    change : float or None
        After minus before; None where one of them is undefined.
    invariant : bool or None
        Whether the change stays within the tolerance; None where there is no change to judge.
    """

    before: MetricValue
    after: MetricValue
    change: float | None
    invariant: bool | None


@dataclass(frozen=True)
class Scorecard:
    """All trials of all metrics.

    Attributes
    ----------
    marks : mapping of str to mapping of str to Mark
        By key of the metric, then by name of the trial.
    normalised : mapping of str to bool
        Whether the metric has a smallest and a largest value.
    tolerance : float
        Largest change that counts as none: a share of the metric's range, of the larger value where it has no range.
    """

    marks: Mapping[str, Mapping[TrialName, Mark]]
    normalised: Mapping[str, bool]
    tolerance: float


def scorecard(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    spacing: Sequence[float] | None = None,
    metrics: Sequence[str] = ('dice', 'nsd', 'hd'),
    settings: MetricSettings | None = None,
    label: int = 1,
    tolerance: float = 0.01,
) -> Scorecard:
    """Try metrics on a pair of masks.

    Parameters
    ----------
    reference, prediction : ndarray of int or bool, shape ([Z,] Y, X)
        Neither is changed. Two trials work on a grid of twice the size per axis: give a slice rather than a volume.
    spacing : sequence of float, optional
        In mm in array order; without it a voxel counts as 1.
    metrics : sequence of str
        Keys that need masks only.
    settings : MetricSettings, optional
    label : int
    tolerance : float
        See `Scorecard`.

    Returns
    -------
    Scorecard
    """
    steps = (1.0,) * np.ndim(reference) if spacing is None else tuple(float(step) for step in spacing)
    pair = (as_labels(reference) == label, as_labels(prediction) == label, steps)

    def measure(masks: Pair) -> Mapping[str, MetricValue]:
        return compare(*masks, labels=[1], metrics=metrics, settings=settings).metrics[1]

    before = measure(pair)
    after = {trial.name: measure(trial.change(*pair)) for trial in TRIALS}
    specs = metric_specs()
    return Scorecard(
        {
            key: {name: _mark(specs[key], before[key], found[key], tolerance) for name, found in after.items()}
            for key in metrics
        },
        {key: None not in specs[key].range for key in metrics},
        tolerance,
    )


def _mark(spec: MetricSpec, before: MetricValue, after: MetricValue, tolerance: float) -> Mark:
    first, second = before.value, after.value
    if not isinstance(first, (int, float)) or not isinstance(second, (int, float)):
        return Mark(before, after, None, None)
    low, high = spec.range
    scale = max(abs(first), abs(second)) if low is None or high is None else high - low
    return Mark(before, after, second - first, abs(second - first) <= tolerance * scale)


def _twice(mask: NDArray[Any]) -> NDArray[Any]:
    for axis in range(mask.ndim):
        mask = np.repeat(mask, 2, axis)
    return mask


def _halved(mask: Mask) -> Mask:
    """Blocks of two voxels per axis; foreground when half of them are."""
    even = np.pad(mask, [(0, n % 2) for n in mask.shape])
    blocks = even.reshape([n for size in even.shape for n in (size // 2, 2)])
    return np.asarray(blocks.mean(axis=tuple(range(1, 2 * mask.ndim, 2))) >= 0.5)


def _coarser(reference: Mask, prediction: Mask, spacing: Spacing) -> Pair:
    return _halved(reference), _halved(prediction), tuple(2 * step for step in spacing)


def _finer(reference: Mask, prediction: Mask, spacing: Spacing) -> Pair:
    return _twice(reference), _twice(prediction), tuple(step / 2 for step in spacing)


def _scaled(reference: Mask, prediction: Mask, spacing: Spacing) -> Pair:
    return _twice(reference), _twice(prediction), spacing


def _padded(reference: Mask, prediction: Mask, spacing: Spacing) -> Pair:
    margin = [(n, n) for n in reference.shape]
    return np.pad(reference, margin), np.pad(prediction, margin), spacing


def _scaled_same_error(reference: Mask, prediction: Mask, spacing: Spacing) -> Pair:
    """Double the reference; every error keeps its depth in mm, measured from the nearest point of the border."""
    large = _twice(reference)
    result = large.copy()
    for side in (True, False):
        _carry(reference, prediction, spacing, large, side, result)
    return large, result, spacing


def _carry(reference: Mask, prediction: Mask, spacing: Spacing, large: Mask, side: bool, result: Mask) -> None:
    """Carry the errors inside (`side`) or outside the reference over to the doubled one, in `result`.

    A voxel of the doubled image looks up what the prediction says as far from the same point of the border.
    """
    from scipy.ndimage import distance_transform_edt

    # A frame, so that a border at the edge of the image has another side.
    large, small, guess = (np.pad(mask, width) for mask, width in ((large, 2), (reference, 1), (prediction, 1)))
    there = large == side
    if there.all() or not there.any():
        return
    depth, nearest = distance_transform_edt(there, sampling=spacing, return_indices=True)
    limit = distance_transform_edt(small == side, sampling=spacing)
    voxels = np.argwhere(there)
    border = nearest[:, *voxels.T].T
    source = border // 2 + voxels - border
    inside = ((source >= 0) & (source < small.shape)).all(axis=1)
    source[~inside] = 0
    looked = tuple(source.T)
    # Past the middle of the structure another border is nearer: no error is carried there.
    own = inside & (limit[looked] >= depth[tuple(voxels.T)] - 0.5 * float(np.linalg.norm(spacing)))
    wrong = voxels[own & (guess[looked] != side)] - 2
    wrong = wrong[((wrong >= 0) & (wrong < result.shape)).all(axis=1)]
    result[tuple(wrong.T)] = not side


TRIALS = (
    Trial('coarser', 'voxels twice as large', 'The same masks on a grid of half as many voxels per axis.', _coarser),
    Trial('finer', 'voxels half as large', 'The same masks on a grid of twice as many voxels per axis.', _finer),
    Trial('scaled', 'structure and error twice as large', 'Both masks scaled by two on the same grid.', _scaled),
    Trial(
        'scaled_same_error',
        'structure twice as large, error as it is',
        'The reference scaled by two; errors keep their depth in mm.',
        _scaled_same_error,
    ),
    Trial('padded', 'more background', 'An image of three times the size per axis around the same masks.', _padded),
)
