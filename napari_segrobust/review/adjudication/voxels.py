"""A set of voxels, small enough for a line of text: a bit for each voxel of its box, compressed."""

from __future__ import annotations

import base64
import binascii
import zlib
from math import prod
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class VoxelSet(BaseModel):
    """Voxels of an image.

    Attributes
    ----------
    box : tuple of (int, int)
        Half-open, in array order: the smallest that holds them all.
    bits : str
        One bit per voxel of the box in C order, packed, compressed by zlib, as base64.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    box: tuple[tuple[int, int], ...]
    bits: str

    @classmethod
    def of(cls, where: NDArray[np.integer], shape: Sequence[int]) -> Self:
        """Take flat indices (C order) in an image of that shape."""
        if not len(where):
            return cls(box=((0, 0),) * len(shape), bits='')
        points = np.unravel_index(where, tuple(shape))
        box = tuple((int(axis.min()), int(axis.max()) + 1) for axis in points)
        flags = np.zeros([stop - start for start, stop in box], bool)
        flags[tuple(axis - start for axis, (start, _) in zip(points, box, strict=True))] = True
        packed = zlib.compress(np.packbits(flags).tobytes())
        return cls(box=box, bits=base64.b64encode(packed).decode('ascii'))

    def where(self, shape: Sequence[int]) -> NDArray[np.intp]:
        """Give the flat indices back, ascending.

        Raises
        ------
        ValueError
            What was stored is no set of voxels of such an image.
        """
        if len(self.box) != len(shape) or any(
            not 0 <= start <= stop <= n for (start, stop), n in zip(self.box, shape, strict=True)
        ):
            raise ValueError(f'box {self.box} in an image of {tuple(shape)}')
        sides = [stop - start for start, stop in self.box]
        voxels = prod(sides)
        if voxels == 0:
            return np.zeros(0, np.intp)
        packed, expected = self._unpacked(voxels), (voxels + 7) // 8
        if len(packed) != expected:
            raise ValueError(f'{len(packed)} bytes of flags for a box of {voxels} voxels')
        flags = np.unpackbits(np.frombuffer(packed, np.uint8), count=voxels).reshape(sides)
        points = tuple(axis + start for axis, (start, _) in zip(np.nonzero(flags), self.box, strict=True))
        return np.ravel_multi_index(points, tuple(shape))

    def _unpacked(self, voxels: int) -> bytes:
        try:
            # Never more than the box can hold, whatever the text says.
            return zlib.decompressobj().decompress(base64.b64decode(self.bits, validate=True), (voxels + 7) // 8 + 1)
        except (binascii.Error, zlib.error) as error:
            raise ValueError(f'flags unreadable ({error})') from None
