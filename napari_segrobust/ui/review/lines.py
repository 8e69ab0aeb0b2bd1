"""The border of a mask on one slice as lines, and lines as dashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.surfaces import bounding_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def borders(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Lines between the pixels of a mask and the others, with cut corners.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, columns)

    Returns
    -------
    list of ndarray, each of shape (N, 2)
        Closed lines in pixels, row and column; the centre of the first pixel is 0, 0. Where the mask touches the end of
        the slice its border runs along it.
    """
    from skimage.measure import find_contours

    box = bounding_box(mask)
    if box is None:
        return []
    padded = np.pad(mask[box].astype(np.uint8), 1)
    start = np.array([side.start for side in box]) - 1
    return [np.asarray(line) + start for line in find_contours(padded, 0.5)]


def dashed(line: NDArray[np.float64], lengths: Sequence[float]) -> NDArray[np.float64]:
    """Cut a line into dashes.

    Parameters
    ----------
    line : ndarray, shape (N, D)
        Corners, in units that are as long along every axis.
    lengths : sequence of float
        Of dash, gap, dash, gap ... in those units; empty for a full line.

    Returns
    -------
    ndarray, shape (M, 2, D)
        Start and end of straight pieces.
    """
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    cuts = along
    period = float(sum(lengths))
    if period:
        marks = np.concatenate(([0.0], np.cumsum(lengths)[:-1]))
        turns = np.arange(int(along[-1] / period) + 1)[:, None] * period + marks
        cuts = np.unique(np.concatenate((along, turns[turns < along[-1]])))
    points = np.stack([np.interp(cuts, along, corner) for corner in line.T], axis=1)
    pieces = np.stack((points[:-1], points[1:]), axis=1)
    if not period:
        return pieces
    middles = (cuts[:-1] + cuts[1:]) / 2 % period
    place = np.searchsorted(np.cumsum(lengths), middles, side='right')
    return np.asarray(pieces[place % 2 == 0])
