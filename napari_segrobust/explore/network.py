"""The image as a network sees it: cropped, resampled and normalised, on the network's own grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.pipeline import GivenRun, plane_block
from napari_segrobust.segment.ensemble_run import EnsembleRun
from napari_segrobust.segment.preprocess import measure, measure_image, needs_statistics, normalise
from napari_segrobust.segment.protocols import WholeSegmenter
from napari_segrobust.segment.resample import GridSource
from napari_segrobust.segment.see import see
from napari_segrobust.segment.source import ArraySource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, InferenceRun
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.walk import Walk


def network_of(
    engine: Engine, request: Request, walk: Walk, run: InferenceRun | GivenRun, plane: Plane | None
) -> dict[str, Any]:
    """What the network is given, on a plane or everywhere, and what the clean case's range becomes before it.

    Empty where it was not asked for, for an ensemble, whose members see different things, where the network does not
    see that plane, or where it is not known yet: a plane across the slices of a network that takes each by its own
    intensities is seen once the whole is done.

    Returns
    -------
    dict
        ``network``, ``network_range``, ``network_grid`` and ``network_plane`` of a `LaneView`.
    """
    if 'network' not in request.extras or walk.model is None or isinstance(run, GivenRun | EnsembleRun):
        return {}
    case, spec, grid = request.case, spec_of(walk), run.grid
    measured, by_slice = needs_statistics(spec), spec.intensity_scope == 'slice'
    sliced = spec.slice_axis if case.ndim > spec.dimensions else None
    if measured and (
        run.statistics is None if not by_slice else plane is not None and sliced not in (None, plane.axis)
    ):
        return {}
    index = None if plane is None else plane.index if grid is None else grid.nearest(plane.axis, plane.index)
    if plane is not None and index is None:
        return {}
    image = seen_through(engine.image(case, walk.image_stack), grid, spec)
    if plane is None or index is None:
        block = tuple(slice(0, n) for n in image.shape[1:])
    else:
        block = plane_block(image.shape[1:], plane.axis, index)
    values = image.block(block)
    if by_slice:
        values = _by_slice(values, spec, sliced)
    else:
        values = normalise(values, spec, run.statistics)
    if plane is not None and case.ndim == 3:
        values = np.take(values, 0, axis=1 + plane.axis)
    ends = _range(engine, case, walk, request.plane, sliced)
    return {'network': values, 'network_range': ends, 'network_grid': grid, 'network_plane': index or 0}


def spec_of(walk: Walk) -> ModelSpec:
    """How the image of a walk is prepared for its model; one that takes it whole normalises it itself."""
    assert walk.model is not None, 'a mask that was given has no network'
    spec = walk.model.spec
    return spec.model_copy(update={'intensity': 'none'}) if isinstance(walk.model, WholeSegmenter) else spec


def seen_through(source: ImageSource, grid: ModelGrid | None, spec: ModelSpec) -> ImageSource:
    """An image on the grid of a run."""
    return source if grid is None else GridSource(source, grid, spec.resample['image'])


def _by_slice(values: NDArray[np.float32], spec: ModelSpec, axis: int | None) -> NDArray[np.float32]:
    """Each slice normalised by its own intensities."""
    if axis is None:
        return normalise(values, spec, measure([values], spec.intensity))
    seen = np.empty_like(values)
    for place in range(values.shape[1 + axis]):
        checkpoint()
        one = (slice(None),) * (1 + axis) + (place,)
        seen[one] = normalise(values[one], spec, measure([values[one]], spec.intensity))
    return seen


def _range(engine: Engine, case: Case, walk: Walk, shown: Plane | None, sliced: int | None) -> tuple[float, float]:
    """What the range of the clean case's intensities becomes: it stays while severities change."""
    spec, known = spec_of(walk), None
    clean = ArraySource(case.image, case.geometry.spacing, case.geometry.has_spacing)
    if needs_statistics(spec):
        by_slice = spec.intensity_scope == 'slice' and shown is not None and sliced == shown.axis
        known = engine.kept(
            f'statistics {walk.model_key} {case.key} {shown if by_slice else ""}',
            lambda: _statistics(clean, spec, shown if by_slice else None),
        )
    if spec.intensity == 'zscore_nonzero':  # 0 stays 0, and so would a range that begins there
        spec = spec.model_copy(update={'intensity': 'zscore'})
    ends = np.array(case.intensity_range, np.float32)[None].repeat(len(case.image), axis=0)
    low, high = normalise(ends, spec, known)[0]
    return float(low), float(high)


def _statistics(clean: ArraySource, spec: ModelSpec, plane: Plane | None) -> Statistics:
    """Of the clean image as the network sees it, or of that plane of it where it does see it."""
    seen, grid = see(spec, clean)
    index = None if plane is None else grid.nearest(plane.axis, plane.index)
    if plane is None or index is None:
        return measure_image(seen, spec.intensity)
    return measure([seen.block(plane_block(seen.shape[1:], plane.axis, index))], spec.intensity)
