"""Layers of the viewer that the stack borrows: masks that regions are drawn on, images that it leads towards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from napari.layers import Image, Labels
from psygnal import Signal

from napari_segrobust.perturb import Region, array_sha256, mask_sha256
from napari_segrobust.ui.bridge import FrameClock
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.inputs.sources import Layers

if TYPE_CHECKING:
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.ui.app import Explorer


class Borrowed:
    """Takes copies of other people's layers into the case, by content. GUI thread; voxels are read in the file thread.

    Parameters
    ----------
    explorer : Explorer

    Notes
    -----
    A Labels layer that is a region is followed while it is painted on: each stroke is another region, and can be
    undone as one.
    """

    #: Layers came or went, or the names of what was borrowed are known.
    changed: ClassVar[Signal] = Signal()

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._viewer, self._session = explorer.viewer, explorer.session
        self._names: dict[str, str] = {}
        self._followed: Labels | None = None
        self._entry = 0
        self._clock = FrameClock(self._take_painted)
        self._links = Connections()
        for event in (
            self._viewer.layers.events.inserted,
            self._viewer.layers.events.removed,
        ):
            self._links.add(event, self._on_layers)
        self._links.add(self._session.case_changed, self._on_layers)

    def close(self) -> None:
        """Cut the connections. Idempotent."""
        self._links.close()
        self._clock.stop()
        self._follow(None)

    def name(self, key: str | None) -> str:
        """Name of the layer that a content hash was taken from."""
        return self._names.get(key or '', 'drawn before' if key else '')

    # -- regions ------------------------------------------------------------------------------------------------

    def masks(self) -> dict[str, Labels]:
        """Labels layers on the grid of the case, by name."""
        case = self._session.case
        if case is None:
            return {}
        found = [layer for layer in self._viewer.layers if isinstance(layer, Labels) and not layer.multiscale]
        return {
            layer.name: layer for layer in found if not layer.name.startswith(PREFIX) and layer.data.shape == case.shape
        }

    def use_mask(self, index: int, layer: Labels) -> None:
        """Let an entry act where a layer is not 0, and follow the layer from now on."""
        self._entry = index
        self._follow(layer)
        data, name, old = layer.data, layer.name, self._session.state.stack[index].region

        def read() -> tuple[str, NDArray[np.bool_]]:
            mask = np.not_equal(data, 0)
            return mask_sha256(mask), mask

        def done(found: tuple[str, NDArray[np.bool_]]) -> None:
            key, mask = found
            self._names[key] = name
            if self._explorer.session.case is None or mask.shape != self._explorer.session.case.shape:
                return
            self._session.amend(masks={key: mask})
            region = Region(kind='mask', mask_sha256=key, feather_mm=old.feather_mm)
            self._put(index, region=region)

        self._session.load(read, done, quiet=True)

    def _take_painted(self) -> None:
        stack, layer = self._session.state.stack, self._followed
        if layer is None or self._entry >= len(stack) or stack[self._entry].region.kind != 'mask':
            self._follow(None)
            return
        if layer in self._viewer.layers:
            self.use_mask(self._entry, layer)

    def _follow(self, layer: Labels | None) -> None:
        if layer is self._followed:
            return
        if self._followed is not None:
            for event in (self._followed.events.paint, self._followed.events.data):
                event.disconnect(self._on_painted)
        self._followed = layer
        if layer is not None:
            for event in (layer.events.paint, layer.events.data):
                event.connect(self._on_painted)

    def _on_painted(self, _event: object) -> None:
        self._clock.wake()

    # -- targets ------------------------------------------------------------------------------------------------

    def images(self) -> dict[str, Image]:
        """Image layers other than the case's own, with as many axes, by name."""
        case, source = self._session.case, self._explorer.opener.source
        own = source.image if isinstance(source, Layers) else None
        if case is None:
            return {}
        found = [layer for layer in self._viewer.layers if isinstance(layer, Image) and layer is not own]
        return {
            layer.name: layer
            for layer in found
            if not layer.name.startswith(PREFIX) and not layer.rgb and not layer.multiscale and layer.ndim == case.ndim
        }

    def use_image(self, index: int, layer: Image) -> None:
        """Let an entry lead towards an image layer."""
        data, name = layer.data, layer.name

        def read() -> tuple[str, NDArray[np.float32]]:
            image = np.array(data, np.float32)
            return array_sha256(image), image

        def done(found: tuple[str, NDArray[np.float32]]) -> None:
            key, image = found
            self._names[key] = name
            self._session.amend(targets={key: image})
            self._put(index, target=key)

        self._session.load(read, done, quiet=True)

    # -- both ---------------------------------------------------------------------------------------------------

    def _put(self, index: int, **changes: Any) -> None:
        if index < len(self._session.state.stack):
            self._session.state.set_perturbation(index, **changes)
            self._session.history.commit()
            self.changed.emit()

    def _on_layers(self, event: Any = None) -> None:
        layer: Layer | None = getattr(event, 'value', None)
        if layer is not None and layer is self._followed and layer not in self._viewer.layers:
            self._follow(None)
        name = getattr(layer, 'name', '')
        if not (isinstance(name, str) and name.startswith(PREFIX)):
            self.changed.emit()
