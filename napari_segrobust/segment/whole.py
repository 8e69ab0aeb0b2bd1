"""A model that takes the whole image, run as a plan of one window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.segment.answers import check_answer, is_out_of_memory, model_failed, no_memory
from napari_segrobust.segment.interpolate import interpolate
from napari_segrobust.segment.prompts import Box, Point
from napari_segrobust.segment.protocols import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WholeSegmenter


class WholeRunner:
    """What `WindowRunner` is to windows, for a model that decides on windows itself.

    Parameters
    ----------
    model : WholeSegmenter
    source : ImageSource
    plan : WindowPlan
        One window, the context box.
    shown : Shown, optional
        On the grid of the image.
    """

    batch = 1
    statistics: Statistics | None = None

    def __init__(
        self, model: WholeSegmenter, source: ImageSource, plan: WindowPlan, shown: Shown | None = None
    ) -> None:
        self.messages: list[str] = getattr(model, 'messages', [])
        self._shown = shown or Shown()
        self._model = model
        self._source = source
        self._plan = plan

    @property
    def computed_on(self) -> tuple[str, bool]:
        """Device, and whether in half precision, which is the model's own affair."""
        return self._model.device, False

    def run(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Probabilities (K, *box).

        Raises
        ------
        ModelError
            The model raised, or its answer has another shape, other classes, NaN or infinity.
        """
        return [self._ask(window) for window in windows]

    def _ask(self, window: Window) -> NDArray[np.float32]:
        model = self._model
        part = self._plan.inside(window)
        image = self._source.block(part)
        try:
            answer = model.segment(image, self._source.spacing, moved(self._shown, part))
        except Interrupted:
            raise
        except Exception as error:  # a model is foreign code and may raise anything
            if is_out_of_memory(error):
                raise no_memory(window.shape, model.spec) from error
            raise model_failed(error, model.spec) from error
        return check_answer(answer, (len(model.spec.classes), *window.shape), model.spec)


def moved(shown: Shown, block: Block) -> Shown:
    """The same prompts in voxels of a block of the case; what lies outside it stays, outside."""
    starts = [part.start for part in block]
    if not any(starts) and shown.scribbles is None:
        return shown
    points = [
        Point(at=tuple(a - s for a, s in zip(p.at, starts, strict=True)), label=p.label) for p in shown.prompts.points
    ]
    boxes = [
        Box(edges=tuple((a - s, b - s) for (a, b), s in zip(box.edges, starts, strict=True)), label=box.label)
        for box in shown.prompts.boxes
    ]
    return Shown(
        shown.prompts.model_copy(update={'points': tuple(points), 'boxes': tuple(boxes)}),
        None if shown.scribbles is None else shown.scribbles[block],
    )


def on_grid(shown: Shown, grid: ModelGrid, order: int) -> Shown:
    """The same prompts on a model's grid; what lies outside the crop stays, outside.

    Parameters
    ----------
    shown : Shown
        On the grid of the case.
    grid : ModelGrid
    order : {0, 1}
        How scribbles are brought over: the nearest voxel's, or the one of the most weight among the neighbours.
    """
    points = [Point(at=grid.to_model(point.at), label=point.label) for point in shown.prompts.points]
    boxes = []
    for box in shown.prompts.boxes:
        # Edges lie half a voxel before the centre of the voxel of the same number, on either grid.
        low, high = ([p + 0.5 for p in grid.to_model([edge[end] - 0.5 for edge in box.edges])] for end in (0, 1))
        boxes.append(Box(edges=tuple(zip(low, high, strict=True)), label=box.label))
    return Shown(
        shown.prompts.model_copy(update={'points': tuple(points), 'boxes': tuple(boxes)}),
        None if shown.scribbles is None else _labels_on(shown.scribbles, grid, order),
    )


def _labels_on(labels: NDArray[Any], grid: ModelGrid, order: int) -> NDArray[Any]:
    part = labels[tuple(slice(*edge) for edge in grid.crop)]
    places = [None if axis.is_native else axis.case_places(0, axis.size) for axis in grid.axes]
    values = np.unique(part)
    masks = np.stack([part == value for value in values]).astype(np.float32)
    weights = interpolate(masks, [0] * part.ndim, part.shape, places, 1 if order else 0)
    found: NDArray[Any] = values[weights.argmax(axis=0)]
    return found
