"""A model that takes the whole image, run as a plan of one window, or of one for each slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.prompts import Box, Point
from napari_segrobust.segment.answers import check_answer, is_out_of_memory, model_failed, no_memory
from napari_segrobust.segment.asking import chosen, is_shown
from napari_segrobust.segment.interpolate import interpolate
from napari_segrobust.segment.protocols import PromptableSegmenter, Shown, TeachableSegmenter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WholeSegmenter
    from napari_segrobust.segment.spec import ModelSpec

_Number = TypeVar('_Number')


class WholeRunner:
    """What `WindowRunner` is to windows, for a model that decides on windows itself.

    Parameters
    ----------
    model : WholeSegmenter
    source : ImageSource
    plan : WindowPlan
        One window, the context box; of a 2D model on a volume one for each slice.
    shown : Shown, optional
        On the grid of the image.
    """

    batch = handful = 1
    statistics: Statistics | None = None

    def __init__(
        self, model: WholeSegmenter, source: ImageSource, plan: WindowPlan, shown: Shown | None = None
    ) -> None:
        self.messages: list[str] = getattr(model, 'messages', [])
        self._shown = shown or Shown()
        self._model = model
        self._source = source
        self._plan = plan
        self._pupil: WholeSegmenter | None = None

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
        model, axis = self._model, self._plan.slice_axis
        learns = axis is not None and isinstance(model, TeachableSegmenter)
        part = self._plan.inside(window)
        shown, expected = moved(self._shown, part), (len(model.spec.classes), *window.shape)
        image, spacing = self._source.block(part), self._source.spacing
        if axis is not None:
            if model.spec.prompts and not (learns or is_shown(model.spec, shown)):
                return _nothing(model.spec, expected)
            shown, image = flat(shown, axis), image.squeeze(axis + 1)
            spacing, expected = _without(spacing, axis), _without(expected, axis + 1)
        try:
            answer = self._answer(self._taught(spacing) if learns else model, image, spacing, shown)
        except Interrupted:
            raise
        except Exception as error:  # a model is foreign code and may raise anything
            if is_out_of_memory(error):
                raise no_memory(window.shape, model.spec) from error
            raise model_failed(error, model.spec) from error
        found = check_answer(answer, expected, model.spec)
        return found if axis is None else np.expand_dims(found, axis + 1)

    @staticmethod
    def _answer(
        model: WholeSegmenter, image: NDArray[np.float32], spacing: tuple[float, ...], shown: Shown
    ) -> NDArray[np.float32]:
        """The chosen one of several masks, where the model proposes several."""
        if not isinstance(model, PromptableSegmenter):
            return model.segment(image, spacing, shown)
        return chosen(model.candidates(image, spacing, shown), shown.prompts.candidate, model.spec).probabilities

    def _taught(self, spacing: tuple[float, ...]) -> WholeSegmenter:
        """The model, having learnt once from the slices that bear prompts."""
        plan, model, axis = self._plan, self._model, self._plan.slice_axis
        if self._pupil is None and axis is not None and isinstance(model, TeachableSegmenter):
            blocks = [plan.inside(window) for window in plan]
            seen = [(block, moved(self._shown, block)) for block in blocks]
            lessons = [
                (self._source.block(block).squeeze(axis + 1), flat(shown, axis))
                for block, shown in seen
                if is_shown(model.spec, shown)
            ]
            self._pupil = model.taught(lessons, spacing)
        return self._pupil or model


def _nothing(spec: ModelSpec, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Probabilities of a slice on which nothing was shown."""
    found = np.zeros(shape, np.float32)
    if spec.has_background_channel:
        found[0] = 1
    return found


def _without(numbers: tuple[_Number, ...], place: int) -> tuple[_Number, ...]:
    return (*numbers[:place], *numbers[place + 1 :])


def moved(shown: Shown, block: Block) -> Shown:
    """The same prompts in voxels of a block of the case; what lies outside it is left out, boxes are cut at its edges.

    A place outside would have no voxel, and one before the first would count from the end.
    """
    starts, sizes = [part.start for part in block], [part.stop - part.start for part in block]
    points, boxes = [], []
    for point in shown.prompts.points:
        at = tuple(a - s for a, s in zip(point.at, starts, strict=True))
        if all(-0.5 <= a < n - 0.5 for a, n in zip(at, sizes, strict=True)):
            points.append(Point(at=at, label=point.label))
    for box in shown.prompts.boxes:
        edges = tuple(
            (max(a - s, 0.0), min(b - s, float(n))) for (a, b), s, n in zip(box.edges, starts, sizes, strict=True)
        )
        if all(a < b for a, b in edges):
            boxes.append(Box(edges=edges, label=box.label))
    return Shown(
        shown.prompts.model_copy(update={'points': tuple(points), 'boxes': tuple(boxes)}),
        None if shown.scribbles is None else shown.scribbles[block],
    )


def flat(shown: Shown, axis: int) -> Shown:
    """The same prompts without an axis of length one."""
    points = [point.model_copy(update={'at': _without(point.at, axis)}) for point in shown.prompts.points]
    boxes = [box.model_copy(update={'edges': _without(box.edges, axis)}) for box in shown.prompts.boxes]
    return Shown(
        shown.prompts.model_copy(update={'points': tuple(points), 'boxes': tuple(boxes)}),
        None if shown.scribbles is None else shown.scribbles.squeeze(axis),
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
    weights = interpolate(masks, [0] * part.ndim, part.shape, places, 1 if order else 0, grid.shrinking)
    found: NDArray[Any] = values[weights.argmax(axis=0)]
    return found
