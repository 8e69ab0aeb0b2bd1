"""Ways to a slice for the pages of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_segrobust.ui.app import Explorer


def show_slice(explorer: Explorer, axis: int, index: int) -> None:
    """Bring a slice of the case onto the canvas; across another axis than the shown one the view is turned.

    Parameters
    ----------
    explorer : Explorer
    axis, index : int
        Slice ``index`` along ``axis`` of the case. An image has none.
    """
    case, dims = explorer.session.case, explorer.viewer.dims
    if case is None or case.ndim != 3:
        return
    offset = dims.ndim - case.ndim
    if dims.ndisplay == 2 and axis + offset in dims.displayed:
        rest = (other for other in range(dims.ndim) if other >= offset and other != axis + offset)
        dims.order = (*range(offset), axis + offset, *rest)
    dims.set_current_step(axis + offset, index)


def shown_axis(explorer: Explorer) -> int:
    """Axis of the case across which its slices are shown; the first where they are not."""
    plane = explorer.session.state.plane
    return 0 if plane is None else plane.axis
