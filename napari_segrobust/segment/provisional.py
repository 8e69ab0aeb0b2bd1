"""A first look at one slice of a 3D model, before the windows that touch it are done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.context.plan import check_box, plan_layer
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.activation import activate
from napari_segrobust.segment.grid_run import bring
from napari_segrobust.segment.inference import mirrored_axes, plan_for
from napari_segrobust.segment.input_shape import ShapedSegmenter
from napari_segrobust.segment.protocols import WholeSegmenter
from napari_segrobust.segment.see import context_on, see
from napari_segrobust.segment.windows import WindowRunner

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, WindowPlan
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, InferenceRun, WindowSegmenter

#: Of a window, that a first look takes: what lies farther from its slice changes little of it.
THICKNESS = 2 / 3


def provisional_windows(
    model: WindowSegmenter | WholeSegmenter, run: InferenceRun, context: Context, axis: int, index: int
) -> float:
    """How many whole windows `provisional_plane` costs for a slice; 0 where there is no provisional picture of it."""
    if isinstance(model, WholeSegmenter) or model.spec.dimensions == 2:
        return 0
    shape, inner, place = run.shape, context, index
    if run.grid is not None:
        found, mapped = run.grid.nearest(axis, index), context_on(run.grid, context)
        if found is None or mapped is None:
            return 0
        shape, inner, place = run.grid.shape, mapped, found
    plan = plan_for(model.spec, shape, inner)
    lo, hi = plan.box[axis]
    if not lo <= place < hi:
        return 0
    layer = _thin_layer(model, plan, axis, place)
    return len(layer) * layer.size[axis] / plan.size[axis]


def provisional_plane(
    model: WindowSegmenter,
    source: ImageSource,
    context: Context,
    axis: int,
    index: int,
    statistics: Statistics | None = None,
) -> NDArray[np.float32]:
    """First look at one slice of a 3D model: one layer of windows centred on it, without overlap in the plane.

    Where the model can do with thinner windows, they have two thirds of the thickness. It takes a fraction of the time
    of the finished slice, and its values differ from the finished ones: label it provisional, and put no number of it
    into a table.

    Parameters
    ----------
    model, source, context, statistics
        As in `start_inference`.
    axis, index : int
        Slice ``index`` of ``axis``, in voxels of the image; of a model with a grid of its own the nearest one there.

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
    seen, grid = see(model.spec, source)
    shape = source.shape[1:]
    if model.spec.dimensions < len(shape):
        raise ContextError('No provisional slice', f'{model.spec.name} runs slice by slice', 'Run the slice itself.')
    lo, hi = check_box(shape, context.box)[axis]
    if not lo <= index < hi:
        what = f'slice {index} of axis {axis}, box {lo} to {hi}'
        raise ContextError('Slice outside the context box', what, 'Move or drop the box.')

    def on_model(around: Block) -> NDArray[np.float32]:
        place, inner = grid.nearest(axis, index), context_on(grid, context)
        assert place is not None, 'what lies outside the crop is not asked for'
        assert inner is not None, 'what lies outside the box is not asked for'
        layer = _thin_layer(model, plan_for(model.spec, seen.shape[1:], inner), axis, place)
        plane = _layer(model, seen, layer, context, statistics, axis, place)
        thick = (slice(None), *(slice(0, 1) if a == axis else part for a, part in enumerate(around)))
        return np.expand_dims(plane, axis + 1)[thick].repeat(around[axis].stop - around[axis].start, axis + 1)

    edges = tuple((index, index + 1) if a == axis else (0, n) for a, n in enumerate(shape))
    return bring(grid, model.spec, check_box(shape, context.box), edges, on_model).squeeze(axis + 1)


def _thin_layer(model: WindowSegmenter, plan: WindowPlan, axis: int, index: int) -> WindowPlan:
    """The layer of windows that is looked through, thinner where the model says which sizes it takes."""
    size, multiple = plan.size[axis], model.spec.pad_multiple
    lo, hi = plan.box[axis]
    if multiple > 1 and hi - lo >= size and not isinstance(model, ShapedSegmenter):
        size = min(math.ceil(size * THICKNESS / multiple) * multiple, size)
    return plan_layer(plan, axis, index, size)


def _layer(
    model: WindowSegmenter,
    seen: ImageSource,
    layer: WindowPlan,
    context: Context,
    statistics: Statistics | None,
    axis: int,
    index: int,
) -> NDArray[np.float32]:
    """Probabilities (K, *plane) of a slice of the model's grid from one layer of windows."""
    runner = WindowRunner(model, seen, layer, context.padding, statistics, mirrored_axes(model.spec, context))
    shape = seen.shape[1:]
    out = np.zeros((len(model.spec.classes), *shape[:axis], *shape[axis + 1 :]), np.float32)
    for window in layer:
        checkpoint()
        part = layer.inside(window)
        (logits,) = runner.run([window])
        plane = logits.take(index - part[axis].start, axis=axis + 1)
        out[(slice(None), *part[:axis], *part[axis + 1 :])] = activate(plane, model.spec)
    return out
