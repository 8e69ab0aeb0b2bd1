"""The dock "Inside the network" beside its viewer's results, and its end with the viewer."""

from __future__ import annotations

import weakref
from typing import Any

from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow

from napari_segrobust.ui.app import Explorer
from napari_segrobust.ui.inside.panel import InsidePanel

INSIDE_NAME = 'Inside the network'
_rooms: weakref.WeakKeyDictionary[Any, InsidePanel] = weakref.WeakKeyDictionary()


def show_inside(viewer: Any) -> InsidePanel:
    """The dock of a viewer: made where there is none, brought back where it is hidden or behind another."""
    own = getattr(viewer, '__wrapped__', viewer)
    panel = _rooms.get(own)
    if panel is None:
        panel = _rooms[own] = _make(own)
    dock = panel.parentWidget()
    dock.show()
    dock.raise_()
    return panel


def toggle_inside(viewer: Any) -> None:
    """Show the dock of a viewer, or hide it."""
    panel = _rooms.get(getattr(viewer, '__wrapped__', viewer))
    if panel is not None and panel.isVisible():
        panel.parentWidget().hide()
    else:
        show_inside(viewer)


def pick_voxel(viewer: Any) -> None:
    """Pick a voxel for its receptive field, or no longer."""
    show_inside(viewer).start_picking()


def _make(viewer: Any) -> InsidePanel:
    panel = InsidePanel(Explorer.of(viewer))
    dock: QDockWidget = viewer.window.add_dock_widget(panel, name=INSIDE_NAME, area='bottom')
    _lay_over_results(dock)
    dock.raise_()

    def end(_object: object = None) -> None:
        panel.shutdown()
        _rooms.pop(viewer, None)

    panel.destroyed.connect(end)
    application = QApplication.instance()
    if application is not None:
        application.aboutToQuit.connect(end)
    return panel


def _lay_over_results(dock: QDockWidget) -> None:
    """Share the place of what is docked below, as tabs: side by side neither has room for its charts.

    napari's own `tabify` takes the last dock that was made, also where that one floats.
    """
    window = dock.parent()
    while window is not None and not isinstance(window, QMainWindow):
        window = window.parent()
    if window is None:
        return
    area = window.dockWidgetArea(dock)
    for other in window.findChildren(QDockWidget):
        is_there = not (other is dock or other.isHidden() or other.isFloating())
        if is_there and window.dockWidgetArea(other) == area:
            window.tabifyDockWidget(other, dock)
            return
