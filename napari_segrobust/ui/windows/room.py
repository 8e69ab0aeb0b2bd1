"""The window lab in a window of its own beside its viewer, which can be docked; and its end with the viewer."""

from __future__ import annotations

import weakref
from typing import Any

from qtpy.QtWidgets import QApplication, QDockWidget

from napari_segrobust.ui.app import Explorer
from napari_segrobust.ui.windows.panel import WindowsPanel

LAB_NAME = 'Window lab'
#: Of the window, where the screen has room for it.
_SIZE = (1120, 680)
_rooms: weakref.WeakKeyDictionary[Any, WindowsPanel] = weakref.WeakKeyDictionary()


def show_windows(viewer: Any) -> WindowsPanel:
    """The window lab of a viewer: made where there is none, brought back where it is hidden."""
    own = getattr(viewer, '__wrapped__', viewer)
    panel = _rooms.get(own)
    if panel is None:
        panel = _rooms[own] = _make(own)
    dock = panel.parentWidget()
    dock.show()
    dock.raise_()
    return panel


def toggle_windows(viewer: Any) -> None:
    """Show the window lab of a viewer, or hide it."""
    panel = _rooms.get(getattr(viewer, '__wrapped__', viewer))
    if panel is not None and panel.isVisible():
        panel.parentWidget().hide()
    else:
        show_windows(viewer)


def _make(viewer: Any) -> WindowsPanel:
    panel = WindowsPanel(Explorer.of(viewer))
    dock: QDockWidget = viewer.window.add_dock_widget(panel, name=LAB_NAME, area='bottom')
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
