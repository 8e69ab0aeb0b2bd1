"""A model that takes the whole image, run as a plan of one window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.segment.answers import check_answer, is_out_of_memory, model_failed, no_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Window, WindowPlan
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
    """

    batch = 1
    statistics: Statistics | None = None

    def __init__(self, model: WholeSegmenter, source: ImageSource, plan: WindowPlan) -> None:
        self.messages: list[str] = []
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
        image = self._source.block(self._plan.inside(window))
        try:
            answer = model.segment(image, self._source.spacing)
        except Interrupted:
            raise
        except Exception as error:  # a model is foreign code and may raise anything
            if is_out_of_memory(error):
                raise no_memory(window.shape, model.spec) from error
            raise model_failed(error, model.spec) from error
        return check_answer(answer, (len(model.spec.classes), *window.shape), model.spec)
