"""A napari window of our own: what the ``explore`` and ``demo`` verbs open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
from qtpy.QtGui import QGuiApplication

from napari_segrobust.ui.docks import open_docks
from napari_segrobust.ui.inside.scene import show_scene
from napari_segrobust.ui.lab.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_segrobust.cases import Case

#: Of the window, in pixels, where the screen is large enough.
WIDTH, HEIGHT = 1600, 1000
#: What the pitfall lab is called among the samples.
PITFALLS = 'pitfalls'


def explore(load: Callable[[], Case] | None = None) -> None:
    """Open napari with the panel and show a case; returns when the window is closed.

    Parameters
    ----------
    load : callable, optional
        Gives the case; called in the file thread, so that the window is there at once.
    """
    explorer, _, _ = open_docks(_window())
    if load is not None:
        explorer.opener.open_made(load)
    napari.run()


def explore_pitfalls() -> None:
    """Open napari with the pitfall lab; returns when the window is closed."""
    Room.open(_window())
    napari.run()


def explore_inside() -> None:
    """Open napari with the scene of two networks and one noise slider; returns when the window is closed."""
    explorer, _, _ = open_docks(_window())
    show_scene(explorer)
    napari.run()


def _window() -> napari.Viewer:
    viewer = napari.Viewer(title='napari-segrobust')
    screen = QGuiApplication.primaryScreen().availableGeometry()
    viewer.window.resize(min(WIDTH, screen.width()), min(HEIGHT, screen.height()))
    return viewer
