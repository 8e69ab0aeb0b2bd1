"""A context box drawn on the canvas: what the model may see follows the rectangle while it is dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_segrobust.ui.canvas.drawn_box import DrawnBox, clip_box, rectangle
from napari_segrobust.ui.canvas.layer_set import PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.canvas.drawn_box import Box

__all__ = ['LAYER', 'ContextBox', 'clip_box', 'rectangle']

LAYER = f'{PREFIX}context box'


class ContextBox(DrawnBox):
    """The context box of all lanes, as a rectangle in one viewer. GUI thread.

    Examples
    --------
    >>> context_box = ContextBox(viewer, session, painter)  # doctest: +SKIP
    >>> context_box.start()  # doctest: +SKIP
    >>> context_box.set_slice_range(10, 20)  # doctest: +SKIP
    >>> context_box.changed.connect(print)  # doctest: +SKIP
    >>> context_box.close()  # doctest: +SKIP
    """

    layer_name: ClassVar[str] = LAYER
    color: ClassVar[str] = '#F0E442'

    def _events(self) -> Sequence[Any]:
        return (self._session.state.events.lanes,)

    def _is_ready(self) -> bool:
        return bool(self._session.state.lanes)

    def _read(self) -> Box | None:
        lanes = self._session.state.lanes
        return lanes[0].context.box if lanes else None

    def _write(self, box: Box | None) -> None:
        lanes = self._session.state.lanes
        context = [lane.context.model_copy(update={'box': box}) for lane in lanes]
        self._session.state.lanes = tuple(
            lane.model_copy(update={'context': new}) for lane, new in zip(lanes, context, strict=True)
        )
