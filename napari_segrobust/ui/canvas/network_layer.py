"""The image as the network sees it, after the model's own preprocessing: normalisation hides some perturbations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Image

from napari_segrobust.explore.updates import PlaneUpdate
from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.state import Extra, Plane
    from napari_segrobust.explore.updates import LaneView, VolumeUpdate
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.ui.canvas.painter import Painter

NAME = f'{PREFIX}as the network sees it'


class NetworkLayer:
    """Draws what the chosen lane's network is given, over the image, while `ExploreState.extras` asks for it.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter

    Notes
    -----
    The limits of its grey values are what the clean image's range becomes, and stay: what is hidden by normalisation
    looks unchanged.
    """

    #: What it asks for, and where `LaneView` has it.
    extra: ClassVar[Extra] = 'network'

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._viewer, self._session, self._painter = viewer, session, painter
        self.layer: Any = None
        self._lane: int | None = None
        self._grid: ModelGrid | None = None
        self._links = Connections()
        self._links.add(session.plane_ready, self._paint)
        self._links.add(session.volume_ready, self._paint)
        self._links.add(session.state.events.extras, self._follow)
        self._links.add(session.state.events.lanes, self._follow)
        self._links.add(session.case_changed, lambda _case: self._remove())
        self._links.add(painter.shown, self._follow)
        self._links.add(painter.view_changed, self._follow)
        self._links.add(viewer.layers.events.removed, self._on_removed)

    def close(self) -> None:
        """Cut the connections; the layer stays with the user. Idempotent."""
        self._links.close()

    def _follow(self, *_: object) -> None:
        """Take the layer away when nobody asks for it; hide it while the baseline is held."""
        lanes = self._session.state.lanes
        if self.extra not in self._session.state.extras or all(lane.given for lane in lanes):
            self._remove()
        elif self.layer is not None:
            self.layer.visible = not self._painter.is_held
            if self._lane != self._painter.cells.lane:
                for update in (self._session.volume, self._session.plane):
                    if update is not None and self._session.is_current(update.request):
                        self._paint(update)

    def _remove(self) -> None:
        layer, self.layer = self.layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _on_removed(self, event: Any) -> None:
        """Who deletes the layer wants it no more."""
        if event.value is self.layer and self.layer is not None:
            self.layer = None
            self._session.state.ask(self.extra, on=False)

    def _paint(self, update: PlaneUpdate | VolumeUpdate) -> None:
        chosen = self._painter.cells.lane
        view = next((view for view in update.lanes if view.index == chosen), None)
        values = None if view is None or self.extra not in self._session.state.extras else self.values(view)
        if values is None:
            return
        case, plane = update.request.case, update.request.plane
        grid = self.grid_of(view)
        shape = case.shape if grid is None else grid.shape
        fits = self.layer is not None and self.layer.data.shape == shape and self._grid == grid
        layer = self.layer if fits else self._make(shape, grid)
        where: tuple[Any, ...] = (...,)
        if isinstance(update, PlaneUpdate) and plane is not None and case.ndim == 3:
            where = tuple(self.slice_of(view, plane) if axis == plane.axis else slice(None) for axis in range(3))
        layer.data[where] = values
        if self._lane != chosen:
            self._lane = chosen
            self.dress(layer, view)
        layer.refresh(extent=False, highlight=False)

    def values(self, view: LaneView) -> NDArray[Any] | None:
        """What is drawn of a lane; None where it has none."""
        network = view.network
        return None if network is None else network[min(self._painter.layers.channel, len(network) - 1)]

    def grid_of(self, view: LaneView) -> ModelGrid | None:
        """On which grid it lies; None is that of the case."""
        return view.network_grid

    def slice_of(self, view: LaneView, _plane: Plane) -> int:
        """Which slice of that grid the shown plane is."""
        return view.network_plane

    def dress(self, layer: Any, view: LaneView) -> None:
        """Give the layer the colours of a lane that it did not show before."""
        low, high = view.network_range
        layer.contrast_limits = (low, high if high > low else low + 1)

    def blank(self, shape: tuple[int, ...], **options: Any) -> Any:
        """Return a layer that shows nothing yet."""
        return Image(np.zeros(shape, np.float32), name=NAME, **options)

    def _make(self, shape: tuple[int, ...], grid: ModelGrid | None) -> Any:
        """A layer directly above the image, below all masks and maps, in its place on the grid of the network."""
        self._remove()
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        placement = Placement.of_layer(image)
        if grid is not None:
            placement = placement.within(grid.origin, grid.scale)
        layer = self.blank(shape, **placement.transforms)
        layer.visible = not self._painter.is_held
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(self._viewer.layers.index(image) + 1, layer)
        self._viewer.layers.selection.active = active
        self.layer, self._lane, self._grid = layer, None, grid
        return layer
