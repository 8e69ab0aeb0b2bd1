"""Side by side: the clean run beside the perturbed one, or lane beside lane, in napari's grid."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from psygnal import Signal

from napari_segrobust.ui.canvas.layer_set import IMAGE, PREFIX
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.canvas.painter import Painter

Arrangement = Literal['single', 'clean', 'lanes']
_CAPTION_POINTS = 8


@dataclass(frozen=True)
class _Before:
    """What the viewer looked like before the grid."""

    order: tuple[Layer, ...]
    hidden: tuple[Layer, ...]
    grid: dict[str, Any]
    center: tuple[float, ...]
    zoom: float
    active: Layer | None


class Layout:
    """One cell, or a grid of cells with one camera. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter

    Examples
    --------
    >>> layout = Layout(viewer, session, painter)  # doctest: +SKIP
    >>> layout.toggle()  # doctest: +SKIP
    >>> layout.close()  # doctest: +SKIP
    """

    changed: ClassVar[Signal] = Signal(str)

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._viewer = viewer
        self._session = session
        self._painter = painter
        self._before: _Before | None = None
        self._arranging = False
        self.arrangement: Arrangement = 'single'
        self._links = Connections()
        self._links.add(viewer.layers.events.inserted, self._on_layers)
        self._links.add(viewer.layers.events.removed, self._on_layers)
        self._links.add(session.state.events.lanes, self._on_lanes)
        self._links.add(session.case_changed, self._on_case)
        self._links.add(viewer.dims.events.order, self._turn_head_up)
        self._orientation = viewer.scene.camera.orientation2d

    def close(self) -> None:
        """Go back to one cell and cut the connections. Idempotent."""
        self._links.close()
        # The window may be going: its canvas is gone already, and layers must not come, go or move any more.
        with suppress(RuntimeError):
            if self._before is not None:
                self._leave_grid()
            self._viewer.scene.camera.orientation2d = self._orientation
        self._before, self.arrangement = None, 'single'

    def toggle(self) -> Arrangement:
        """Side by side, or back: lanes where there are several, else clean beside perturbed."""
        several = len(self._session.state.lanes) > 1
        self.show('single' if self.arrangement != 'single' else 'lanes' if several else 'clean')
        return self.arrangement

    def show(self, arrangement: Arrangement) -> None:
        """Arrange the canvas; going back to ``single`` restores what was there before."""
        if arrangement == self.arrangement or self._session.case is None:
            return
        if self.arrangement == 'single':
            self._remember()
        self.arrangement = arrangement
        self._arranging = True
        try:
            if arrangement == 'single':
                self._viewer.canvas.grid.enabled = False
            self._painter.set_cells('nothing' if arrangement == 'single' else arrangement)
            if arrangement == 'single':
                self._restore()
            else:
                self._arrange()
                self._viewer.reset_view()
        finally:
            self._arranging = False
        self.changed.emit(arrangement)

    # -- inside ---------------------------------------------------------------------------------------------

    def _remember(self) -> None:
        viewer, grid = self._viewer, self._viewer.canvas.grid
        others = tuple(layer for layer in viewer.layers if not layer.name.startswith(PREFIX) and layer.visible)
        settings = {name: getattr(grid, name) for name in ('stride', 'shape', 'spacing', 'enabled')}
        camera = viewer.scene.camera
        self._before = _Before(
            tuple(viewer.layers), others, settings, tuple(camera.center), camera.zoom, viewer.layers.selection.active
        )

    def _arrange(self) -> None:
        """Our layers first, cell after cell, equally many in each: napari fills its grid in that order.

        Hidden layers count too; those that are not drawn come after all that are.
        """
        ours = [(cell, layer) for (_, cell), layer in self._painter.drawn()]
        self._reorder([layer for _, layer in ours])
        for layer in self._before.hidden:
            layer.visible = False
        counts = Counter(cell for cell, _ in ours)
        columns = len(counts) if len(counts) <= 3 else math.ceil(len(counts) / 2)
        grid = self._viewer.canvas.grid
        grid.stride = max(counts.values())
        grid.shape = (math.ceil(len(counts) / columns), columns)
        grid.spacing = 0
        grid.enabled = True
        for (role, _), layer in self._painter.drawn():
            if role == IMAGE:
                layer.name_overlay.position = 'bottom_center'
                layer.name_overlay.font_size = _CAPTION_POINTS
                layer.name_overlay.visible = True

    def _restore(self) -> None:
        before, viewer = self._before, self._viewer
        self._leave_grid()
        self._reorder([layer for layer in before.order if layer in viewer.layers])
        viewer.scene.camera.center = before.center
        viewer.scene.camera.zoom = before.zoom
        if before.active in viewer.layers:
            viewer.layers.selection.active = before.active
        self._before = None

    def _leave_grid(self) -> None:
        self._viewer.canvas.grid.update(self._before.grid)
        for layer in self._painter.layers.of_role(IMAGE) if self._painter.layers is not None else ():
            layer.name_overlay.visible = False
        for layer in self._before.hidden:
            layer.visible = True

    def _reorder(self, first: list[Layer]) -> None:
        layers = self._viewer.layers
        for place, layer in enumerate(first):
            if layers[place] is not layer:
                layers.move(layers.index(layer), place)

    def _on_layers(self, *_: object) -> None:
        """A layer came back or went: the cells must stay aligned."""
        if self.arrangement != 'single' and not self._arranging and self._painter.layers is not None:
            counts = Counter(cell for (_, cell), _ in self._painter.drawn())
            if counts and len(set(counts.values())) == 1:
                self._arrange()

    def _on_lanes(self, *_: object) -> None:
        if self.arrangement == 'lanes':
            self.show('single')
            if len(self._session.state.lanes) > 1:
                self.show('lanes')

    def _on_case(self, *_: object) -> None:
        """The old case's layers are gone: begin again with one cell."""
        self.show('single')
        self._turn_head_up()

    def _turn_head_up(self, *_: object) -> None:
        """Coronal and sagittal planes with the head up, axial ones with the front up: napari draws rows downwards."""
        case, dims = self._session.case, self._viewer.dims
        if case is None or case.geometry.letters is None or min(dims.displayed) < dims.ndim - case.ndim:
            return
        row = dims.displayed[0] - (dims.ndim - case.ndim)
        up = case.geometry.letters[row][0] in 'IP'
        self._viewer.scene.camera.orientation2d = ('up' if up else 'down', 'right')
