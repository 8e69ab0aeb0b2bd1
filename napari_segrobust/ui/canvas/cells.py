"""Which cells stand on the canvas, and which layers belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from napari_segrobust.ui.canvas.layer_set import CHANGE, CLEAN, ERROR, PREDICTION, PROBABILITY, REFERENCE

Beside = Literal['nothing', 'clean', 'lanes']
#: Roles of which every lane has a layer, even where only one cell is shown.
_OF_A_LANE = (PREDICTION, ERROR, CHANGE, PROBABILITY)


@dataclass(frozen=True)
class Cells:
    """What stands on the canvas.

    Attributes
    ----------
    beside : {'nothing', 'clean', 'lanes'}
        What stands side by side.
    lane : int
        The lane that is drawn where nothing stands side by side: two over each other cannot be told apart.
    """

    beside: Beside = 'nothing'
    lane: int = 0

    def full(self, lanes: int) -> list[int]:
        """Cells with a full set of layers, as they stand from left to right, of so many lanes."""
        return {'nothing': [0], 'clean': [0, CLEAN], 'lanes': list(range(max(1, lanes)))}[self.beside]

    def draws(self, role: str, cell: int) -> bool:
        """Whether a layer has its place on the canvas; it may still be hidden there."""
        if self.beside == 'nothing':
            return cell == (self.lane if role in _OF_A_LANE else 0)
        return cell in (0, CLEAN) if self.beside == 'clean' else cell != CLEAN


def is_chosen(role: str, shown_map: str, masks: str, is_flat: bool) -> bool:
    """Whether layers of a role are among those that are looked at.

    Parameters
    ----------
    role : str
    shown_map : str
        The role of the map that is painted; "none" for none.
    masks : {'reference', 'prediction', 'both', 'none'}
    is_flat : bool
        Whether the view is 2D. Filled in 3D, little but speckle of masks is seen between errors.
    """
    if role in (ERROR, CHANGE):
        return role == shown_map
    if role in (REFERENCE, PREDICTION):
        return masks in (role, 'both') and (is_flat or shown_map == 'none')
    return True
