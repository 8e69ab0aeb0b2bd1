"""A plain array as an image that is read block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block

#: Voxels per channel that are read at once by who needs all of them.
SLAB_VOXELS = 2_000_000


@dataclass(frozen=True, eq=False)
class ArraySource:
    """An `ImageSource` that holds the whole image.

    Attributes
    ----------
    array : ndarray, shape (C, *spatial), float32
    spacing : tuple of float
        mm in array order, 1 where unknown.
    has_spacing : bool
        False where nothing said how large a voxel is.
    """

    array: NDArray[np.float32]
    spacing: tuple[float, ...]
    has_spacing: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, *spatial)."""
        return self.array.shape

    def block(self, block: tuple[slice, ...]) -> NDArray[np.float32]:
        """Return (C, *block), a view."""
        return self.array[(slice(None), *block)]


def slabs(shape: Sequence[int]) -> Iterator[Block]:
    """Cut an image across its first axis into blocks of a few MB per channel."""
    rest = tuple(slice(0, n) for n in shape[1:])
    thickness = max(SLAB_VOXELS // max(math.prod(shape[1:]), 1), 1)
    for start in range(0, shape[0], thickness):
        yield (slice(start, min(start + thickness, shape[0])), *rest)
