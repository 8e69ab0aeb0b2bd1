"""The lab in a window: the stage over the canvas, the dock beside it, and the way back to what was there before."""

from __future__ import annotations

import weakref
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari import current_viewer
from qtpy.compat import isalive
from qtpy.QtCore import QTimer
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow

from napari_segrobust.lab import scenes
from napari_segrobust.ui.canvas.layer_set import PREFIX
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.lab.keys import LabKeys
from napari_segrobust.ui.lab.panel import LabPanel
from napari_segrobust.ui.lab.slide import Slide
from napari_segrobust.ui.lab.state import Lab, View
from napari_segrobust.ui.widgets.palette import Palette, theme_tree
from napari_segrobust.ui.widgets.style import style_sheet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtpy.QtWidgets import QWidget

    from napari_segrobust.lab import Scene

LAB_NAME = 'Pitfall lab'
_SAMPLE = f'{PREFIX}pitfalls'
_rooms: weakref.WeakKeyDictionary[Any, Room] = weakref.WeakKeyDictionary()


class Room:
    """The lab of one viewer, from `open` to `close`. GUI thread.

    Parameters
    ----------
    viewer : napari.Viewer
    found : iterable of Scene
    view : View, optional
    index : int
        See `Lab`.
    """

    def __init__(self, viewer: Any, found: Iterable[Scene], view: View | None = None, index: int = 0) -> None:
        self.viewer = viewer
        self.presenting = False
        self._closed = False
        self._selected = set(viewer.layers.selection)
        # Keys of a selected layer come before those of the viewer.
        viewer.layers.selection.clear()
        self.lab = Lab(found, view, index)
        palette = Palette.from_theme(str(viewer.theme))
        self.panel = LabPanel(self.lab, palette)
        self.dock: QDockWidget = viewer.window.add_dock_widget(self.panel, name=LAB_NAME, area='right')
        self._folded = self._fold_others()
        self.slide = Slide(self.lab, palette, _canvas(self.panel))
        self.keys = LabKeys(viewer, self)
        self.panel.close_asked.connect(self.close)
        self.panel.present_asked.connect(self.present)
        self.panel.hidden.connect(self._on_hidden)
        self.panel.destroyed.connect(self._end)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._end)
        self._links = Connections()
        self._links.add(viewer.events.theme, self._follow_theme)
        self._links.add(viewer.layers.events.inserted, self._give_way)
        self._links.add(viewer.dims.events.current_step, self._follow_slider)
        self._links.add(self.lab.looked, self._move_slider)
        self._links.add(self.lab.computed, self._move_slider)
        self._follow_theme()
        self.slide.setFocus()

    @classmethod
    def of(cls, viewer: Any) -> Room | None:
        """The open lab of a viewer."""
        return _rooms.get(getattr(viewer, '__wrapped__', viewer))

    @classmethod
    def open(cls, viewer: Any, found: Iterable[Scene] | None = None, view: View | None = None, index: int = 0) -> Room:
        """Open the lab on scenes, by default the built-in ones; where it is open already it is found again."""
        own = getattr(viewer, '__wrapped__', viewer)
        if own in _rooms and found is None:
            return _rooms[own]
        if own in _rooms:
            _rooms[own].close()
        _rooms[own] = cls(own, scenes().values() if found is None else found, view, index)
        return _rooms[own]

    def present(self, on: bool) -> None:
        """Large type and no docks, or back."""
        self.presenting = on
        self.slide.present(on)
        self.dock.setVisible(not on)
        self.slide.setFocus()

    def close(self) -> None:
        """Leave the window as it was found. Idempotent."""
        if self._closed:
            return
        self._end()
        self.slide.leave()
        for dock in self._folded:
            if isalive(dock):
                dock.show()
        self.viewer.layers.selection.update(layer for layer in self._selected if layer in self.viewer.layers)
        self.viewer.window.remove_dock_widget(self.panel)
        self.panel.deleteLater()

    def _end(self, _object: object = None) -> None:
        """Cut the connections, give the keys back, end the thread: all that the window's end does not do by itself."""
        if self._closed:
            return
        self._closed = True
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.disconnect(self._end)
        self._links.close()
        self.keys.close()
        self.panel.shutdown()
        self.slide.shutdown()
        self.lab.close()
        _rooms.pop(self.viewer, None)

    def _fold_others(self) -> list[QDockWidget]:
        """Hide the other docks: they are about layers that are not seen now."""
        docks = [dock for dock in self.panel.window().findChildren(QDockWidget) if dock is not self.dock]
        folded = [dock for dock in docks if dock.isVisibleTo(self.panel.window()) and not dock.isFloating()]
        for dock in folded:
            dock.hide()
        return folded

    def _on_hidden(self) -> None:
        """The dock's x was clicked: that leaves the lab."""
        if not self.presenting:
            QTimer.singleShot(0, self.close)

    def _give_way(self, event: Any) -> None:
        """Something else was opened: show it."""
        if not event.value.name.startswith(PREFIX):
            QTimer.singleShot(0, self.close)

    def _slider(self) -> int | None:
        """The axis of the viewer whose slider goes through the slices of an image behind the masks."""
        axis = self.lab.view.axis
        if axis is None or self.lab.found is None or not self.lab.found.panes:
            return None
        return axis + self.viewer.dims.ndim - self.lab.found.panes[0].reference.ndim

    def _follow_slider(self, _event: object) -> None:
        axis = self._slider()
        if axis is not None:
            self.lab.look_at(replace(self.lab.plane, index=int(self.viewer.dims.current_step[axis])))

    def _move_slider(self) -> None:
        axis = self._slider()
        if axis is not None and self.viewer.dims.current_step[axis] != self.lab.plane.index:
            self.viewer.dims.set_current_step(axis, self.lab.plane.index)

    def _follow_theme(self, _event: object = None) -> None:
        palette = Palette.from_theme(str(self.viewer.theme))
        self.panel.setStyleSheet(style_sheet(palette))
        theme_tree(self.panel, palette)
        self.slide.apply_palette(palette)


def _canvas(docked: QWidget) -> QWidget:
    """The widget that draws the images; napari has no public way to it."""
    window = docked.window()
    centre = window.centralWidget() if isinstance(window, QMainWindow) else None
    canvas = None if centre is None else centre.findChild(QOpenGLWidget)
    if canvas is None:
        raise RuntimeError('the lab needs a window with a canvas')
    return canvas


def open_pitfalls(**_parameters: Any) -> list[tuple[Any, dict[str, Any], str]]:
    """File > Open Sample > Metric pitfalls: opens the lab in the current viewer.

    Returns
    -------
    list of LayerData
        napari takes nothing less than a layer: the reference of the first scene, which goes when the lab is there.
    """
    viewer = current_viewer()
    if viewer is not None:
        # napari adds the layer once this has returned.
        QTimer.singleShot(0, partial(_take_up, viewer))
    first = next(iter(scenes().values())).draw()[0]
    return [(first.reference, {'name': _SAMPLE}, 'labels')]


def _take_up(viewer: Any) -> None:
    for layer in [layer for layer in viewer.layers if layer.name == _SAMPLE]:
        viewer.layers.remove(layer)
    Room.open(viewer)
