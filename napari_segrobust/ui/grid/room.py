"""The architecture grid in a window of its own beside its viewer, which can be docked; and its end with the viewer."""

from __future__ import annotations

import weakref
from typing import Any

from qtpy.QtWidgets import QApplication, QDockWidget

from napari_segrobust.ui.app import Explorer
from napari_segrobust.ui.grid.panel import GridPanel

GRID_NAME = 'Architecture grid'
#: Of the window, where the screen has room for it.
_SIZE = (1120, 680)
_rooms: weakref.WeakKeyDictionary[Any, GridPanel] = weakref.WeakKeyDictionary()


def show_grid(viewer: Any) -> GridPanel:
    """The grid of a viewer: made where there is none, brought back where it is hidden."""
    own = getattr(viewer, '__wrapped__', viewer)
    panel = _rooms.get(own)
    if panel is None:
        panel = _rooms[own] = _make(own)
    dock = panel.parentWidget()
    dock.show()
    dock.raise_()
    return panel


def toggle_grid(viewer: Any) -> None:
    """Show the grid of a viewer, or hide it."""
    panel = _rooms.get(getattr(viewer, '__wrapped__', viewer))
    if panel is not None and panel.isVisible():
        panel.parentWidget().hide()
    else:
        show_grid(viewer)


def _make(viewer: Any) -> GridPanel:
    explorer = Explorer.of(viewer)
    panel = GridPanel(explorer)
    dock: QDockWidget = viewer.window.add_dock_widget(panel, name=GRID_NAME, area='bottom')
    dock.setFloating(True)
    room = panel.screen().availableGeometry()
    width, height = min(_SIZE[0], room.width()), min(_SIZE[1], room.height())
    dock.resize(width, height)
    dock.move(room.center().x() - width // 2, room.center().y() - height // 2)

    def end(_object: object = None) -> None:
        panel.shutdown()
        _rooms.pop(viewer, None)

    panel.destroyed.connect(end)
    application = QApplication.instance()
    if application is not None:
        application.aboutToQuit.connect(end)
    return panel
