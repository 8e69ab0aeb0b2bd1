"""Two masks on the canvas as A and B: outlines of one kind, and one of them dashed. Nothing says whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_segrobust.review.marks import RATER_DASHES
from napari_segrobust.ui.canvas.colors import PINK, SKY
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.review.contours import Contours, Outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer

    Mask = NDArray[np.bool_]

Side = Literal['both', 'A', 'B']
#: Neither is the colour of reference, prediction or error.
COLORS = (PINK, SKY)
#: Who judges an outline looks closer than who flies past.
_CLOSER = 2.0


class PairLayers:
    """Draws two masks. GUI thread.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._contours = Contours(explorer, 'outlines A and B')
        #: A, B, and where they differ.
        self._masks: tuple[Mask, Mask, Mask] | None = None
        self._links = Connections()
        self._links.add(explorer.session.case_changed, lambda _case: self.hide(), priority=1)

    def close(self) -> None:
        """Take the layers away and cut the connections. Idempotent."""
        self._links.close()
        self.hide()
        self._contours.close()

    @property
    def is_shown(self) -> bool:
        """Whether a pair is drawn."""
        return self._masks is not None

    def fly(self, masks: tuple[Mask, Mask]) -> None:
        """Go to where most is drawn, and draw both."""
        self._masks = (*masks, masks[0] ^ masks[1])
        union = masks[0] | masks[1]
        index = int(np.argmax(np.count_nonzero(union, axis=(1, 2)))) if union.ndim == 3 else 0
        plane = union[index] if union.ndim == 3 else union
        with self._contours.drawn_once():
            if plane.any():
                sides = [np.flatnonzero(plane.any(axis=axis))[[0, -1]] for axis in (1, 0)]
                box = [(index, index + 1)] * (union.ndim - 2) + [(int(low), int(high) + 1) for low, high in sides]
                self._explorer.navigator.look_at([(low + high - 1) // 2 for low, high in box], box)
                self._explorer.viewer.scene.camera.zoom *= _CLOSER
            self.show_side('both')

    def show_side(self, side: Side) -> None:
        """Draw both, or one alone."""
        if self._masks is None:
            return
        *masks, differ = self._masks
        # Alone it needs no second sign, and dashes would show less of one mask than of the other.
        words, dashes = ('full line', 'dashed line'), RATER_DASHES[:2]
        if side != 'both':
            words, dashes = ('outline', 'outline'), ((), ())
        outlines = list(map(Outline, words, masks, 'AB', COLORS, dashes))
        self._contours.show(outlines if side == 'both' else [outlines['AB'.index(side)]], differ)

    def hide(self) -> None:
        """Take the layers away."""
        self._masks = None
        self._contours.hide()
