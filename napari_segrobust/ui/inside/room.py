"""The dock "Inside the network" over its viewer's results."""

from __future__ import annotations

from typing import Any

from napari_segrobust.ui.dock_of import DockOf
from napari_segrobust.ui.inside.panel import InsidePanel

_DOCK = DockOf('Inside the network', InsidePanel, floats=False)
show_inside = _DOCK.show
toggle_inside = _DOCK.toggle


def pick_voxel(viewer: Any) -> None:
    """Pick a voxel for its receptive field, or no longer."""
    show_inside(viewer).start_picking()
