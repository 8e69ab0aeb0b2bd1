"""Planes of volumes: the axis that falls away, and where their middle lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.state import Plane


def flat(array: NDArray[Any], plane: Plane | None, lead: int = 0) -> NDArray[Any]:
    """Drop the plane's axis of length one, `lead` axes in; nothing to drop in 2D or for the whole."""
    if plane is None or array.ndim - lead == 2:
        return array
    return array.take(0, axis=lead + plane.axis) if not array.flags.c_contiguous else array.squeeze(lead + plane.axis)


def centre_of(plane: Plane, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Centre of the view in voxels of the volume: windows near it come first."""
    centre = (
        list(plane.centre) if plane.centre is not None and len(plane.centre) == len(shape) else [n / 2 for n in shape]
    )
    if len(shape) == 3:
        centre[plane.axis] = plane.index
    return tuple(centre)
