"""How many windows see each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.context.plan import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, WindowPlan


def coverage_map(plan: WindowPlan, block: Block | None = None) -> NDArray[np.uint32]:
    """Count the windows of a plan over every voxel.

    Parameters
    ----------
    plan : WindowPlan
    block : tuple of slice, optional
        Part of the image; the whole when None.

    Returns
    -------
    ndarray, shape (*block), uint32
        At least 1 inside the context box, 0 outside it.

    Raises
    ------
    AssertionError
        A voxel inside the box has no window: a fault of the plan, which no plan of `plan_windows` has.

    Examples
    --------
    >>> from napari_segrobust.context import plan_windows
    >>> coverage_map(plan_windows((6,), (4,), 0.5)).tolist()
    [1, 1, 2, 2, 1, 1]
    """
    edges = tuple((0, n) for n in plan.shape) if block is None else bounds(block, plan.shape)
    along = [coverage_along(plan, axis)[lo : max(lo, hi)] for axis, (lo, hi) in enumerate(edges)]
    out = np.ones((1,) * len(along), np.uint32)
    for axis, counts in enumerate(along):
        out = out * counts.reshape([-1 if a == axis else 1 for a in range(len(along))])
    return out


def coverage_along(plan: WindowPlan, axis: int) -> NDArray[np.uint32]:
    """Windows over every place of one axis, (n,); a plan is a product, so its coverage is the product of these."""
    lo, hi = plan.box[axis]
    steps = np.zeros(plan.shape[axis] + 1, np.int64)
    for start in plan.starts[axis]:
        steps[max(start, lo)] += 1
        steps[min(start + plan.size[axis], hi)] -= 1
    counts = steps.cumsum()[:-1]
    assert counts[lo:hi].min() >= 1, 'a voxel of the context box has no window'
    return counts.astype(np.uint32)


def most_windows(plan: WindowPlan) -> int:
    """Windows over the voxel that has most of them."""
    most = 1
    for axis in range(len(plan.shape)):
        most *= int(coverage_along(plan, axis).max())
    return most
