"""Prompts on the canvas: seeds, boxes and scribbles, and which class is drawn next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust.prompts import Prompts
from napari_segrobust.segment.asking import is_unprompted
from napari_segrobust.ui.canvas.prompt_boxes import BoxLayer
from napari_segrobust.ui.canvas.prompt_points import SeedLayer
from napari_segrobust.ui.canvas.prompt_scribbles import ScribbleLayer
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from napari_segrobust.explore.session import Session
    from napari_segrobust.prompts import PromptKind
    from napari_segrobust.segment.spec import ModelSpec
    from napari_segrobust.ui.canvas.painter import Painter
    from napari_segrobust.ui.canvas.prompt_layer import PromptLayer


class PromptLayers:
    """The three layers of prompts of one viewer. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter

    Notes
    -----
    When a model that wants to be shown something comes into a lane, the layer for it is made and made active: the next
    click on the image is the prompt.

    Examples
    --------
    >>> prompts = PromptLayers(viewer, session, painter)  # doctest: +SKIP
    >>> prompts.draw('points')  # doctest: +SKIP
    >>> prompts.close()  # doctest: +SKIP
    """

    #: Another class is drawn next.
    label_changed: ClassVar[Signal] = Signal(int)

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._session = session
        self.seeds = SeedLayer(viewer, session, painter)
        self.boxes = BoxLayer(viewer, session, painter)
        self.scribbles = ScribbleLayer(viewer, session, painter)
        self._all: dict[PromptKind, PromptLayer] = {
            layer.kind: layer for layer in (self.seeds, self.boxes, self.scribbles)
        }
        self.label = 1
        self._asked: set[str] = set()
        self._links = Connections()
        # After the painter, which makes a new map of errors the active layer.
        for answer in (session.plane_ready, session.volume_ready):
            self._links.add(answer, self._offer)
        self._links.add(session.case_changed, self._forget)

    def close(self) -> None:
        """Take the layers away, keep the state, cut the connections. Idempotent."""
        self._links.close()
        for layer in self._all.values():
            layer.close()

    def wanted(self) -> list[ModelSpec]:
        """Specs of the promptable models in the lanes, as their knobs make them."""
        current, models = self._session.current, self._session.models
        asked = {} if current is None else {entry.index: entry.now.model for entry in current.lanes}
        found = []
        for index, lane in enumerate(self._session.state.lanes):
            model = None if lane.given else asked.get(index) or models.get(lane.model_id)
            if model is not None and model.spec.prompts:
                found.append(model.spec)
        return found

    def draw(self, kind: PromptKind) -> None:
        """Make a kind of prompt ready to be drawn."""
        self._all[kind].draw()

    def move(self) -> None:
        """Make what is there ready to be moved: seeds, else boxes."""
        prompts = self._session.state.prompts
        (self.seeds if prompts.points or not prompts.boxes else self.boxes).move()

    def choose(self, label: int) -> None:
        """Draw this class next; 0 is background."""
        self.label = label
        for layer in self._all.values():
            layer.choose(label)
        self.label_changed.emit(label)

    def clear(self) -> None:
        """Take every prompt away, as one gesture."""
        self._session.state.prompts = Prompts()
        self._session.history.commit()

    def _offer(self, *_: object) -> None:
        """A model in the lanes has nothing to start from: make ready what it wants first, once."""
        waiting = {spec.name: spec for spec in self.wanted() if is_unprompted(spec, self._session.state.prompts)}
        fresh = [spec for name, spec in waiting.items() if name not in self._asked]
        self._asked = set(waiting)
        if fresh:
            self.draw(fresh[0].prompts[0])

    def _forget(self, *_: object) -> None:
        self._asked = set()
