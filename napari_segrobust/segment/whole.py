"""A model that takes the whole image, run as a plan of one window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.prompts import Box, Point
from napari_segrobust.segment.answers import check_answer, is_out_of_memory, model_failed, no_memory
from napari_segrobust.segment.protocols import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
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
