"""Planes of volumes, cut out with an axis of length one and then laid flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.state import Plane

_Scalar = TypeVar('_Scalar', bound=np.generic)


def flat(array: NDArray[_Scalar], plane: Plane | None, lead: int = 0) -> NDArray[_Scalar]:
    """Drop the plane's axis of length one, `lead` axes in; nothing to drop in 2D or for the whole."""
    if plane is None or array.ndim - lead == 2:
        return array
    axis = lead + plane.axis
    return array.squeeze(axis) if array.flags.c_contiguous else np.take(array, 0, axis)


def centre(plane: Plane, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Place around which windows are done first."""
    known = plane.centre is not None and len(plane.centre) == len(shape)
    place = list(plane.centre or ()) if known else [n / 2 for n in shape]
    if len(shape) == 3:
        place[plane.axis] = plane.index
    return tuple(place)
