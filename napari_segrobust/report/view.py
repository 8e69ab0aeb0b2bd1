"""Which slices are shown, and which part of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.grid.sheet import shades

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.report.source import Source

#: Room around what is drawn, as a share of its size, and the least side of a picture in steps of the finer axis.
_ROOM, _LEAST = 0.3, 36
#: Slices nearer than this are one place, in mm (in slices without spacing).
_APART = 15.0
#: Shade where there is no image.
_DARK = 60


@dataclass(frozen=True)
class View:
    """A part of one slice.

    Attributes
    ----------
    index : int
        Slice along axis 0.
    rows, columns : (int, int)
        Half-open.
    steps : (float, float)
        Size of a pixel along rows and columns.
    """

    index: int
    rows: tuple[int, int]
    columns: tuple[int, int]
    steps: tuple[float, float]

    def cut(self, volume: NDArray[Any]) -> NDArray[Any]:
        """The part, of an array (..., Z, Y, X)."""
        part: NDArray[Any] = volume[..., self.index, slice(*self.rows), slice(*self.columns)]
        return part

    @property
    def height(self) -> float:
        """In mm, or pixels."""
        return (self.rows[1] - self.rows[0]) * self.steps[0]

    @property
    def width(self) -> float:
        """In mm, or pixels."""
        return (self.columns[1] - self.columns[0]) * self.steps[1]


def hardest(source: Source, count: int) -> tuple[int, ...]:
    """Slices with most disputed volume, each at another place as long as there is one."""
    votes = source.agreement.votes
    if len(votes.shape) == 2:
        return (0,)
    ranked = sorted(source.agreement.slices, key=lambda found: -found.disputed)
    ranked = [found for found in ranked if found.disputed > 0] or ranked[:1]
    indices = [found.index for found in ranked if found.index is not None]
    step = 1.0 if votes.spacing is None else votes.spacing[0]
    chosen: list[int] = []
    for index in indices:
        if len(chosen) < count and all(abs(index - other) * step >= _APART for other in chosen):
            chosen.append(index)
    return (*chosen, *(index for index in indices if index not in chosen))[:count]


def view_of(source: Source, index: int, mask: NDArray[np.bool_] | None = None) -> View:
    """Frame what any rater drew on a slice, or a mask (rows, columns), with room around it, as square as it may be."""
    votes = source.agreement.votes
    steps = (1.0, 1.0) if votes.spacing is None else votes.spacing[-2:]
    if mask is None:
        masks = [source.voxels(drawn)[index] for drawn in votes.masks]
        mask = np.logical_or.reduce(masks)
    if not mask.any():
        mask = np.ones_like(mask)
    ends = [np.flatnonzero(mask.any(axis=axis))[[0, -1]] for axis in (1, 0)]
    sizes = [(stop - start + 1) * step for (start, stop), step in zip(ends, steps, strict=True)]
    side = max(max(sizes) * (1 + 2 * _ROOM), _LEAST * min(steps))
    spans = [
        _span((start + stop + 1) / 2, math.ceil(side / step), n)
        for (start, stop), step, n in zip(ends, steps, mask.shape, strict=True)
    ]
    return View(index, spans[0], spans[1], (steps[0], steps[1]))


def pixels(source: Source, view: View) -> NDArray[np.uint8]:
    """The image there, (rows, columns, 3); an even dark where there is none."""
    if source.image is None:
        return np.full((view.rows[1] - view.rows[0], view.columns[1] - view.columns[0], 3), _DARK, np.uint8)
    return shades(view.cut(source.voxels(source.image)), source.limits)


def plane_of(where: NDArray[np.intp], shape: Sequence[int], index: int) -> NDArray[np.bool_]:
    """Mask (rows, columns) of the flat indices that lie in one slice."""
    size = shape[-2] * shape[-1]
    inside = where[where // size == index] - index * size
    mask = np.zeros(size, bool)
    mask[inside] = True
    return mask.reshape(shape[-2:])


def _span(middle: float, size: int, n: int) -> tuple[int, int]:
    """`size` pixels around a middle, moved into the image."""
    size = min(size, n)
    start = min(max(0, round(middle - size / 2)), n - size)
    return start, start + size
