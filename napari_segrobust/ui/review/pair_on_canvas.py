"""The pair of raters whose differences are on the canvas: one at a time, made in the file thread. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.errors import SegrobustError
from napari_segrobust.ui.canvas.colors import ERROR_COLORS, code_colormap
from napari_segrobust.ui.review.map_layer import MapLayer
from napari_segrobust.ui.review.pair_map import PairMap, pair_map
from napari_segrobust.ui.review.places import show_slice, shown_axis

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer


class PairOnCanvas:
    """Shows where two masks differ.

    Parameters
    ----------
    explorer : Explorer
    """

    def __init__(self, explorer: Explorer) -> None:
        self._explorer, self._review = explorer, explorer.review
        self._map = MapLayer(explorer, 'raters differ')
        #: Names of the masks, the reference first; None where nothing is shown.
        self.pair: tuple[str, str] | None = None
        self.found: PairMap | None = None
        self._called: tuple[str, ...] = ()

    def close(self) -> None:
        """Take the map away."""
        self._map.close()

    def toggle(self, pair: tuple[str, str]) -> None:
        """Show a pair, or the shown one no longer."""
        self.show(None if pair == self.pair else pair)

    def show(self, pair: tuple[str, str] | None) -> None:
        """Show a pair, or none."""
        self.pair, self.found = pair, None
        if pair is None:
            self._map.hide()
        else:
            self.follow()

    def follow(self) -> None:
        """Paint what has come; a pair whose masks are gone, or whose layer was deleted, is shown no longer."""
        pair, review = self.pair, self._review
        if pair is None:
            return
        if not set(pair) <= set(review.names) or (self.found is not None and not self._map.is_shown):
            self.show(None)
            return
        made = review.ask(('pair', pair), lambda agreement: pair_map(agreement, pair))
        called = tuple(map(review.title, pair))
        if made is None or isinstance(made, SegrobustError) or (made is self.found and called == self._called):
            return
        flies = self.found is None
        self.found, self._called = made, called
        # A legend of its own names the two: it is made anew where they are called otherwise now.
        self._map.show_codes(
            made.codes(), code_colormap(ERROR_COLORS), made.words(review.title), made.chips(review.title)
        )
        axis = shown_axis(self._explorer)
        if flies and len(made.shape) == 3 and made.worst[axis] is not None:
            show_slice(self._explorer, axis, made.worst[axis])
