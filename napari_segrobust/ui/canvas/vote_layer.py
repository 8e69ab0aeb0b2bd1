"""How many members of an ensemble say the shown label, voxel by voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap

from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.ui.canvas.colors import GREEN, YELLOW, Chip, recolor, rgb
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.canvas.network_layer import NetworkLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.state import Extra, Plane
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.ui.canvas.overlays import Overlays
    from napari_segrobust.ui.canvas.painter import Painter

NAME = f'{PREFIX}votes'
#: So many counts have an entry in the legend; of more members the first, the middle and the last.
_LISTED = 5


class VoteLayer(NetworkLayer):
    """Draws the votes of the chosen lane's ensemble, while `ExploreState.extras` asks for them.

    Parameters
    ----------
    viewer, session, painter
        As of `NetworkLayer`.
    overlays : Overlays
        Its legend says which colour is how many votes.
    """

    extra: ClassVar[Extra] = 'votes'

    def __init__(self, viewer: Any, session: Session, painter: Painter, overlays: Overlays) -> None:
        super().__init__(viewer, session, painter)
        self._overlays = overlays

    def values(self, view: LaneView) -> NDArray[np.uint8] | None:
        """Counts of votes; None for a lane that is no ensemble."""
        return view.votes

    def grid_of(self, _view: LaneView) -> None:
        """On the grid of the case."""

    def slice_of(self, _view: LaneView, plane: Plane) -> int:
        """The shown slice."""
        return plane.index

    def dress(self, layer: Labels, view: LaneView) -> None:
        """Give each count its colour, and say them in the legend."""
        members = self._members(view.index)
        colors = {count: vote_color(count, members) for count in range(1, members + 1)}
        recolor(layer, DirectLabelColormap(color_dict={None: 'transparent', 0: 'transparent', **colors}))
        shown = colors if members <= _LISTED else (1, (members + 1) // 2, members)
        self._overlays.add_chips(NAME, tuple(Chip(colors[n], f'{n} of {members} votes', '■') for n in shown))

    def blank(self, shape: tuple[int, ...], **options: Any) -> Labels:
        """Return a layer without votes."""
        return Labels(np.zeros(shape, np.uint8), name=NAME, opacity=0.7, **options)

    def _remove(self) -> None:
        super()._remove()
        self._overlays.add_chips(NAME, ())

    def _members(self, lane: int) -> int:
        request = self._session.current
        walks = [] if request is None else [entry.now for entry in request.lanes if entry.index == lane]
        model = walks[0].model if walks else None
        return len(model.present) if isinstance(model, Ensemble) else 1


def vote_color(count: int, members: int) -> str:
    """``#rrggbb`` from yellow for one vote to green for all."""
    share = 1.0 if members == 1 else (count - 1) / (members - 1)
    mixed = ((1 - share) * a + share * b for a, b in zip(rgb(YELLOW), rgb(GREEN), strict=True))
    return '#' + ''.join(f'{round(255 * part):02x}' for part in mixed)
