"""The review of raters over its viewer's results."""

from __future__ import annotations

from napari_segrobust.ui.dock_of import DockOf
from napari_segrobust.ui.review.panel import ReviewPanel

_DOCK = DockOf('Raters', ReviewPanel, floats=False, seen=ReviewPanel.set_seen)
show_review = _DOCK.show
toggle_review = _DOCK.toggle
