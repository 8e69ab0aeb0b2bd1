"""What lies outside the context box is dimmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.ui.canvas.layer_set import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari.layers import Layer

    from napari_segrobust.ui.canvas.layer_set import LayerSet

Box = tuple[tuple[int, int], ...]


class Dimming:
    """Fills the layers that dim the outside of a box. GUI thread.

    Parameters
    ----------
    make : callable
        Gives the layer of a role and a cell, made where there is none.
    """

    def __init__(self, make: Callable[[str, int], Layer]) -> None:
        self._make = make
        self._box: Box | None = None

    def follow(self, layers: LayerSet, box: Box | None, cells: Iterable[int]) -> None:
        """Dim the outside of `box` in these cells; without a box nothing is dimmed."""
        if box is None:
            layers.remove([key for key, _ in layers if key[0] == OUTSIDE])
            self._box = None
            return
        if box == self._box and (OUTSIDE, 0) in layers:
            return
        self._box = box
        outside = layers.array(OUTSIDE, 0)
        outside[...] = 1
        outside[tuple(slice(start, stop) for start, stop in box)] = 0
        for cell in cells:
            self._make(OUTSIDE, cell).refresh(extent=False, highlight=False)
