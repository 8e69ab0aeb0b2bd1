"""A panel in a dock of its own, one for each viewer: made when it is asked for first, gone with the viewer."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow

from napari_segrobust.ui.app import Explorer
from napari_segrobust.ui.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Callable

P = TypeVar('P')
#: Of a dock that floats, where the screen has room for it.
_SIZE = (1120, 680)
#: Height of a window, in pixels, in which two docks above each other are cramped; and share of a dock over others.
_LOW, _SHARE = 800, 0.32


class DockOf(Generic[P]):
    """The dock of one kind. GUI thread.

    Parameters
    ----------
    name : str
        Title of the dock.
    make : callable
        ``make(explorer)`` gives the panel, a widget with `shutdown`.
    floats : bool
        Whether it begins as a window of its own, which can be docked, or as a tab over what is docked below.
    seen : callable, optional
        ``seen(panel, on)`` is called when the panel comes into view or goes out of it. Qt's own show and hide events
        are silent where another tab covers it.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[Explorer], P],
        *,
        floats: bool = True,
        seen: Callable[[P, bool], None] | None = None,
    ) -> None:
        self.name = name
        self._make, self._floats, self._seen = make, floats, seen
        self._panels: weakref.WeakKeyDictionary[Any, P] = weakref.WeakKeyDictionary()

    def show(self, viewer: Any) -> P:
        """The panel of a viewer: made where there is none, brought back where it is hidden or behind another."""
        own = getattr(viewer, '__wrapped__', viewer)
        panel = self._panels.get(own)
        if panel is None:
            panel = self._panels[own] = self._open(own)
        dock = panel.parentWidget()
        dock.show()
        dock.raise_()
        return panel

    def toggle(self, viewer: Any) -> None:
        """Show the panel of a viewer, or hide it."""
        panel = self._panels.get(getattr(viewer, '__wrapped__', viewer))
        if panel is not None and panel.isVisible():
            panel.parentWidget().hide()
        else:
            self.show(viewer)

    def _open(self, viewer: Any) -> P:
        panel = self._make(Explorer.of(viewer))
        dock: QDockWidget = viewer.window.add_dock_widget(panel, name=self.name, area='bottom')
        (_float if self._floats else _lay_over_others)(dock)

        links = Connections()
        if self._seen is not None:
            dock.visibilityChanged.connect(links.until_cut(partial(self._seen, panel)))

        def end(_object: object = None) -> None:
            links.close()
            panel.shutdown()
            self._panels.pop(viewer, None)

        panel.destroyed.connect(end)
        application = QApplication.instance()
        if application is not None:
            links.add(application.aboutToQuit, end)
        return panel


def _float(dock: QDockWidget) -> None:
    """Make a window of it in the middle of the screen."""
    dock.setFloating(True)
    room = dock.screen().availableGeometry()
    width, height = min(_SIZE[0], room.width()), min(_SIZE[1], room.height())
    dock.resize(width, height)
    dock.move(room.center().x() - width // 2, room.center().y() - height // 2)


def _lay_over_others(dock: QDockWidget) -> None:
    """Share the place of what is docked there, as tabs: side by side neither has room for its charts.

    napari's own `tabify` takes the last dock that was made, also where that one floats.
    """
    window = dock.parent()
    while window is not None and not isinstance(window, QMainWindow):
        window = window.parent()
    if window is None:
        return
    area, height = window.dockWidgetArea(dock), round(_SHARE * window.height())
    for other in window.findChildren(QDockWidget):
        is_there = not (other is dock or other.isHidden() or other.isFloating())
        if is_there and window.dockWidgetArea(other) == area:
            height = max(height, other.height())
            window.tabifyDockWidget(other, dock)
            break
    if window.height() < _LOW:
        # Above a dock as wide as the window, what is docked at the left leaves no room for it.
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.resizeDocks([dock], [height], Qt.Orientation.Vertical)
