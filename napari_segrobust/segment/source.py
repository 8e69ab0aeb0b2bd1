"""A plain array as an image that is read block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ArraySource:
    """An `ImageSource` that holds the whole image.

    Attributes
    ----------
    array : ndarray, shape (C, *spatial), float32
    spacing : tuple of float
        mm in array order, 1 where unknown.
    """

    array: NDArray[np.float32]
    spacing: tuple[float, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, *spatial)."""
        return self.array.shape

    def block(self, block: tuple[slice, ...]) -> NDArray[np.float32]:
        """Return (C, *block), a view."""
        return self.array[(slice(None), *block)]
