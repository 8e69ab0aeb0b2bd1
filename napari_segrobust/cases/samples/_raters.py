"""Simulated raters: masks that differ from a phantom in the ways in which people's masks differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.smooth import SmoothField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: How far from the lesions a line can run, in mm.
REACH_MM = 8.0


@dataclass(frozen=True, slots=True)
class Habit:
    """How a simulated rater draws.

    Attributes
    ----------
    name : str
        As it is shown; always begins with "simulated rater".
    offset_mm : float
        How far outside the true boundary the line runs; negative draws too little.
    wobble_mm : float
        Standard deviation of a smooth, fixed displacement of the line.
    lattice_mm : float
        How fast the displacement changes along the line.
    slice_jitter_mm : float
        Standard deviation of a displacement that is drawn anew on every slice.
    misses_smallest : bool
        Does not see the smallest lesion.
    """

    name: str
    offset_mm: float = 0.0
    wobble_mm: float = 0.6
    lattice_mm: float = 16.0
    slice_jitter_mm: float = 0.0
    misses_smallest: bool = False


HABITS = (
    Habit('simulated rater A (steady)'),
    Habit('simulated rater B (over-draws)', offset_mm=1.2),
    Habit('simulated rater C (under-draws)', offset_mm=-0.9),
    Habit('simulated rater D (misses the smallest)', misses_smallest=True),
    Habit('simulated rater E (rough)', wobble_mm=0.9, lattice_mm=6.0, slice_jitter_mm=0.7),
)


def signed_distance(mask: NDArray[np.bool_], spacing: Sequence[float]) -> NDArray[np.float32]:
    """Distance in mm to the boundary of `mask`, which runs between voxel centres: negative inside.

    Infinite more than `REACH_MM` outside the bounding box, where no rater draws.
    """
    from scipy.ndimage import distance_transform_edt

    distance = np.full(mask.shape, np.inf, np.float32)
    if not mask.any():
        return distance
    block = []
    for axis, step in enumerate(spacing):
        filled = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        margin = math.ceil(REACH_MM / step)
        block.append(slice(max(int(filled[0]) - margin, 0), int(filled[-1]) + margin + 1))
    part, half = mask[tuple(block)], min(spacing) / 2
    outside = distance_transform_edt(~part, sampling=spacing)
    inside = distance_transform_edt(part, sampling=spacing)
    distance[tuple(block)] = np.where(part, half - inside, outside - half)
    return distance


def draw_mask(
    lesions: Sequence[NDArray[np.bool_]], habit: Habit, spacing: Sequence[float], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw all lesions as a simulated rater would.

    Parameters
    ----------
    lesions : sequence of ndarray
        One mask each, all on one grid.
    habit : Habit
    spacing : sequence of float
        In mm, array order; axis 0 is the one that is drawn slice by slice.
    rng : Generator
        Fixes the displacement of the line.

    Returns
    -------
    ndarray, uint8
        1 where the rater says lesion.
    """
    shape = lesions[0].shape
    intervals = [max(1, round(n * s / habit.lattice_mm)) for n, s in zip(shape, spacing, strict=True)]
    line = habit.offset_mm + habit.wobble_mm * SmoothField.draw(rng, intervals).over(shape)[0]
    line += habit.slice_jitter_mm * rng.standard_normal((shape[0], *(1,) * (len(shape) - 1)), dtype=np.float32)
    smallest = min(range(len(lesions)), key=lambda i: int(lesions[i].sum()))
    seen = [m for i, m in enumerate(lesions) if not (habit.misses_smallest and i == smallest and len(lesions) > 1)]
    inside: NDArray[np.bool_] = signed_distance(np.logical_or.reduce(seen), spacing) <= line
    return inside.astype(np.uint8)
