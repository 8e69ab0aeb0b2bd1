"""A page of the review: one file beside this one defines it as ``PAGE``, and nothing lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_segrobust.registry import discover
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.ui.app import Explorer
    from napari_segrobust.ui.widgets.palette import Palette


class ReviewPage(QWidget):
    """What stands behind one tab.

    Parameters
    ----------
    explorer : Explorer
    palette : Palette

    Notes
    -----
    The panel calls `sync` when the review has changed and the page is seen, or comes into view. A page asks
    `Review.part` and `Review.ask` for what it shows, and shows "pending" where the answer is None.
    """

    def __init__(self, explorer: Explorer, palette: Palette) -> None:
        super().__init__()
        self.explorer, self.session, self.review = explorer, explorer.session, explorer.review
        self.palette_of_theme = palette
        self.links = Connections()

    def sync(self) -> None:
        """Show the review as it is now."""

    def hidden(self) -> None:
        """Another page came into view, or the panel went: take away what is drawn on the canvas for this one."""

    def shutdown(self) -> None:
        """Cut the connections. Idempotent."""
        self.links.close()


@dataclass(frozen=True)
class PageSpec:
    """A page, and its place among the tabs.

    Attributes
    ----------
    rank : int
        10 raters, 20 agreement, 30 consensus, 40 disputes, 45 trial, 50 model, 60 cases.
    title : str
        On the tab.
    tooltip : str
    make : callable
        ``make(explorer, palette)`` gives the page.
    """

    rank: int
    title: str
    tooltip: str
    make: Callable[[Explorer, Palette], ReviewPage]


def page_specs() -> list[PageSpec]:
    """Every page, in the order of the tabs."""
    found: list[PageSpec] = discover('napari_segrobust.ui.review', 'PAGE')
    return sorted(found, key=lambda spec: spec.rank)
