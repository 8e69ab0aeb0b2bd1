"""The explorer's own map and outlines, put away while the review draws: they would be taken for what it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_segrobust.ui.canvas.painter import MapName, MaskName, Painter

_NOTHING: tuple[MapName, MaskName] = ('none', 'none')


class PutAway:
    """Shows no map and no outlines of the explorer while anybody asks for that. GUI thread.

    Parameters
    ----------
    painter : Painter
    """

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self._asking: set[object] = set()
        self._before = _NOTHING

    def ask(self, who: object, on: bool = True) -> None:
        """Put them away for somebody, or no longer.

        They come back when nobody asks any more, unless a person has chosen something else meanwhile.
        """
        if on == (who in self._asking):
            return
        painter = self._painter
        shown = painter.map, painter.masks
        if on:
            if not self._asking or shown != _NOTHING:
                self._before = shown
            self._asking.add(who)
            self._show(_NOTHING)
            return
        self._asking.discard(who)
        if not self._asking and shown == _NOTHING:
            self._show(self._before)

    def _show(self, what: tuple[MapName, MaskName]) -> None:
        if what != (self._painter.map, self._painter.masks):
            self._painter.show_map(what[0])
            self._painter.show_masks(what[1])
