"""Pictures that are made once everything has settled, in the file thread: nothing of them is in the way of a drag."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_segrobust.ui.canvas.layer_set import IMAGE, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.compare import MetricSettings
    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.canvas.overlays import Overlays
    from napari_segrobust.ui.canvas.painter import Painter


@dataclass(frozen=True, eq=False)
class Masks:
    """What a settled number was taken from.

    Attributes
    ----------
    reference, prediction : ndarray, shape ([Z,] Y, X)
        Of the shown slice, or of the whole.
    label : int
    spacing : tuple of float or None
    valid : ndarray of bool or None
    settings : MetricSettings
    plane : (int, int) or None
        Axis and index of the slice; None for the whole, and in 2D.
    """

    reference: NDArray[Any]
    prediction: NDArray[Any]
    label: int
    spacing: tuple[float, ...] | None
    valid: NDArray[np.bool_] | None
    settings: MetricSettings
    plane: tuple[int, int] | None

    @property
    def length_unit(self) -> str:
        """Unit of distances."""
        if self.spacing is not None:
            return 'mm'
        return 'voxels' if self.reference.ndim == 3 else 'px'

    def place(self, points: NDArray[Any]) -> NDArray[Any]:
        """Put points (N, 2) of a slice into the volume; those of the whole stay."""
        return points if self.plane is None else np.insert(points, self.plane[0], self.plane[1], axis=1)


class Settled(ABC):
    """Follows a session, and shows what is wanted as soon as nothing moves any more. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter
    overlays : Overlays
    """

    #: Of the layer, and of its entries in the legend.
    name: ClassVar[str]

    def __init__(self, viewer: Any, session: Session, painter: Painter, overlays: Overlays) -> None:
        self._viewer = viewer
        self._session = session
        self._painter = painter
        self._overlays = overlays
        self._asked: Hashable = None
        self._layer: Layer | None = None
        self._links = Connections()
        events, dims = session.state.events, viewer.dims.events
        for signal in (session.volume_ready, session.requested, events.label, events.scope):
            self._links.add(signal, self.follow)
        self._links.add(session.case_changed, self._on_case)
        for signal in (painter.view_changed, dims.ndisplay):
            self._links.add(signal, self.follow)

    def close(self) -> None:
        """Take away what was made, and cut the connections. Idempotent."""
        self._links.close()
        self._asked = None
        self._remove()
        self._overlays.add_chips(self.name, ())

    def follow(self, *_: object) -> None:
        """Ask for what is wanted, unless it is there; while numbers move, what belongs to others is hidden."""
        key = self._key()
        if key is not None and key == self._asked:
            return
        self.hide()
        self._asked = None
        masks = None if key is None or not self._session.settled else self._masks()
        if masks is not None:
            self._asked = key
            wanted = self.wanted()
            self._session.load(lambda: self.job(masks, wanted), lambda made: self._done(key, made), quiet=True)

    @abstractmethod
    def wanted(self) -> Hashable:
        """What is to be shown; None for nothing."""

    @abstractmethod
    def job(self, masks: Masks, wanted: Any) -> Any:
        """Compute what was wanted when it was asked for. File thread."""

    @abstractmethod
    def show(self, made: Any) -> None:
        """Show what `job` returned."""

    def hide(self) -> None:
        """Hide the layer; when nothing is wanted any more it goes, and its memory with it."""
        if self.layer is not None and self.wanted() is not None:
            self._layer.visible = False
        elif self.wanted() is None:
            self._remove()
        self._overlays.add_chips(self.name, ())

    @property
    def layer(self) -> Layer | None:
        """The layer, if it is in the viewer."""
        return self._layer if self._layer is not None and self._layer in self._viewer.layers else None

    def put(self, layer: Layer) -> None:
        """Lay a layer over all others, in place of the former one; the chosen layer stays chosen."""
        active = self._viewer.layers.selection.active
        self._remove()
        layer.editable = False
        self._viewer.layers.append(layer)
        self._viewer.layers.selection.active = active
        self._layer = layer

    @property
    def options(self) -> dict[str, Any]:
        """Name of the layer, and where it lies: with the image."""
        return {'name': self.name, **Placement.of_layer(self._painter.layers.get(IMAGE, 0, IMAGE)).transforms}

    def _remove(self) -> None:
        if self.layer is not None:
            self._viewer.layers.remove(self._layer)
        self._layer = None

    def whole(self) -> bool:
        """Whether it is about the whole volume rather than the shown slice."""
        return self._session.state.scope == 'volume' or self._session.state.plane is None

    def label(self) -> int | None:
        """The one label that it is about; None where several are measured together."""
        state, volume = self._session.state, self._session.volume
        if state.label is not None or volume is None:
            return state.label
        labels = {label for view in volume.lanes if view.accuracy is not None for label in view.accuracy.metrics}
        return labels.pop() if len(labels) == 1 else None

    def _on_case(self, *_: object) -> None:
        """Another image may lie elsewhere: its layer is made anew."""
        self._remove()
        self.follow()

    def _key(self) -> Hashable:
        request, wanted = self._session.current, self.wanted()
        if wanted is None or request is None or self._session.case is not request.case:
            return None
        lane = next((one.now for one in request.lanes if one.index == self._painter.cells.lane), None)
        label = self.label()
        if lane is None or label is None or not request.case.references:
            return None
        plane = None if self.whole() or request.plane is None else (request.plane.axis, request.plane.index)
        return wanted, lane.compare_key, label, plane, self._viewer.dims.ndisplay

    def _masks(self) -> Masks | None:
        session, case, label = self._session, self._session.case, self.label()
        update = session.volume if self.whole() or case.ndim == 2 else session.plane
        view = None
        if update is not None and session.is_current(update.request):
            view = next((one for one in update.lanes if one.index == self._painter.cells.lane), None)
        if view is None or view.accuracy is None or label is None:
            return None
        plane = None
        if view.labels.ndim < case.ndim:
            plane = (update.request.plane.axis, update.request.plane.index)
        comparison = view.accuracy
        return Masks(view.reference, view.labels, label, comparison.spacing, view.valid, comparison.settings, plane)

    def _done(self, key: Hashable, made: Any) -> None:
        if key == self._asked:
            self.show(made)
