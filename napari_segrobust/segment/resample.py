"""An image as it lies on a model's grid, block by block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.context.plan import bounds
from napari_segrobust.segment.grid import UPWARD
from napari_segrobust.segment.interpolate import interpolate, reach
from napari_segrobust.segment.source import slabs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.interpolate import Order
    from napari_segrobust.segment.protocols import ImageSource


class GridSource:
    """An `ImageSource`: the crop of another one, resampled.

    Parameters
    ----------
    source : ImageSource
        The case.
    grid : ModelGrid
        Laid over it.
    order : {0, 1, 3}
    keep : bool
        Compute everything at the first block, and keep it: for who needs statistics of the whole anyway.

    Notes
    -----
    A block equals the same block of the whole, to the last bit. Windows overlap: once more voxels were asked for than
    there are, all are made at once and kept.
    """

    has_spacing = True

    def __init__(self, source: ImageSource, grid: ModelGrid, order: Order = 1, keep: bool = False) -> None:
        self.shape: tuple[int, ...] = (source.shape[0], *grid.shape)
        self.spacing = grid.spacing
        self._source, self._grid = source, grid
        self._orders: list[Order] = [0 if axis == grid.coarse else order for axis in range(len(grid.axes))]
        self._keep = keep
        self._whole: NDArray[np.float32] | None = None
        self._asked = 0

    @property
    def nbytes(self) -> int:
        """Memory of its own, in bytes."""
        return 0 if self._whole is None else self._whole.nbytes

    def block(self, block: Block) -> NDArray[np.float32]:
        """Return (C, *block), float32."""
        self._asked += math.prod(stop - start for start, stop in bounds(block, self.shape[1:]))
        if self._grid.is_native:
            return self._computed(block)
        if self._whole is None and (self._keep or self._asked > math.prod(self.shape[1:])):
            whole = np.empty(self.shape, np.float32)
            for slab in slabs(self.shape[1:]):
                checkpoint()
                whole[(slice(None), *slab)] = self._computed(slab)
            self._whole = whole
        return self._computed(block) if self._whole is None else self._whole[(slice(None), *block)]

    def _computed(self, block: Block) -> NDArray[np.float32]:
        edges, places, starts = [], [], []
        blocks = zip(self._grid.axes, self._orders, bounds(block, self._grid.shape), strict=True)
        for number, (axis, order, (start, stop)) in enumerate(blocks):
            if axis.is_native or start >= stop:
                lo, hi, at = start, stop, None
            else:
                at = axis.case_places(start, stop)
                if number == self._grid.coarse:
                    at += UPWARD
                lo, hi = reach(at, axis.length, order)
            edges.append(slice(axis.start + lo, axis.start + hi))
            places.append(at)
            starts.append(lo)
        part = self._source.block(tuple(edges))
        if all(at is None for at in places):
            return part
        sizes = [axis.length for axis in self._grid.axes]
        return interpolate(part, starts, sizes, places, self._orders, self._grid.shrinking)
