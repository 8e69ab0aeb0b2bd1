"""What a model sees of an image: checked, cropped and resampled, before any window is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.context.plan import check_box
from napari_segrobust.segment.crop import foreground_box
from napari_segrobust.segment.fit import check_image
from napari_segrobust.segment.grid import grid_of
from napari_segrobust.segment.preprocess import needs_statistics
from napari_segrobust.segment.resample import GridSource

if TYPE_CHECKING:
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.protocols import ImageSource
    from napari_segrobust.segment.spec import ModelSpec


def see(spec: ModelSpec, source: ImageSource) -> tuple[ImageSource, ModelGrid]:
    """Lay a model's grid over an image.

    Parameters
    ----------
    spec : ModelSpec
    source : ImageSource
        The case. It is read once, whole, where the model wants its foreground; else not at all.

    Returns
    -------
    seen : ImageSource
        What the model sees, on its own grid; the intensities are still the case's.
    grid : ModelGrid

    Raises
    ------
    ModelError
        The model cannot take this image.
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    check_image(spec, source)
    crop = foreground_box(source, negative=spec.grid == 'nnunet') if spec.crop_foreground else None
    grid = grid_of(spec, source.shape[1:], source.spacing, crop)
    if grid.is_case:
        return source, grid
    keep = needs_statistics(spec) and spec.intensity_scope == 'volume'
    return GridSource(source, grid, spec.resample['image'], keep), grid


def context_on(grid: ModelGrid, context: Context) -> Context | None:
    """The same context on a model's grid: its box reaches outward to whole voxels.

    Returns
    -------
    Context or None
        None where the box holds nothing that the model sees.

    Raises
    ------
    ContextError
        The box does not lie in the case.
    """
    if context.box is None:
        return context
    box = check_box(grid.case_shape, context.box)
    block = grid.around(tuple(slice(*edge) for edge in box))
    if block is None:
        return None
    return context.model_copy(update={'box': tuple((part.start, part.stop) for part in block)})
