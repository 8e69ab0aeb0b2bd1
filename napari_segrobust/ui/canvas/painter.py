"""Results become pictures: finished buffers are copied into the layers, in place, and refreshed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from psygnal import Signal

from napari_segrobust.compare import error_map
from napari_segrobust.explore.picture import error_picture
from napari_segrobust.explore.titles import lane_titles
from napari_segrobust.explore.updates import PlaneUpdate, VolumeUpdate
from napari_segrobust.ui.canvas.cells import Cells, is_chosen
from napari_segrobust.ui.canvas.colors import prediction_colors
from napari_segrobust.ui.canvas.dimming import Dimming
from napari_segrobust.ui.canvas.layer_names import layer_name, reference_name
from napari_segrobust.ui.canvas.layer_set import (
    CHANGE,
    CLEAN,
    ERROR,
    IMAGE,
    PREDICTION,
    PROBABILITY,
    REFERENCE,
    SOFT,
    LayerSet,
    Placement,
)
from napari_segrobust.ui.canvas.shown import Shown
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from napari.layers import Layer
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.ui.canvas.cells import Beside
    from napari_segrobust.ui.canvas.layer_set import Key

MapName = Literal['errors', 'change', 'distance', 'none']
MaskName = Literal['reference', 'prediction', 'both', 'none']
#: The order of the U key.
MASKS: tuple[MaskName, ...] = ('reference', 'prediction', 'both', 'none')


class Painter:
    """Paints a session's results into layers of one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    """

    #: What the canvas shows has changed.
    shown: ClassVar[Signal] = Signal(Shown)
    #: Map, masks, cells or opacity were chosen anew.
    view_changed: ClassVar[Signal] = Signal()

    def __init__(self, viewer: Any, session: Session) -> None:
        self._viewer, self._session = viewer, session
        self.layers: LayerSet | None = None
        self.map: MapName = 'errors'
        self.masks: MaskName = 'both'
        self.now = Shown()
        self._opacity = 0.75
        self._held = False
        self.cells = Cells()
        self._dimming = Dimming(self._layer)
        self._lane_names: tuple[str, ...] = ()
        self._nameless = False
        self._placements: dict[str, Placement] = {}
        events = session.state.events
        self._links = Connections()
        self._links.add(session.case_changed, self.open_case)
        self._links.add(session.plane_ready, self.paint)
        self._links.add(session.volume_ready, self.paint)
        self._links.add(events.reference, self._on_reference)
        self._links.add(events.label, self._on_label)
        for signal in (events.lanes, session.lanes_ready, session.noticed):
            self._links.add(signal, self._on_lanes)
        self._links.add(viewer.dims.events.ndisplay, self._on_ndisplay)

    def close(self) -> None:
        """Cut the connections; the layers stay with the user. Idempotent."""
        self._links.close()

    # -- cases ----------------------------------------------------------------------------------------------

    def place(self, case: Case, layer: Layer) -> None:
        """Lay the layers of `case`, opened next, where `layer` lies: the case was made from it."""
        self._placements[case.key] = Placement.of_layer(layer)

    def open_case(self, case: Case) -> None:
        """Show another image with its reference, in the layers of the old case where it lies on the same grid."""
        self._held = False
        placement = self._placements.pop(case.key, None) or Placement.of_case(case)
        stays = self.layers is not None and self.layers.fits(case, placement)
        if stays:
            self.layers.exchange(case)
        else:
            old = self.layers
            self.layers = LayerSet(self._viewer, case, placement) if old is None else old.anew(case, placement)
            self.layers.correct = self.masks == 'none'
        self._layer(IMAGE, 0)
        if case.references:
            self._layer(REFERENCE, 0)
            self._on_reference()
        self._on_lanes()
        self._on_label()
        self._say(Shown())
        if not stays:
            self._viewer.reset_view()

    # -- what is shown --------------------------------------------------------------------------------------

    def show_map(self, name: MapName) -> None:
        """Show the error map, the change map, the surface distances (a layer of their own) or none over the image."""
        self.map = name
        self._apply_visibility(ERROR, CHANGE, REFERENCE, PREDICTION)

    def show_masks(self, name: MaskName) -> None:
        """Outline the reference, the prediction, both or neither."""
        self.masks = name
        if self.layers is not None:
            self.layers.show_correct(name == 'none')
        self._apply_visibility(REFERENCE, PREDICTION)

    def cycle_masks(self) -> MaskName:
        """Go on to the next of reference, prediction, both, none."""
        self.show_masks(MASKS[(MASKS.index(self.masks) + 1) % len(MASKS)])
        return self.masks

    def label_values(self) -> list[int]:
        """Label values of the case, in its masks or its names."""
        return [] if self.layers is None else self.layers.values

    @property
    def map_opacity(self) -> float:
        """Opacity of error and change map, 0 to 1."""
        return self._opacity

    def set_map_opacity(self, opacity: float) -> None:
        """Make error and change map more or less transparent."""
        self._opacity = opacity
        for layer in self._of_role(ERROR, CHANGE):
            layer.opacity = opacity
        self.view_changed.emit()

    def hide_names(self, on: bool) -> None:
        """Call no layer by the name of a reference, or again: people are blinded."""
        self._nameless = on
        if self.layers is not None:
            self.layers.rename(self._name)

    def set_contrast(self, limits: tuple[float, float]) -> None:
        """Set the intensity window of every image; perturbing never moves it."""
        for layer in self._of_role(IMAGE):
            if not layer.rgb:
                layer.contrast_limits = limits

    def set_channel(self, channel: int | None) -> None:
        """Show one channel of the image; None shows three channels as RGB."""
        if self.layers is None:
            return
        cells = [cell for (role, cell), _ in self.layers if role == IMAGE]
        self.layers.show_channel(channel)
        for cell in cells:
            self._layer(IMAGE, cell)
        self._repaint()

    def show_soft_reference(self, on: bool = True) -> None:
        """Show, or take away, the reference's probability of the chosen label, where the case has it."""
        layers, case = self.layers, self._session.case
        soft = None if case is None or not on else case.soft_references.get(reference_name(self._session.state, case))
        if soft is not None:
            layers.array(SOFT, 0)[...] = soft[min(self._session.state.label or 1, len(soft) - 1)]
            self._layer(SOFT, 0).refresh()
        elif layers is not None:
            layers.remove([key for key, _ in layers if key[0] == SOFT])

    @property
    def is_held(self) -> bool:
        """Whether the baseline is held on the canvas."""
        return self._held

    def hold(self, on: bool) -> None:
        """Show the clean image with its prediction while held; with a pinned run, the prediction of A."""
        if on != self._held:
            self._held = on
            # What is seen comes first; the rest of the volume matters once the key is released.
            self._repaint(whole=not on or self._session.plane is None)

    # -- cells ----------------------------------------------------------------------------------------------

    def set_cells(self, beside: Beside) -> None:
        """Draw the clean run, or every lane, in a cell of its own, to stand side by side.

        Layers of cells that are not drawn are hidden: it takes napari a second to remove and make again those of a
        cell.
        """
        self._draw(replace(self.cells, beside=beside))
        layers = self.layers
        if layers is None:
            return
        if beside == 'nothing':
            layers.blank(CLEAN)
        else:
            roles = {role for (role, cell), _ in layers if cell != CLEAN} | {PREDICTION, CHANGE}
            for cell in self.cells.full(len(self._session.state.lanes)):
                for role in roles:
                    self._layer(role, cell)
        self.layers.rename(self._name)
        self._on_label()
        self._repaint()
        self.view_changed.emit()

    def drawn(self) -> list[tuple[Key, Layer]]:
        """Layers that have their place on the canvas, cell after cell, each from the bottom to the top."""
        if self.layers is None:
            return []
        return [(key, layer) for key, layer in self.layers if self.cells.draws(*key)]

    def show_lane(self, index: int) -> None:
        """Draw this lane where nothing stands side by side."""
        if index != self.cells.lane:
            self._draw(replace(self.cells, lane=index))
            self.view_changed.emit()

    def _draw(self, cells: Cells) -> None:
        """Hide the layers that lose their place on the canvas; show as chosen those that find one."""
        before, self.cells = self.cells, cells
        for key, layer in self.layers or ():
            if before.draws(*key) != cells.draws(*key):
                layer.visible = self._visible(*key)

    # -- painting -------------------------------------------------------------------------------------------

    def paint(self, update: PlaneUpdate | VolumeUpdate) -> None:
        """Copy a result into the layers and refresh them, in place."""
        if self.layers is None:
            return
        self._paint(update)
        whole = isinstance(update, VolumeUpdate)
        plane = self._session.plane
        if whole and plane is not None and plane.request is update.request:
            # The second cue of a whole picture runs in one plane; the shown one may be another.
            self._paint(plane)
        if whole and not self._held:
            for _, layer in self.layers:
                layer.events.data(value=layer.data)
        self._say(Shown.of(update, self._held))

    def _paint(self, update: PlaneUpdate | VolumeUpdate) -> None:
        case, plane, whole = update.request.case, update.request.plane, isinstance(update, VolumeUpdate)
        self.layers.take_classes(update.request)
        where: tuple[Any, ...] = (...,)
        if not whole and plane is not None and case.ndim == 3:
            where = tuple(plane.index if axis == plane.axis else slice(None) for axis in range(3))
        image = update.baseline_image if self._held else update.image
        self._put(IMAGE, 0, where, self.layers.picture(image), whole)
        if case.references:
            self._layer(REFERENCE, 0)
        for view in update.lanes:
            if view.index == self.cells.lane:
                moved = view.baseline_reference if self._held else view.reference
                self._put_reference(0, where, moved, whole)
            self._paint_lane(view, where, whole)
        if self.cells.beside == 'clean' and update.lanes:
            self._paint_baseline(update.lanes[0], CLEAN, where, whole)

    def _paint_lane(self, view: LaneView, where: tuple[Any, ...], whole: bool) -> None:
        lane = view.index
        if self._held:
            self._paint_baseline(view, lane, where, whole)
            return
        self._put(PREDICTION, lane, where, view.labels, whole)
        if view.error_picture is not None:
            self._put(ERROR, lane, where, view.error_picture, whole)
        self._put(CHANGE, lane, where, view.change_picture, whole)
        if view.probability is not None:
            self._put(PROBABILITY, lane, where, view.probability, whole)

    def _paint_baseline(self, view: LaneView, cell: int, where: tuple[Any, ...], whole: bool) -> None:
        """The baseline's labels and errors, in a cell of their own or while held."""
        reference, label = view.baseline_reference, self._session.state.label
        self._put(PREDICTION, cell, where, view.baseline_labels, whole)
        if cell == CLEAN:
            self._put_reference(CLEAN, where, reference, whole)
        self._put(CHANGE, cell, where, 0, whole)
        if reference is None:
            return
        if whole and self._viewer.dims.ndisplay == 2:
            return  # the shown plane follows; other planes are painted when they are looked at
        codes = error_map(reference, view.baseline_labels, valid=view.valid, label=label)
        self._put(ERROR, cell, where, error_picture(codes), whole)

    def _put_reference(self, cell: int, where: tuple[Any, ...], moved: NDArray | None, whole: bool) -> None:
        """The reference where a warp carried it, or noise of annotations redrew it; nothing where it stays."""
        if moved is not None and not np.array_equal(self.layers.array(REFERENCE, cell)[where], moved):
            self._put(REFERENCE, cell, where, moved, whole)

    def _put(self, role: str, cell: int, where: tuple[Any, ...], values: NDArray | int, whole: bool) -> None:
        layer = self._layer(role, cell)
        self.layers.array(role, cell)[where] = values
        twins = [layer] if role != IMAGE else [twin for (r, c), twin in self.layers if r == IMAGE and c != CLEAN]
        for twin in twins:
            if twin.visible:
                twin.refresh(thumbnail=whole, extent=False, highlight=False)

    def _repaint(self, whole: bool = True) -> None:
        """Paint again what was painted last: how it is looked at has changed."""
        volume, plane = self._session.volume if whole else None, self._session.plane
        for update in (volume, plane):
            if update is not None and self._session.is_current(update.request):
                self._paint(update)
        newest = plane or volume
        self._say(Shown(held=self._held) if newest is None else Shown.of(newest, self._held))

    def _say(self, shown: Shown) -> None:
        if shown != self.now:
            self.now = shown
            self.shown.emit(shown)

    # -- layers ---------------------------------------------------------------------------------------------

    def _layer(self, role: str, cell: int) -> Layer:
        """The layer of a role and cell, made with the present choices if it is not there."""
        layers = self.layers
        if (role, cell) in layers:
            return layers.get(role, cell, '')
        layer = layers.get(role, cell, self._name(role, cell), visible=self._visible(role, cell))
        if role in (ERROR, CHANGE):
            layer.opacity = self._opacity
        if role in (REFERENCE, PREDICTION) and self._session.state.label is not None:
            self._color()
        if role == IMAGE and cell != 0 and (IMAGE, 0) in layers and not layer.rgb:
            layer.contrast_limits = layers.get(IMAGE, 0, '').contrast_limits
        return layer

    def _visible(self, role: str, cell: int) -> bool:
        return self.cells.draws(role, cell) and is_chosen(role, self.map, self.masks, self._viewer.dims.ndisplay == 2)

    def _apply_visibility(self, *roles: str) -> None:
        if self.layers is not None:
            for (role, cell), layer in self.layers:
                if role in roles:
                    layer.visible = self._visible(role, cell)
        self.view_changed.emit()

    def _of_role(self, *roles: str) -> list[Layer]:
        return [] if self.layers is None else self.layers.of_role(*roles)

    def _name(self, role: str, cell: int) -> str:
        return layer_name(role, cell, self._session, self.cells.beside, self._nameless)

    # -- following the state --------------------------------------------------------------------------------

    def _on_reference(self, *_: object) -> None:
        case, layers = self._session.case, self.layers
        if case is None or layers is None or not case.references:
            return
        layers.array(REFERENCE, 0)[...] = case.references[reference_name(self._session.state, case)]
        self.layers.rename(self._name)
        for layer in layers.of_role(REFERENCE):
            layer.refresh()

    def _color(self) -> None:
        self.layers.show_label(self._session.state.label, prediction_colors(len(self._session.state.lanes)))

    def _on_label(self, *_: object) -> None:
        if self.layers is not None:
            self._color()
            if (SOFT, 0) in self.layers:
                self.show_soft_reference()

    def _on_ndisplay(self, _event: object) -> None:
        if self.layers is not None:
            self.layers.follow_ndisplay()
            self._apply_visibility(REFERENCE, PREDICTION)

    def _on_lanes(self, *_: object) -> None:
        """Follow lanes that came, went or were renamed, and the context box."""
        layers, state = self.layers, self._session.state
        if layers is None:
            return
        layers.remove([key for key, _ in layers if max(1, len(state.lanes)) <= key[1] < CLEAN])
        names = tuple(lane_titles(self._session))
        if names != self._lane_names:
            self._lane_names = names
            self.layers.rename(self._name)
            self._color()
        if self.cells.lane >= max(1, len(names)):
            self.show_lane(0)
        box = state.lanes[0].context.box if state.lanes else None
        self._dimming.follow(layers, box, self.cells.full(len(state.lanes)))
