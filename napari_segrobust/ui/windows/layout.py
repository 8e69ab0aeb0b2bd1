"""Where the windows of a plan lie on the case: a model may have a grid of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.context import Window
from napari_segrobust.perturb import told_spacing
from napari_segrobust.segment.grid import grid_of
from napari_segrobust.segment.inference import plan_for
from napari_segrobust.segment.see import context_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context import WindowPlan
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.walk import Walk

#: A place this near to the end of a window, in voxels, is in it.
_NEAR = 1e-6


@dataclass(frozen=True, eq=False)
class Layout:
    """A plan, and the grid on which it lies.

    Attributes
    ----------
    plan : WindowPlan
        In voxels of the model's grid.
    grid : ModelGrid
    """

    plan: WindowPlan
    grid: ModelGrid

    @classmethod
    def of(cls, walk: Walk) -> Layout | None:
        """Windows of a walk; None where they depend on the image, or none sees anything.

        Raises
        ------
        ContextError
            Window, overlap or box cannot be used.
        """
        case, spec = walk.case, walk.model.spec
        if spec.crop_foreground:
            return None
        grid = grid_of(spec, case.shape, told_spacing(case.geometry.spacing, walk.image_stack))
        context = context_on(grid, walk.scenario.context)
        return None if context is None else cls(plan_for(spec, grid.shape, context), grid)

    @cached_property
    def edges(self) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]:
        """Begins and ends of the windows on each axis, cut to the context box, in voxels of the case.

        Voxel i reaches from i - 0.5 to i + 0.5.
        """
        found = []
        plan, grid = self.plan, self.grid
        for starts, size, (lo, hi), origin, scale in zip(
            plan.starts, plan.size, plan.box, grid.origin, grid.scale, strict=True
        ):
            begins = np.array(starts)
            ends = np.minimum(begins + size, hi)
            begins = np.maximum(begins, lo)
            found.append((origin + scale * (begins - 0.5), origin + scale * (ends - 0.5)))
        return tuple(found)

    def __len__(self) -> int:
        return len(self.plan)

    def places(self, index: int) -> tuple[int, ...]:
        """Place of a window on each axis of the plan."""
        return tuple(int(p) for p in np.unravel_index(index, [len(starts) for starts in self.plan.starts]))

    def window(self, index: int) -> Window:
        """A window of the plan."""
        start = tuple(along[p] for along, p in zip(self.plan.starts, self.places(index), strict=True))
        return Window(index, start, tuple(s + n for s, n in zip(start, self.plan.size, strict=True)))

    def span(self, index: int) -> tuple[tuple[float, float], ...]:
        """Begin and end of a window on each axis, in voxels of the case."""
        places = self.places(index)
        return tuple((float(a[p]), float(b[p])) for (a, b), p in zip(self.edges, places, strict=True))

    def centre(self, index: int) -> tuple[int, ...]:
        """The voxel of the case in the middle of a window."""
        shape = self.grid.case_shape
        return tuple(min(max(round((a + b) / 2), 0), n - 1) for (a, b), n in zip(self.span(index), shape, strict=True))

    def at(self, place: Sequence[float]) -> int | None:
        """The window over a place, in voxels of the case, whose middle is nearest; None where there is none."""
        counts, index = [len(starts) for starts in self.plan.starts], 0
        for p, (begins, ends), count in zip(place, self.edges, counts, strict=True):
            inside = (begins - _NEAR <= p) & (p <= ends + _NEAR)
            if not inside.any():
                return None
            far = np.where(inside, np.abs((begins + ends) / 2 - p), np.inf)
            index = index * count + int(far.argmin())
        return index

    def touches(self, index: int, axis: int, plane: int) -> bool:
        """Whether a window sees a plane of the case."""
        begin, end = self.span(index)[axis]
        return begin <= plane <= end


def on_plane(grid: ModelGrid, values: NDArray[Any], axis: int, index: int) -> NDArray[Any]:
    """A plane of the case of an array (*spatial) on a model's grid: the nearest voxel's value, 0 where there is none.

    Parameters
    ----------
    grid : ModelGrid
    values : ndarray
        Of the whole grid.
    axis, index : int
        Slice ``index`` of ``axis`` of a volume; a 2D image is taken whole.

    Returns
    -------
    ndarray, shape (rows, columns)
    """
    flat = len(grid.case_shape) == 2
    shape = grid.case_shape if flat else tuple(n for a, n in enumerate(grid.case_shape) if a != axis)
    out = np.zeros(shape, values.dtype)
    place = None if flat else grid.nearest(axis, index)
    if place is None and not flat:
        return out
    for number, along in reversed(list(enumerate(grid.axes))):
        if number == axis and not flat:
            values = values.take(place, axis=number)
        else:
            places = along.model_places(along.start, along.start + along.length)
            values = values.take(np.rint(places).astype(np.intp), axis=number)
    rows = [slice(lo, hi) for a, (lo, hi) in enumerate(grid.crop) if flat or a != axis]
    out[tuple(rows)] = values
    return out
