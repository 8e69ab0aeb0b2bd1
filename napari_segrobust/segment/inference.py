"""A segmentation under way: windows in any order, the result of every order the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.context.plan import bounds, plan_windows
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.asking import check_shown
from napari_segrobust.segment.axes import model_axes
from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.ensemble_run import EnsembleRun
from napari_segrobust.segment.grid import axes_of
from napari_segrobust.segment.grid_run import GridRun
from napari_segrobust.segment.protocols import Shown, WholeSegmenter
from napari_segrobust.segment.see import context_on, see
from napari_segrobust.segment.stitch import Stitcher
from napari_segrobust.segment.whole import WholeRunner, moved, on_grid
from napari_segrobust.segment.windows import WindowRunner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.known import KnownWindows
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, InferenceRun, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec


def plan_for(spec: ModelSpec, shape: Sequence[int], context: Context) -> WindowPlan:
    """Lay out the windows of a model on its grid; what the context leaves open is the model's default.

    Parameters
    ----------
    spec : ModelSpec
    shape : sequence of int
        Spatial shape of what the model sees, in the order of the image's axes.
    context : Context
        Its box on the same grid, its window in the order of the model's axes.

    Raises
    ------
    ContextError
        Box, window or overlap cannot be used.
    ModelError
        Its orientation names other axes than the image has.
    """
    window, mirrored = spec.window if context.window is None else context.window, [False] * len(shape)
    order = model_axes(spec, len(shape))
    own = axes_of(spec, len(shape))
    if window is not None and len(window) == len(own):
        sizes = dict(zip(order.permutation, window, strict=True))
        window = tuple(sizes[place] for place in range(len(own)))
    for place, flip in zip(order.permutation, order.flips, strict=True):
        mirrored[own[place]] = flip
    return plan_windows(
        shape,
        window,
        spec.overlap if context.overlap is None else context.overlap,
        context.grid or spec.grid,
        box=context.box,
        slice_axis=spec.slice_axis if len(shape) > spec.dimensions else None,
        pad_multiple=spec.pad_multiple,
        mirrored=mirrored,
    )


def mirrored_axes(spec: ModelSpec, context: Context) -> tuple[int, ...]:
    """Axes of a model over whose mirror images its logits are averaged; its own where the context leaves it open.

    Raises
    ------
    ContextError
        The model has no such axis.
    """
    if context.mirror is None:
        return spec.mirror_axes
    beyond = [axis for axis in context.mirror if axis >= spec.dimensions]
    if beyond:
        why = f'axis {beyond[0]} of a model of {spec.dimensions} dimensions'
        raise ContextError('Mirroring not usable', why, f'Count its axes from 0 to {spec.dimensions - 1}.')
    return context.mirror


def stitcher_for(plan: WindowPlan, spec: ModelSpec, context: Context) -> Stitcher:
    """Collect the windows of a plan as the context weighs them; what it leaves open is the model's default."""
    return Stitcher(plan, spec, context.blending or spec.blending, context.grid or spec.grid)


def start_inference(
    model: WindowSegmenter | WholeSegmenter,
    source: ImageSource,
    context: Context,
    statistics: Statistics | None = None,
    shown: Shown | None = None,
    known: KnownWindows | None = None,
) -> InferenceRun:
    """Begin a segmentation; no window is run yet.

    Parameters
    ----------
    model : WindowSegmenter or WholeSegmenter
    source : ImageSource
        The image, (C, *spatial).
    context : Context
        What the model may see.
    statistics : Statistics, optional
        Intensity statistics to normalise by, for a model that takes them from the whole volume. None measures
        them when the first window is run.
    shown : Shown, optional
        Prompts, for a model that takes them, in voxels of the image.
    known : KnownWindows, optional
        Windows that were seen before; a model that decides on its windows itself does not ask.

    Returns
    -------
    InferenceRun
        On the grid of the image, whatever grid the model sees.

    Raises
    ------
    ModelError
        The model cannot take this image.
    ContextError
        Box, window or overlap cannot be used.
    """
    if shown is not None:
        shown.prompts.check_axes(len(source.shape) - 1)
    if isinstance(model, Ensemble):
        told_to = {m.name: shown if m.model.spec.prompts else None for m in model.present if m.model}
        runs = {
            m.name: start_inference(m.model, source, context, shown=told_to[m.name]) for m in model.present if m.model
        }
        return EnsembleRun(model, runs)
    seen, grid = see(model.spec, source)
    if grid.is_case:
        return _start(model, seen, context, statistics, shown, known)
    inner = context_on(grid, context)
    run = None
    if inner is not None:
        told = None if shown is None else on_grid(shown, grid, model.spec.resample['label'])
        run = _start(model, seen, inner, statistics, told, known)
    return GridRun(run, grid, model.spec, context.box, seen)


