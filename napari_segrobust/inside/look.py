"""One window as a network is given it, and the ways between its voxels and those of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.context.plan import check_box
from napari_segrobust.errors import ContextError, ModelError
from napari_segrobust.segment.axes import model_axes
from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.inference import plan_for
from napari_segrobust.segment.protocols import WholeSegmenter
from napari_segrobust.segment.see import context_on, see
from napari_segrobust.segment.windows import WindowRunner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Window, WindowPlan
    from napari_segrobust.context.record import Context
    from napari_segrobust.geometry import AxisOrder
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WindowSegmenter

    Box = tuple[tuple[int, int], ...]
    Edges = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Look:
    """A window around a voxel; `look_at` makes it.

    Attributes
    ----------
    model : WindowSegmenter
    runner : WindowRunner
    plan : WindowPlan
    grid : ModelGrid
    window : Window
        Of the plan, on the grid of the model: the one that has the voxel nearest to its middle.
    voxel : tuple of int
        On the grid of the model, order of the image's axes.
    """

    model: WindowSegmenter
    runner: WindowRunner
    plan: WindowPlan
    grid: ModelGrid
    window: Window
    voxel: tuple[int, ...]

    @property
    def axes(self) -> AxisOrder:
        """From the axes of the image, without the one that is sliced, to those of the network."""
        return model_axes(self.model.spec, len(self.plan.shape))

    @property
    def kept(self) -> list[int]:
        """Axes of the image that the network sees."""
        return [axis for axis in range(len(self.plan.shape)) if axis != self.plan.slice_axis]

    def input(self) -> NDArray[np.float32]:
        """(C, *window) with the axes of the network: normalised and padded."""
        return np.ascontiguousarray(self.runner.input(self.window))

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape of the window, axes of the network."""
        size = [self.window.shape[axis] for axis in self.kept]
        return tuple(size[place] for place in self.axes.permutation)

    @property
    def place(self) -> tuple[int, ...]:
        """Where the voxel lies in the window, axes of the network."""
        local = [self.voxel[axis] - self.window.start[axis] for axis in self.kept]
        turned = [local[place] for place in self.axes.permutation]
        return tuple(n - 1 - i if flip else i for i, n, flip in zip(turned, self.shape, self.axes.flips, strict=True))

    def on_grid(self, box: Box) -> Box:
        """A box of the window, axes of the network, on the grid of the model, axes of the image."""
        sides = [
            (n - hi, n - lo) if flip else (lo, hi)
            for (lo, hi), n, flip in zip(box, self.shape, self.axes.flips, strict=True)
        ]
        found = [(start, start + 1) for start in self.voxel]
        for side, place in zip(sides, self.axes.permutation, strict=True):
            axis = self.kept[place]
            found[axis] = (side[0] + self.window.start[axis], side[1] + self.window.start[axis])
        return tuple(found)

    @property
    def seen(self) -> Box:
        """What of the grid the window shows: inside the context box."""
        return tuple((part.start, part.stop) for part in self.plan.inside(self.window))

    def on_case(self, box: Box) -> Edges:
        """A box on the grid of the model in voxels of the case: edges of voxel i are i - 0.5 and i + 0.5."""
        return tuple(
            ((lo - 0.5) * step + origin, (hi - 0.5) * step + origin)
            for (lo, hi), step, origin in zip(box, self.grid.scale, self.grid.origin, strict=True)
        )

    def put_back(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Maps (K, *window), axes of the network, as (K, *seen), axes of the image."""
        return self.runner.output(maps, self.window)


def look_at(
    model: object,
    source: ImageSource,
    context: Context,
    voxel: Sequence[float],
    statistics: Statistics | None = None,
) -> Look:
    """Find the window through which a model sees a voxel best.

    Parameters
    ----------
    model : WindowSegmenter
    source : ImageSource
        The case, perturbed or not.
    context : Context
    voxel : sequence of float
        In voxels of the case.
    statistics : Statistics, optional
        As in `start_inference`.

    Raises
    ------
    ModelError
        The model takes the whole image, or cannot take this one.
    ContextError
        The voxel lies outside the image, the context box, or what the model sees.
    """
    if isinstance(model, (Ensemble, WholeSegmenter)) or model is None:
        name = 'a given mask' if model is None else model.spec.name
        why = (
            'it has several networks' if isinstance(model, Ensemble) else 'it has no windows that are ours to look into'
        )
        raise ModelError(f'No look inside {name}', why, 'Choose a network.')
    network: WindowSegmenter = model  # type: ignore[assignment]  # what is neither of the others is one
    seen, grid = see(network.spec, source)
    shape = source.shape[1:]
    where = ', '.join(f'{v:g}' for v in voxel)
    box = check_box(shape, context.box)
    if len(voxel) != len(shape) or not all(lo <= v < hi for v, (lo, hi) in zip(voxel, box, strict=True)):
        inside = ' x '.join(f'{lo} to {hi}' for lo, hi in box)
        raise ContextError('No such voxel', f'({where}) lies outside {inside}', 'Choose one inside the context box.')
    inner = context_on(grid, context)
    own = tuple(grid.nearest(axis, int(v)) for axis, v in enumerate(voxel))
    if inner is None or any(v is None for v in own):
        raise ContextError('No such voxel', f'the model does not see ({where})', 'Choose one inside its crop.')
    on_grid = tuple(int(v) for v in own if v is not None)
    plan = plan_for(network.spec, seen.shape[1:], inner)
    runner = WindowRunner(network, seen, plan, context.padding, statistics)
    block = tuple(slice(v, v + 1) for v in on_grid)
    window = plan.ordered(block, on_grid)[0]
    return Look(network, runner, plan, grid, window, on_grid)
