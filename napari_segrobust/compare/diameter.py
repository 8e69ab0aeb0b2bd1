"""Longest diameter of an object on one slice, as a radiologist measures a lesion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.components import components
from napari_segrobust.compare.interrupt import checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare.settings import Connectivity
    from napari_segrobust.compare.surfaces import Surface


def longest_axial_diameter(surface: Surface, spacing: tuple[float, ...], connectivity: Connectivity) -> float:
    """Longest distance between two points of one object's outline on one slice along the first axis.

    The outline lies half a voxel outside the outermost voxels, so a row of n voxels is n voxels long.

    Parameters
    ----------
    surface : Surface
        Not empty.
    spacing : tuple of float
        In array order; the diameter comes in its unit.
    connectivity : {'full', 'face'}
        What makes one object.

    Returns
    -------
    float
    """
    numbers = components(surface, connectivity).numbers
    steps = np.array(spacing[-2:])
    outlines = [
        (float(np.hypot(*((np.ptp(points, axis=0) + 1) * steps))), points)
        for plane in numbers.reshape(-1, *numbers.shape[-2:])
        for points in _row_ends(plane)
    ]
    longest = 0.0
    # No diameter is longer than the diagonal of its box: most outlines need not be looked at.
    for diagonal, points in sorted(outlines, key=lambda outline: -outline[0]):
        if diagonal <= longest:
            break
        checkpoint()
        longest = max(longest, _diameter(points, steps))
    return longest


def _row_ends(plane: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    """First and last pixel of each object in each row, per object, shape (N, 2)."""
    rows, columns = np.nonzero(plane)
    if not len(rows):
        return []
    number = plane[rows, columns]
    order = np.lexsort((columns, rows, number))
    rows, columns, number = rows[order], columns[order], number[order]
    change = (np.diff(rows) != 0) | (np.diff(number) != 0)
    ends = np.concatenate((change, [True])) | np.concatenate(([True], change))
    points, number = np.stack((rows, columns), axis=1)[ends], number[ends]
    return np.split(points, np.flatnonzero(np.diff(number)) + 1)


def _diameter(points: NDArray[np.intp], steps: NDArray[np.float64]) -> float:
    """Longest distance between the middles of the outer edges of pixels."""
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import pdist

    halves = np.array([(-0.5, 0), (0.5, 0), (0, -0.5), (0, 0.5)])
    outline = (points[:, None] + halves).reshape(-1, 2) * steps
    return float(pdist(outline[ConvexHull(outline).vertices]).max())