def _start(
    model: WindowSegmenter | WholeSegmenter,
    seen: ImageSource,
    context: Context,
    statistics: Statistics | None,
    shown: Shown | None,
    known: KnownWindows | None,
) -> SlidingRun:
    """Begin on the model's own grid."""
    if not isinstance(model, WholeSegmenter):
        plan = plan_for(model.spec, seen.shape[1:], context)
        mirrored = mirrored_axes(model.spec, context)
        runner = WindowRunner(model, seen, plan, context.padding, statistics, mirrored, known)
        return SlidingRun(plan, runner, stitcher_for(plan, model.spec, context))
    for what, asked in (('Window', context.window), ('Grid', context.grid), ('Mirroring', context.mirror)):
        if asked is not None:
            why = f'{model.spec.name} decides on its windows itself'
            raise ContextError(f'{what} not usable', why, 'Leave it out.')
    spec, shape = model.spec, seen.shape[1:]
    sliced = spec.slice_axis if len(shape) > spec.dimensions else None
    whole = plan_windows(shape, None, 0.0, box=context.box, slice_axis=sliced)
    shown = shown or Shown()
    inside = moved(shown, tuple(slice(*side) for side in whole.box))
    check_shown(spec, shown, inside, context.box is not None)
    activated = model.spec.model_copy(update={'activation': 'none'})
    return SlidingRun(whole, WholeRunner(model, seen, whole, shown), Stitcher(whole, activated, 'constant'))


class SlidingRun:
    """An `InferenceRun` over the windows of a plan; `start_inference` makes it.

    Attributes
    ----------
    plan : WindowPlan
    shape : tuple of int
        Spatial shape of the image.
    total : int
        Windows of the plan.
    grid : None
        It works on the grid that it answers on.
    messages : list of str
        What a person must know of the run, such as a change of device after running out of memory.

    Notes
    -----
    A finished run lets go of image and model; it holds its probabilities alone.
    """

    def __init__(self, plan: WindowPlan, runner: WindowRunner | WholeRunner, stitcher: Stitcher) -> None:
        self.plan = plan
        self.shape = plan.shape
        self.grid: ModelGrid | None = None
        self.total = len(plan)
        self.messages = runner.messages
        self._runner: WindowRunner | WholeRunner | None = runner
        self._statistics: Statistics | None = None
        self._computed_on = runner.computed_on
        self._stitcher = stitcher
        self._done: set[int] = set()

    @property
    def done(self) -> int:
        """Windows that were run."""
        return len(self._done)

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self._stitcher.nbytes

    @property
    def batch(self) -> int:
        """Windows that the model takes at once: 1 on a CPU, where more gain nothing and change the last bit."""
        return self._runner.batch if self._runner else 1

    @property
    def statistics(self) -> Statistics | None:
        """Intensity statistics of the whole image; None until they are needed."""
        return self._runner.statistics if self._runner else self._statistics

    def pending(self, block: Block | None = None, centre: Sequence[float] | None = None) -> list[Window]:
        """Windows not done yet that touch `block` (all when None), nearest `centre` (voxels) first."""
        return [window for window in self.plan.ordered(block, centre) if window.index not in self._done]

    def advance(self, *windows: Window) -> None:
        """Run the model on windows and add their logits; those that are done already are left alone.

        One result comes from one device, in one precision: where the model had to change either, what was done
        before is pending again.

        Raises
        ------
        ModelError
            The model raised, or answered with something unusable. Its windows stay pending.
        """
        asked = list({window.index: window for window in windows if window.index not in self._done}.values())
        fresh = asked
        while fresh and self._runner:
            together, fresh = fresh[: self._runner.handful], fresh[self._runner.handful :]
            outputs = self._runner.run(together)
            if self._runner.computed_on != self._computed_on:
                self._computed_on = self._runner.computed_on
                self._stitcher.clear()
                self._done.clear()
                fresh = [window for window in asked if window not in together]
            for window, logits in zip(together, outputs, strict=True):
                self._stitcher.add(window, logits)
                self._done.add(window.index)
        if self._runner and self.done == self.total:
            self._statistics, self._runner = self._runner.statistics, None

    def final(self, block: Block | None = None) -> bool:
        """Whether every voxel of `block` inside the context box has all its windows."""
        return self.done == self.total or not self.pending(block)

    def probabilities(self, block: Block | None = None) -> NDArray[np.float32]:
        """(K, *block) float32; zero where no window has been."""
        return self._stitcher.probabilities(block or self._whole())

    def valid(self, block: Block | None = None) -> NDArray[np.bool_]:
        """(*block): inside the context box and final."""
        block = block or self._whole()
        edges = bounds(block, self.shape)
        valid = np.zeros([max(b - a, 0) for a, b in edges], bool)
        valid[_within(tuple(slice(lo, hi) for lo, hi in self.plan.box), edges)] = True
        if self.done < self.total:
            for window in self.pending(block):
                valid[_within(self.plan.inside(window), edges)] = False
        return valid

    def _whole(self) -> Block:
        return tuple(slice(0, n) for n in self.shape)


def _within(part: Block, edges: Sequence[tuple[int, int]]) -> Block:
    """Express `part` in voxels of the block with these edges."""
    return tuple(slice(max(p.start - a, 0), max(min(p.stop, b) - a, 0)) for p, (a, b) in zip(part, edges, strict=True))
