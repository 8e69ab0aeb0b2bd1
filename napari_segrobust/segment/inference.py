"""A segmentation under way: windows in any order, the result of every order the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.context.plan import bounds, plan_layer, plan_windows
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.ensemble_run import EnsembleRun
from napari_segrobust.segment.fit import check_image
from napari_segrobust.segment.protocols import WholeSegmenter
from napari_segrobust.segment.stitch import Stitcher, activate
from napari_segrobust.segment.whole import WholeRunner
from napari_segrobust.segment.windows import WindowRunner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, Shown, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec


def plan_for(spec: ModelSpec, shape: Sequence[int], context: Context) -> WindowPlan:
    """Lay out the windows of a model on an image; what the context leaves open is the model's default.

    Parameters
    ----------
    spec : ModelSpec
    shape : sequence of int
        Spatial shape of the image.
    context : Context

    Raises
    ------
    ContextError
        Box, window or overlap cannot be used.
    """
    return plan_windows(
        shape,
        spec.window if context.window is None else context.window,
        spec.overlap if context.overlap is None else context.overlap,
        spec.grid,
        box=context.box,
        slice_axis=spec.slice_axis if len(shape) > spec.dimensions else None,
        pad_multiple=spec.pad_multiple,
    )


def start_inference(
    model: WindowSegmenter | WholeSegmenter,
    source: ImageSource,
    context: Context,
    statistics: Statistics | None = None,
    shown: Shown | None = None,
) -> SlidingRun | EnsembleRun:
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

    Returns
    -------
    SlidingRun or EnsembleRun

    Raises
    ------
    ModelError
        The model cannot take this image.
    ContextError
        Box, window or overlap cannot be used.
    """
    if isinstance(model, Ensemble):
        runs = {m.name: start_inference(m.model, source, context, shown=shown) for m in model.present if m.model}
        return EnsembleRun(model, runs)
    check_image(model.spec, source)
    if isinstance(model, WholeSegmenter):
        return _start_whole(model, source, context, shown)
    plan = plan_for(model.spec, source.shape[1:], context)
    runner = WindowRunner(model, source, plan, context.padding, statistics)
    return SlidingRun(plan, runner, Stitcher(plan, model.spec, context.blending or model.spec.blending))


def _start_whole(model: WholeSegmenter, source: ImageSource, context: Context, shown: Shown | None) -> SlidingRun:
    if context.window is not None:
        raise ContextError('Window not usable', f'{model.spec.name} decides on its windows itself', 'Leave it out.')
    plan = plan_windows(source.shape[1:], None, 0.0, box=context.box)
    activated = model.spec.model_copy(update={'activation': 'none'})
    return SlidingRun(plan, WholeRunner(model, source, plan, shown), Stitcher(plan, activated, 'constant'))


def provisional_windows(
    model: WindowSegmenter | WholeSegmenter, shape: Sequence[int], context: Context, axis: int, index: int
) -> int:
    """Count the windows that `provisional_plane` takes for a slice; 0 where there is no provisional picture of it."""
    if isinstance(model, WholeSegmenter) or model.spec.dimensions == 2:
        return 0
    plan = plan_for(model.spec, shape, context)
    lo, hi = plan.box[axis]
    return len(plan_layer(plan, axis, index)) if lo <= index < hi else 0


def provisional_plane(
    model: WindowSegmenter,
    source: ImageSource,
    context: Context,
    axis: int,
    index: int,
    statistics: Statistics | None = None,
) -> NDArray[np.float32]:
    """First look at one slice of a 3D model: one layer of windows centred on it, without overlap in the plane.

    It takes a fraction of the windows of the finished slice, and its values differ from the finished ones: label
    it provisional, and put no number of it into a table.

    Parameters
    ----------
    model, source, context, statistics
        As in `start_inference`.
    axis, index : int
        Slice ``index`` of ``axis``, in voxels of the image.

    Returns
    -------
    ndarray, shape (K, *plane), float32
        Probabilities; zero outside the context box.

    Raises
    ------
    ModelError
        As in `start_inference` and `SlidingRun.advance`.
    ContextError
        The slice lies outside the context box; the model runs slice by slice, and a slice is final at once.
    """
    check_image(model.spec, source)
    shape = source.shape[1:]
    whole = plan_for(model.spec, shape, context)
    if whole.slice_axis is not None:
        raise ContextError('No provisional slice', f'{model.spec.name} runs slice by slice', 'Run the slice itself.')
    layer = plan_layer(whole, axis, index)
    runner = WindowRunner(model, source, layer, context.padding, statistics)
    out = np.zeros((len(model.spec.classes), *shape[:axis], *shape[axis + 1 :]), np.float32)
    for window in layer:
        checkpoint()
        part = layer.inside(window)
        (logits,) = runner.run([window])
        plane = logits.take(index - part[axis].start, axis=axis + 1)
        out[(slice(None), *part[:axis], *part[axis + 1 :])] = activate(plane, model.spec)
    return out


class SlidingRun:
    """An `InferenceRun` over the windows of a plan; `start_inference` makes it.

    Attributes
    ----------
    plan : WindowPlan
    shape : tuple of int
        Spatial shape of the image.
    total : int
        Windows of the plan.
    messages : list of str
        What a person must know of the run, such as a change of device after running out of memory.

    Notes
    -----
    A finished run lets go of image and model; it holds its probabilities alone.
    """

    def __init__(self, plan: WindowPlan, runner: WindowRunner | WholeRunner, stitcher: Stitcher) -> None:
        self.plan = plan
        self.shape = plan.shape
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
            together, fresh = fresh[: self.batch], fresh[self.batch :]
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
