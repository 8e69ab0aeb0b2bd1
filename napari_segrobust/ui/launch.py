"""A napari window of our own: what the ``explore`` and ``demo`` verbs open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
from qtpy.QtGui import QGuiApplication

from napari_segrobust.ui.docks import open_docks

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.cases import Case

#: Of the window, in pixels, where the screen is large enough.
WIDTH, HEIGHT = 1600, 1000


def explore(load: Callable[[], Case] | None = None) -> None:
    """Open napari with the panel and show a case; returns when the window is closed.

    Parameters
    ----------
    load : callable, optional
        Gives the case; called in the file thread, so that the window is there at once.
    """
    viewer = napari.Viewer(title='napari-segrobust')
    screen = QGuiApplication.primaryScreen().availableGeometry()
    viewer.window.resize(min(WIDTH, screen.width()), min(HEIGHT, screen.height()))
    explorer, _, _ = open_docks(viewer)
    if load is not None:
        explorer.opener.open_made(load)
    napari.run()
