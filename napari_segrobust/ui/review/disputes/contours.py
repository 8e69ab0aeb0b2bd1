"""Outlines along the edges of pixels; an edge that several raters share is divided among them: none is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


def shared_edges(masks: Sequence[Mask]) -> list[NDArray[np.float64]]:
    """Edges of several masks.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (rows, columns)

    Returns
    -------
    list of ndarray of float, shape (N, 2, 2)
        For each mask: edge, end, (row, column); pixel centres are whole numbers.
    """
    padded = [np.pad(np.asarray(mask, bool), 1) for mask in masks]
    flat = np.stack([(mask[1:] != mask[:-1])[:, 1:-1] for mask in padded])
    upright = np.stack([(mask[:, 1:] != mask[:, :-1])[1:-1] for mask in padded])
    parts = [_parts(flat, along=1), _parts(upright, along=0)]
    return [np.concatenate([part[k] for part in parts]) for k in range(len(masks))]


def edges(mask: Mask) -> NDArray[np.float64]:
    """Edges of one mask, shape (N, 2, 2)."""
    return shared_edges([mask])[0]


def _parts(there: Mask, along: int) -> list[NDArray[np.float64]]:
    """Divide edges, shape (masks, rows, columns), which run along an axis."""
    count, rank = there.sum(axis=0), np.cumsum(there, axis=0) - 1
    found = []
    for k, own in enumerate(there):
        where = np.nonzero(own)
        among, place = count[where], rank[k][where]
        ends = np.repeat(np.stack(where, axis=1)[:, None].astype(float), 2, axis=1)
        # An edge lies half a pixel before the pixel of its index, and runs from half before to half behind it.
        ends[:, :, 1 - along] -= 0.5
        ends[:, 0, along] += place / among - 0.5
        ends[:, 1, along] += (place + 1) / among - 0.5
        found.append(ends)
    return found


def anchors(outlines: Sequence[NDArray[np.float64]], near: Mask) -> list[tuple[float, float] | None]:
    """Where to write the letter of each outline: around `near`, each in a direction of its own.

    Parameters
    ----------
    outlines : sequence of ndarray, shape (N, 2, 2)
    near : ndarray of bool, shape (rows, columns)
        Letters stand at the part of an outline that is nearest to these pixels.

    Returns
    -------
    list of (row, column) or None
        None where a mask has no outline here.
    """
    points = np.argwhere(near)
    centre = points.mean(axis=0) if len(points) else np.array(near.shape) / 2
    reach = 1.5 * np.linalg.norm(points - centre, axis=1).max() + 2 if len(points) else np.inf
    found: list[tuple[float, float] | None] = []
    for k, outline in enumerate(outlines):
        if not len(outline):
            found.append(None)
            continue
        middles = outline.mean(axis=1)
        away = middles - centre
        distance = np.linalg.norm(away, axis=1)
        angle = 2 * np.pi * k / len(outlines)
        agrees = away @ np.array([-np.cos(angle), np.sin(angle)]) / np.maximum(distance, 1e-9)
        best = int(np.argmax(np.where(distance <= reach, agrees, -1 - distance)))
        found.append((float(middles[best, 0]), float(middles[best, 1])))
    return found
