"""What the layers of prompts have in common: made when asked for, read while the hand moves, written by undo."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from napari.layers.base import ActionType

from napari_segrobust.ui.bridge import FrameClock
from napari_segrobust.ui.canvas.colors import GREEN, SKY, WHITE, YELLOW
from napari_segrobust.ui.canvas.layer_set import IMAGE, Placement
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Layer

    from napari_segrobust.explore.session import Session
    from napari_segrobust.prompts import PromptKind
    from napari_segrobust.ui.canvas.painter import Painter

#: Background, then the classes; each has a symbol too. No colour is that of an error.
COLORS = (WHITE, GREEN, YELLOW, SKY, '#B8A9E8')
SYMBOLS = ('x', 'disc', 'square', 'diamond', 'triangle_up')


class PromptLayer(ABC):
    """One kind of prompt of the state, as a layer in one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter

    Notes
    -----
    `ExploreState.prompts` is the truth. While the hand drags, `_read` is called once per frame; `_show` writes the
    layer anew where the state was changed by something else: undo, a button, another case.
    """

    kind: ClassVar[PromptKind]
    #: Where the kind is kept in `Prompts`.
    field: ClassVar[str]
    name: ClassVar[str]

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._viewer = viewer
        self._session = session
        self._painter = painter
        self._layer: Any = None
        self._writing = False
        self._dragging = False
        #: The class that is drawn next; 0 is background.
        self.label = 1
        self._clock = FrameClock(self._read_frame)
        self._links = Connections()
        self._links.add(viewer.layers.events.removed, self._on_removed)
        self._links.add(session.state.events.prompts, self._follow_state)
        self._links.add(session.case_changed, self._take_away, priority=1)
        self._links.add(session.case_changed, self._follow_state)

    def close(self) -> None:
        """Take the layer away, keep the state, cut the connections. Idempotent."""
        self._links.close()
        self._clock.stop()
        self._take_away()

    # -- what people do -------------------------------------------------------------------------------------

    @property
    def layer(self) -> Layer | None:
        """The layer, where there is one."""
        return self._layer if self._layer is not None and self._layer in self._viewer.layers else None

    def draw(self) -> None:
        """Make the layer the active one, ready to draw a prompt."""
        self._activate(self._drawing_mode())

    def move(self) -> None:
        """Make the layer the active one, ready to move what is there."""
        if self.layer is not None:
            self._activate('select')

    def choose(self, label: int) -> None:
        """Draw this class next."""
        self.label = label
        if self.layer is not None:
            self._style()

    # -- a kind ---------------------------------------------------------------------------------------------

    @abstractmethod
    def _drawing_mode(self) -> str:
        """Mode of the layer in which a prompt is drawn."""

    @abstractmethod
    def _make(self, transforms: dict[str, Any]) -> Any:
        """A new layer, without anything on it."""

    @abstractmethod
    def _style(self) -> None:
        """Have the layer draw what comes next in the look of the class."""

    @abstractmethod
    def _read(self) -> None:
        """Put what is on the layer into the state."""

    @abstractmethod
    def _show(self) -> None:
        """Put what is in the state on the layer."""

    # -- inside ---------------------------------------------------------------------------------------------

    def _value(self) -> Any:
        return getattr(self._session.state.prompts, self.field)

    def _put(self, value: Any) -> None:
        """Put this kind of prompt into the state."""
        state = self._session.state
        if value == self._value():
            return
        self._writing = True
        try:
            state.prompts = state.prompts.model_copy(update={self.field: value})
        finally:
            self._writing = False

    def _activate(self, mode: str) -> None:
        if self._session.case is None or self._session.state.plane is None:
            return
        layer = self._ensure()
        self._viewer.layers.selection.active = layer
        layer.visible = True
        layer.mode = mode

    def _ensure(self) -> Any:
        """Our layer, made now if it is not in the viewer."""
        if self.layer is not None:
            return self._layer
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        self._layer = layer = self._make(dict(Placement.of_layer(image).transforms))
        layer.mouse_drag_callbacks.append(self._drag)
        active = self._viewer.layers.selection.active
        self._viewer.layers.append(layer)
        self._viewer.layers.selection.active = active
        self._style()
        return layer

    def _drag(self, _layer: Any, event: Any) -> Iterator[None]:
        """Mouse callback: napari itself says only where a drag begins and where it ends."""
        self._dragging = True
        yield
        while event.type == 'mouse_move':
            self._clock.wake()
            yield
        self._dragging = False
        self._finish()

    def _finish(self) -> None:
        """The hand let go: what it did can be undone as one."""
        self._read_frame()
        self._session.history.commit()

    def _read_frame(self) -> None:
        if self.layer is not None and self._session.case is not None and not self._writing:
            self._read()

    def _on_data(self, event: Any) -> None:
        """Something was added, moved or taken away with the layer's own tools."""
        if self._writing or event.action not in (ActionType.ADDED, ActionType.CHANGED, ActionType.REMOVED):
            return
        self._read_frame()
        if not self._dragging:
            self._session.history.commit()

    def _follow_state(self, *_: object) -> None:
        if self._writing or self._session.case is None:
            return
        if self._value() and self._session.state.plane is not None:
            self._ensure()
        if self.layer is not None:
            self._write()

    def _write(self) -> None:
        self._writing = True
        try:
            self._show()
        finally:
            self._writing = False

    def _on_removed(self, event: Any) -> None:
        if self._layer is not None and event.value is self._layer:
            self._layer = None
            self._put(() if isinstance(self._value(), tuple) else None)
            self._session.history.commit()

    def _take_away(self, *_: object) -> None:
        """Before the layers of another case come: napari warns of layers in pixels beside layers in mm."""
        layer, self._layer = self._layer, None
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
