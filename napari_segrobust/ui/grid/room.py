"""The architecture grid beside its viewer."""

from __future__ import annotations

from napari_segrobust.ui.dock_of import DockOf
from napari_segrobust.ui.grid.panel import GridPanel

_DOCK = DockOf('Architecture grid', GridPanel)
show_grid = _DOCK.show
toggle_grid = _DOCK.toggle
