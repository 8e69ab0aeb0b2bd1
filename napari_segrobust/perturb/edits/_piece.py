"""One label of a mask, cut out, with the place that it has in the image: what every edit takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_segrobust.compare.surfaces import Surface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Distances that differ by less than this share are equal.
EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Piece:
    """A mask on a box that may reach beyond the image.

    Attributes
    ----------
    mask : ndarray of bool, shape ([Z,] Y, X)
        No voxel of the mask lies outside the box.
    origin : tuple of int
        Index in the image of the first voxel of the box; negative outside the image.
    shape : tuple of int
        Shape of the image.
    spacing : tuple of float
        In mm in array order; 1 where it is unknown.

    Notes
    -----
    Places are in mm from the corner of the image, in array order: the centre of voxel i is at (i + 0.5) x spacing.
    The same place is then the same on a finer and on a coarser grid.
    """

    mask: NDArray[np.bool_]
    origin: tuple[int, ...]
    shape: tuple[int, ...]
    spacing: tuple[float, ...]

    @classmethod
    def cut(cls, labels: NDArray[Any], label: int, spacing: tuple[float, ...]) -> Self:
        """Cut `label` out of a label mask."""
        surface = Surface.of(labels, label)
        return cls(surface.mask, surface.origin, labels.shape, spacing)

    @property
    def empty(self) -> bool:
        """Whether no voxel is in the mask."""
        return not self.mask.any()

    def with_mask(self, mask: NDArray[np.bool_]) -> Self:
        """Return the same box with another mask."""
        return replace(self, mask=mask)

    def widened(self, margin: float) -> Self:
        """Return the same mask on a box that is wider by `margin` mm, and by at least one voxel, on every side."""
        pad = [int(np.ceil(margin / step)) + 1 for step in self.spacing]
        origin = tuple(o - p for o, p in zip(self.origin, pad, strict=True))
        return replace(self, mask=np.pad(self.mask, [(p, p) for p in pad]), origin=origin)

    def over_image(self) -> Self:
        """Return the part that lies in the image, on the box of the whole image."""
        whole = np.zeros(self.shape, bool)
        there, here = self.overlap()
        whole[there] = self.mask[here]
        return replace(self, mask=whole, origin=(0,) * len(self.shape))

    def overlap(self) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Where the box lies in the image, and which part of the box that is."""
        there, here = [], []
        for origin, length, size in zip(self.origin, self.mask.shape, self.shape, strict=True):
            start, stop = min(max(origin, 0), size), max(min(origin + length, size), 0)
            there.append(slice(start, max(start, stop)))
            here.append(slice(start - origin, max(start, stop) - origin))
        return tuple(there), tuple(here)

    def axes(self) -> list[NDArray[np.float64]]:
        """Voxel centres of the box along each axis, in mm, each shaped to broadcast over the box."""
        ndim = self.mask.ndim
        return [
            ((np.arange(n) + o + 0.5) * s).reshape([-1 if axis == a else 1 for a in range(ndim)])
            for axis, (n, o, s) in enumerate(zip(self.mask.shape, self.origin, self.spacing, strict=True))
        ]

    def distance_from(self, place: Sequence[float]) -> NDArray[np.float64]:
        """Distance of every voxel centre of the box from `place`, in mm."""
        squares = sum((axis - p) ** 2 for axis, p in zip(self.axes(), place, strict=True))
        return np.asarray(np.sqrt(np.broadcast_to(squares, self.mask.shape)))

    def deepest(self) -> tuple[float, ...]:
        """Centre of the voxel that lies deepest in the mask; the middle of the image for an empty one."""
        if self.empty:
            return tuple(n * s / 2 for n, s in zip(self.shape, self.spacing, strict=True))
        inside = self.widened(0)
        where = np.unravel_index(int(inside.depth().argmax()), inside.mask.shape)
        return tuple((int(i) + o + 0.5) * s for i, o, s in zip(where, inside.origin, inside.spacing, strict=True))

    def depth(self) -> NDArray[np.float64]:
        """Distance of every voxel of the mask to the nearest voxel outside it, in mm; 0 outside."""
        from scipy.ndimage import distance_transform_edt

        return np.asarray(distance_transform_edt(self.mask, sampling=self.spacing))

    def distance(self) -> NDArray[np.float64]:
        """Distance of every voxel outside the mask to its nearest voxel, in mm; 0 inside."""
        return self.with_mask(~self.mask).depth()

    def signed(self) -> NDArray[np.float64]:
        """Distance of every voxel to the border of the mask, in mm; negative inside.

        The border runs half a voxel outside the centres of the outermost voxels.
        """
        half = min(self.spacing) / 2
        return np.where(self.mask, half - self.depth(), self.distance() - half)

    def grown(self, by: float) -> Self:
        """Return what lies within `by` mm of the mask; for a negative number what is deeper than that.

        Exact: Euclidean distances from voxel centre to voxel centre. Outside the image is background.
        """
        if by == 0 or self.empty:
            return self
        if by < 0:
            inside = self.widened(0)
            return inside.with_mask(inside.depth() > -by * (1 + EQUAL))
        around = self.widened(by)
        return around.with_mask(around.distance() <= by * (1 + EQUAL))
