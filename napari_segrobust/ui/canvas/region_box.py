"""The box in which one perturbation acts, drawn on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_segrobust.perturb import Region
from napari_segrobust.ui.canvas.drawn_box import DrawnBox
from napari_segrobust.ui.canvas.layer_set import PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.ui.canvas.drawn_box import Box

LAYER = f'{PREFIX}region'


class RegionBox(DrawnBox):
    """The box of the focused entry of the stack, as a rectangle in one viewer. GUI thread.

    Examples
    --------
    >>> region_box = RegionBox(viewer, session, painter)  # doctest: +SKIP
    >>> region_box.start_for(0)  # doctest: +SKIP
    >>> region_box.close()  # doctest: +SKIP
    """

    layer_name: ClassVar[str] = LAYER
    color: ClassVar[str] = '#CC79A7'

    def start_for(self, index: int) -> None:
        """Select the rectangle of an entry, ready to be dragged; without one, ready to draw it."""
        self._session.state.focus = index
        self.start()

    def _events(self) -> Sequence[Any]:
        events = self._session.state.events
        return (events.stack, events.focus)

    def _is_ready(self) -> bool:
        return self._session.state.focused is not None

    def _read(self) -> Box | None:
        entry, case = self._session.state.focused, self._session.case
        box = None if entry is None or entry.region.kind != 'box' else entry.region.box
        # A box from a recipe may have been drawn on another grid.
        fits = box is not None and case is not None and len(box) == case.ndim
        return box if fits else None

    def _write(self, box: Box | None) -> None:
        state = self._session.state
        entry = state.focused
        if entry is None or (box is None and entry.region.kind != 'box'):
            return
        region = Region() if box is None else Region(kind='box', box=box, feather_mm=entry.region.feather_mm)
        state.set_perturbation(state.focus, region=region)
