"""The window lab beside its viewer."""

from __future__ import annotations

from napari_segrobust.ui.dock_of import DockOf
from napari_segrobust.ui.windows.panel import WindowsPanel

_DOCK = DockOf('Window lab', WindowsPanel)
show_windows = _DOCK.show
toggle_windows = _DOCK.toggle
