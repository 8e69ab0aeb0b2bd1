"""A model that takes the whole image, run as a plan of one window; or each slice whole, run slice by slice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.prompts import Box, Point
from napari_segrobust.segment.answers import check_answer, is_out_of_memory, model_failed, no_memory
from napari_segrobust.segment.protocols import Shown, TeachableSegmenter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WholeSegmenter

T = TypeVar('T')


class WholeRunner:
    """What `WindowRunner` is to windows, for a model that decides on windows itself.

    Parameters
    ----------
    model : WholeSegmenter
    source : ImageSource
    plan : WindowPlan
        One window, the context box; or one per slice of it.
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
        part, axis = self._plan.inside(window), self._plan.slice_axis
        shape = tuple(n for i, n in enumerate(window.shape) if i != axis)
        model = self._model
        try:
            pupil = self._taught()
            image, shown = self._seen(part)
            answer = pupil.segment(image, self._spacing, shown)
        except Interrupted:
            raise
        except Exception as error:  # a model is foreign code and may raise anything
            if is_out_of_memory(error):
                raise no_memory(window.shape, model.spec) from error
            raise model_failed(error, model.spec) from error
        checked = check_answer(answer, (len(model.spec.classes), *shape), model.spec)
        return checked if axis is None else np.expand_dims(checked, axis + 1)

    @property
    def _spacing(self) -> tuple[float, ...]:
        return tuple(mm for i, mm in enumerate(self._source.spacing) if i != self._plan.slice_axis)

    def _seen(self, part: Block) -> tuple[NDArray[np.float32], Shown]:
        """What the model gets of a block of the image, and what it is shown there; without the axis of the slices."""
        image, shown, axis = self._source.block(part), moved(self._shown, part), self._plan.slice_axis
        return (image, shown) if axis is None else (image.squeeze(axis + 1), on_slice(shown, axis))

    def _taught(self) -> WholeSegmenter:
        """The model, having learnt once from the slices that bear prompts where it learns from them."""
        if self._plan.slice_axis is None or not isinstance(self._model, TeachableSegmenter):
            return self._model
        if self._pupil is None:
            seen = (self._seen(self._plan.inside(window)) for window in self._plan if self._bears(window))
            self._pupil = self._model.taught(list(seen), self._spacing)
        return self._pupil

    def _bears(self, window: Window) -> bool:
        """Whether anything is shown on the slice of a window."""
        part, axis = self._plan.inside(window), self._plan.slice_axis
        shown = on_slice(moved(self._shown, part), 0 if axis is None else axis)
        marked = shown.scribbles is not None and bool(shown.scribbles.any())
        return marked or bool(shown.prompts.points or shown.prompts.boxes)


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


def on_slice(shown: Shown, axis: int) -> Shown:
    """Prompts of the one slice that a block is thick, without its axis; what lies on other slices goes."""

    def rest(values: tuple[T, ...]) -> tuple[T, ...]:
        return values[:axis] + values[axis + 1 :]

    points = [Point(at=rest(p.at), label=p.label) for p in shown.prompts.points if -0.5 <= p.at[axis] < 0.5]
    boxes = [
        Box(edges=rest(box.edges), label=box.label)
        for box in shown.prompts.boxes
        if math.ceil(box.edges[axis][0]) <= 0 < box.edges[axis][1]
    ]
    return Shown(
        shown.prompts.model_copy(update={'points': tuple(points), 'boxes': tuple(boxes)}),
        None if shown.scribbles is None else shown.scribbles.squeeze(axis),
    )
