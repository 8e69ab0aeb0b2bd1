"""The two docks of an explorer in a napari window, and what happens when the window goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari import current_viewer
from qtpy.QtOpenGLWidgets import QOpenGLWidget
from qtpy.QtWidgets import QApplication, QMainWindow

from napari_segrobust.ui.app import Explorer
from napari_segrobust.ui.connections import Connections
from napari_segrobust.ui.outputs.export import Export
from napari_segrobust.ui.panel import Panel
from napari_segrobust.ui.results import Results

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

#: As napari names the dock that its Plugins menu opens and closes.
PANEL_NAME = 'Explorer (Segmentation robustness)'
RESULTS_NAME = 'Robustness results'


def make_panel(viewer: Any = None) -> QWidget:
    """Make the right dock for a viewer, and put the bottom dock beside it. What the plugin menu calls.

    Parameters
    ----------
    viewer : napari.Viewer, optional
        The current one by default.
    """
    viewer = viewer if viewer is not None else current_viewer()
    explorer = Explorer.of(viewer)
    panel, results = Panel(explorer), Results(explorer)
    panel.header.set_export(Export(explorer, results))
    dock = viewer.window.add_dock_widget(results, name=RESULTS_NAME, area='bottom')
    canvas = _canvas(results)
    if canvas is not None:
        explorer.overlays.signs.lie_over(canvas)
        explorer.clock.spare(canvas)

    links = Connections()
    dock.visibilityChanged.connect(links.until_cut(results.set_seen))

    def close(_object: object = None) -> None:
        links.close()
        panel.shutdown()
        results.shutdown()
        explorer.shutdown()

    # napari hides a dock whose x is clicked; it is destroyed with the window, or when it is removed.
    panel.destroyed.connect(close)
    panel.destroyed.connect(dock.deleteLater)
    application = QApplication.instance()
    if application is not None:
        links.add(application.aboutToQuit, close)
    explorer.opener.look()
    return panel


def _canvas(docked: QWidget) -> QWidget | None:
    """The widget that draws the images in the window of a dock, found by Qt's own ways: napari has no public one."""
    window = docked.window()
    centre = window.centralWidget() if isinstance(window, QMainWindow) else None
    return None if centre is None else centre.findChild(QOpenGLWidget)


def open_docks(viewer: Any) -> tuple[Explorer, Panel, Results]:
    """Put both docks into a viewer's window."""
    panel = make_panel(viewer)
    viewer.window.add_dock_widget(panel, name=PANEL_NAME, area='right')
    explorer = Explorer.of(viewer)
    results = next(w for w in viewer.window.dock_widgets.values() if isinstance(w, Results) and w.explorer is explorer)
    return explorer, panel, results


def find_panel(viewer: Any) -> Panel | None:
    """The panel of a viewer, shown or hidden; None where it was never opened."""
    return next((widget for widget in viewer.window.dock_widgets.values() if isinstance(widget, Panel)), None)


def show_panel(viewer: Any) -> Panel:
    """The panel of a viewer: brought back where it is hidden, made where there is none."""
    panel = find_panel(viewer)
    if panel is None:
        _, panel, _ = open_docks(viewer)
    panel.parentWidget().show()
    return panel
