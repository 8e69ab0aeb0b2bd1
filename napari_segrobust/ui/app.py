"""A napari window with the explorer in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Plane
from napari_segrobust.ui.bridge import FrameClock
from napari_segrobust.ui.painter import Painter

if TYPE_CHECKING:
    from napari_segrobust.explore.updates import PlaneUpdate


class Explorer:
    """One viewer's explorer: session, painter, and the ties between the viewer's slider and the state.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self.session = Session(wake=self._wake)
        self.clock = FrameClock(self.session.drain)
        self.painter = Painter(viewer, self.session)
        viewer.dims.events.current_step.connect(self._follow_plane)
        viewer.dims.events.ndisplay.connect(self._follow_plane)
        viewer.dims.events.order.connect(self._follow_plane)
        self.session.case_changed.connect(self._go_to_middle)

    def _wake(self) -> None:
        self.clock.wake()

    def _go_to_middle(self, case: Any) -> None:
        if case.ndim == 3 and self.session.state.plane is not None:
            self.viewer.dims.set_current_step(self.session.state.plane.axis, self.session.state.plane.index)
        self._follow_plane()

    def _follow_plane(self, _event: object = None) -> None:
        """The plane on the canvas becomes the plane of the state."""
        case, dims = self.session.case, self.viewer.dims
        if case is None:
            return
        if dims.ndisplay == 3 and case.ndim == 3:
            self.session.state.plane = None
            return
        offset = dims.ndim - case.ndim
        hidden = [axis - offset for axis in dims.order[: dims.ndim - 2] if axis >= offset]
        axis = hidden[0] if hidden else 0
        index = dims.current_step[axis + offset] if case.ndim == 3 else 0
        self.session.state.plane = Plane(axis=axis, index=int(index))

    def shutdown(self) -> bool:
        """Stop the threads and cut every connection; idempotent."""
        self.viewer.dims.events.current_step.disconnect(self._follow_plane)
        self.viewer.dims.events.ndisplay.disconnect(self._follow_plane)
        self.viewer.dims.events.order.disconnect(self._follow_plane)
        self.painter.close()
        gone = self.session.shutdown()
        self.clock.stop()
        return gone
