"""The explorer of one viewer: a session, what is painted, and the two docks."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust.explore.first_view import first_slice
from napari_segrobust.explore.keep import Keeper
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import MAX_LANES, Lane, Plane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.ui.attention import Attention
from napari_segrobust.ui.bridge import FrameClock
from napari_segrobust.ui.canvas.context_box import ContextBox
from napari_segrobust.ui.canvas.distance_map import DistanceLayer
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.canvas.layout import Layout
from napari_segrobust.ui.canvas.navigate import Navigator
from napari_segrobust.ui.canvas.network_layer import NetworkLayer
from napari_segrobust.ui.canvas.overlays import Overlays
from napari_segrobust.ui.canvas.painter import Painter
from napari_segrobust.ui.canvas.prompt_layers import PromptLayers
from napari_segrobust.ui.canvas.region_box import RegionBox
from napari_segrobust.ui.canvas.vote_layer import VoteLayer
from napari_segrobust.ui.canvas.window_alone import AloneLayer
from napari_segrobust.ui.canvas.window_grid import WindowGrid
from napari_segrobust.ui.canvas.window_map import WindowMap
from napari_segrobust.ui.canvas.witness import WitnessLayer
from napari_segrobust.ui.collector import collector
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.inputs.borrowed import Borrowed
from napari_segrobust.ui.inputs.open_case import OpenCase
from napari_segrobust.ui.keys import Keys
from napari_segrobust.ui.review.state import Review
from napari_segrobust.ui.settings import read_settings
from napari_segrobust.ui.windows.lab import WindowLab
from napari_segrobust.ui.windows.looking import Looking

if TYPE_CHECKING:
    from napari_segrobust.cases import Case
    from napari_segrobust.segment import ModelSpec

_explorers: weakref.WeakKeyDictionary[Any, Explorer] = weakref.WeakKeyDictionary()


class Explorer:
    """One viewer's explorer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer
    """

    theme_changed: ClassVar[Signal] = Signal()
    lane_changed: ClassVar[Signal] = Signal(int)

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self.lane = 0
        self.settings = read_settings()
        self.session = Session(
            wake=lambda: self.clock.wake(), budget=self.settings.cache_bytes, device=self.settings.device
        )
        self.keeper = Keeper(self.session)
        self.clock = FrameClock(self.session.drain)
        self._links = Connections()
        # Before the painter: slots are called in the order of their connections.
        for signal in (self.session.plane_ready, self.session.volume_ready):
            self._links.add(signal, self.clock.hold)
        self.painter = Painter(viewer, self.session)
        self.overlays = Overlays(viewer, self.session, self.painter)
        self.layout = Layout(viewer, self.session, self.painter)
        self.navigator = Navigator(viewer, self.session, self.painter)
        self.context_box = ContextBox(viewer, self.session, self.painter)
        canvas = (viewer, self.session, self.painter, self.overlays)
        self.distances, self.witness = DistanceLayer(*canvas), WitnessLayer(*canvas)
        self.keys = Keys(viewer, self.session, self.painter, self.layout, self.navigator, self.context_box)
        self.opener = OpenCase(self)
        self.region_box = RegionBox(viewer, self.session, self.painter)
        self.prompt_layers = PromptLayers(viewer, self.session, self.painter)
        self.network_layer = NetworkLayer(viewer, self.session, self.painter)
        self.vote_layer = VoteLayer(*canvas)
        self.windows = WindowLab(self)
        self.looking = Looking(self)
        self.review = Review(self)
        self.window_grid, self.window_alone, self.window_map = WindowGrid(self), AloneLayer(self), WindowMap(self)
        self.borrowed = Borrowed(self)
        self.settings.apply(self)
        drawn = (
            self.borrowed,
            self.region_box,
            self.prompt_layers,
            self.context_box,
            self.navigator,
            self.layout,
            self.overlays,
            self.painter,
        )
        self._parts = (
            self.opener,
            self.borrowed,
            self.window_map,
            self.window_alone,
            self.window_grid,
            self.looking,
            self.review,
            self.windows,
            self.network_layer,
            self.vote_layer,
            self.keys,
            self.witness,
            self.distances,
            *drawn,
        )
        for event in (viewer.dims.events.current_step, viewer.dims.events.ndisplay, viewer.dims.events.order):
            self._links.add(event, self._follow_plane)
        collector().start(self)
        self.attention = Attention()
        self._links.add(self.session.requested, self.attention.pay)
        self.attention.calmed.connect(collector().settle)
        self._links.add(viewer.layers.events.removing, self._let_go)
        self._links.add(viewer.events.theme, self._tell_theme)
        self._links.add(self.session.state.events.lanes, self._keep_a_lane)
        self._links.add(self.session.case_changed, self._go_to_first_slice)

    @classmethod
    def of(cls, viewer: Any) -> Explorer:
        """The explorer of a viewer; made when there is none. Opening the dock again finds the old one."""
        # Docks made from the manifest get a proxy; proxies of one viewer are not one object.
        own = getattr(viewer, '__wrapped__', viewer)
        if own not in _explorers:
            _explorers[own] = cls(own)
        return _explorers[own]

    @property
    def theme(self) -> str:
        """Name of the viewer's theme."""
        return str(self.viewer.theme)

    def open_case(self, case: Case, lanes: list[Lane] | None = None) -> None:
        """Show a case; with the models that were kept and the prediction it brought, or with the model made for it."""
        if lanes is None:
            given = [Lane(source=name, given=True) for name in case.predictions][:1]
            lanes = [*self.keeper.lanes(case), *given][:MAX_LANES]
            if not lanes:
                sample = case.provenance.get('sample', {}).get('name')
                lanes = [Lane(source=n) for n in self.fitting_models(case)[:1] if sample and n.startswith(f'{sample}-')]
        if not self.session.state.stack:
            self.session.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
        self.session.open_case(case, lanes)

    def open_sample(self, name: str, **parameters: Any) -> None:
        """Make a sample in the file thread and show it."""
        self.opener.open_sample(name, **parameters)

    def fitting_models(self, case: Case) -> list[str]:
        """Names of the models that can take this image; those that were made for its sample come first."""
        from napari_segrobust.segment import models

        sample = case.provenance.get('sample', {}).get('name')
        channels = case.image.shape[0]
        fitting = [m for m in models() if m.any_image or (m.channels == channels and m.dimensions <= case.ndim)]
        # A plain U-Net before its variants, slices before volumes: the first one is what a newcomer sees. Methods last.
        order = ('unet', 'noskip', 'attention', 'unet3d', 'noskip3d')

        def rank(spec: ModelSpec) -> tuple[bool, bool, int, str]:
            made_for, _, kind = spec.name.partition('-')
            place = order.index(kind) if kind in order else len(order)
            return spec.any_image, made_for != sample, place, spec.name

        return [spec.name for spec in sorted(fitting, key=rank)]

    def set_lane(self, lane: int) -> None:
        """Choose the lane that table and list are about."""
        if lane != self.lane:
            self.lane = self.navigator.lane = lane
            self.painter.show_lane(lane)
            self.lane_changed.emit(lane)

    def shutdown(self) -> bool:
        """Stop the threads and cut every connection; idempotent. True when the threads are gone."""
        # Nothing is painted any more: the canvas may be gone before we are.
        self.clock.stop()
        self.keeper.close()
        self.attention.release()
        self._links.close()
        for part in self._parts:
            part.close()
        gone = self.session.shutdown()
        collector().stop(self)
        _explorers.pop(getattr(self.viewer, '__wrapped__', self.viewer), None)
        return gone

    def _keep_a_lane(self, *_: object) -> None:
        """A lane that went cannot stay the chosen one."""
        if self.lane >= max(1, len(self.session.state.lanes)):
            self.set_lane(0)

    def _let_go(self, event: Any) -> None:
        """A person's layer goes: what it holds is free at once, however long it was there."""
        if not self.viewer.layers[event.index].name.startswith(PREFIX):
            collector().take_back()

    def _tell_theme(self, _event: object) -> None:
        self.theme_changed.emit()

    def _go_to_first_slice(self, case: Case) -> None:
        # The layers that came and went have moved the viewer, and with it the plane of the state.
        if case.ndim == 3 and self.session.state.plane is not None:
            index = first_slice(case, self.session.state.label)
            self.viewer.dims.set_current_step(self.viewer.dims.ndim - case.ndim, index)
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
