"""A voxel clicked on the canvas: a mode of the viewer, which leaves dragging and the wheel as they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from psygnal import Signal

from napari_segrobust.ui.canvas.layer_set import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_segrobust.explore.session import Session
    from napari_segrobust.ui.canvas.painter import Painter

#: A press that moves no further is a click, in pixels of the canvas.
_STILL = 4.0


class VoxelPick:
    """Tells the voxels that are clicked in one viewer while it is on. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer or ViewerModel
    session : Session
    painter : Painter
    """

    #: In voxels of the case, array order.
    picked: ClassVar[Signal] = Signal(tuple)
    toggled: ClassVar[Signal] = Signal(bool)

    def __init__(self, viewer: Any, session: Session, painter: Painter) -> None:
        self._viewer, self._session, self._painter = viewer, session, painter
        self.is_on = False

    def set_on(self, on: bool) -> None:
        """Listen to clicks, or no longer."""
        if on == self.is_on:
            return
        self.is_on = on
        callbacks = self._viewer.mouse_drag_callbacks
        if on:
            # A layer that is drawn on would take the click.
            if self._painter.layers is not None and (IMAGE, 0) in self._painter.layers:
                self._viewer.layers.selection.active = self._painter.layers.get(IMAGE, 0, IMAGE)
            callbacks.append(self._on_press)
        elif self._on_press in callbacks:
            callbacks.remove(self._on_press)
        self.toggled.emit(on)

    def close(self) -> None:
        """Give the mouse back. Idempotent."""
        self.set_on(False)

    def _on_press(self, _viewer: Any, event: Any) -> Iterator[None]:
        """From press to release; a drag moves the picture, as always."""
        if event.button != 1 or event.modifiers:
            return
        start, furthest = tuple(event.pos), 0.0
        yield
        while event.type == 'mouse_move':
            furthest = max(furthest, math.dist(start, event.pos))
            yield
        if furthest <= _STILL:
            self.pick(event.position)

    def pick(self, position: tuple[float, ...]) -> None:
        """Tell the voxel at a place in the world; outside the image there is none."""
        case = self._session.case
        if case is None or self._painter.layers is None:
            return
        image = self._painter.layers.get(IMAGE, 0, IMAGE)
        place = image.world_to_data(position[-case.ndim :])
        voxel = tuple(math.floor(v + 0.5) for v in place)
        if len(voxel) == case.ndim and all(0 <= v < n for v, n in zip(voxel, case.shape, strict=True)):
            self.picked.emit(voxel)
