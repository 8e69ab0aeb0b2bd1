"""Erosion of masks at one bit per voxel: a few operations on 64 voxels at a time instead of one on each.

Bits lie flat in array order, with enough background between rows and planes that a shift of the whole, which is a
step to a neighbour, brings in background.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = np.dtype('<u8')


def inner_border(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mask voxels with a face neighbour outside the mask; outside the array is background.

    Parameters
    ----------
    mask : ndarray of bool

    Returns
    -------
    ndarray of bool, same shape
    """
    bits = _Bits(mask, (1,) * mask.ndim)
    inner = bits.words.copy()
    for step in bits.strides:
        inner &= bits.shifted(step)
        inner &= bits.shifted(-step)
    return bits.unpacked(bits.words ^ inner)


def eroded(mask: NDArray[np.bool_], width: float, spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    """Mask voxels with no voxel outside the mask nearer than `width`; outside the array is background.

    Parameters
    ----------
    mask : ndarray of bool
    width : float
        In the unit of `spacing`; a voxel at just this distance is not nearer.
    spacing : tuple of float
        In array order.

    Returns
    -------
    ndarray of bool, same shape
    """
    limit = (width * (1 - 1e-9)) ** 2
    extent = [min(int(width / step), n) for step, n in zip(spacing, mask.shape, strict=True)]
    bits = _Bits(mask, tuple(extent))
    # Runs along the last axis first: runs[h] is what no background is nearer to than h + 1 steps along it.
    runs = [bits.words]
    for half in range(1, extent[-1] + 1):
        runs.append(runs[-1] & bits.shifted(half) & bits.shifted(-half))
    inner = bits.words.copy()
    for offset in product(*(range(-e, e + 1) for e in extent[:-1])):
        left = limit - sum((o * step) ** 2 for o, step in zip(offset, spacing[:-1], strict=True))
        if left > 0:
            half = min(int(left**0.5 / spacing[-1] * (1 + 1e-12)), extent[-1])
            inner &= bits.shifted(sum(o * s for o, s in zip(offset, bits.strides[:-1], strict=True)), runs[half])
    return bits.unpacked(inner)


def eroded_squares(mask: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Erode each slice by a square of 3 x 3 pixels, `steps` times; outside the array is background.

    Parameters
    ----------
    mask : ndarray of bool, shape ([Z,] Y, X)
    steps : int

    Returns
    -------
    ndarray of bool, same shape
    """
    steps = min(steps, max(mask.shape))
    bits = _Bits(mask, (steps,) * mask.ndim)
    inner = bits.words
    for stride in bits.strides[-2:]:
        line = inner
        for step in range(1, steps + 1):
            inner = inner & bits.shifted(step * stride, line) & bits.shifted(-step * stride, line)
    return bits.unpacked(inner)


class _Bits:
    """A mask at one bit per voxel, with `pad` voxels of background after each row and plane."""

    def __init__(self, mask: NDArray[np.bool_], pad: tuple[int, ...]) -> None:
        self._crop = tuple(slice(0, n) for n in mask.shape)
        self._shape = (mask.shape[0], *(n + p for n, p in zip(mask.shape[1:], pad[1:], strict=True)))
        #: Bits from a voxel to its neighbour along each axis.
        self.strides = [prod(self._shape[axis + 1 :]) for axis in range(mask.ndim)]
        whole = np.zeros(self._shape, bool)
        whole[self._crop] = mask
        packed = np.packbits(whole, bitorder='little')
        self.words = np.zeros(-(-len(packed) // _WORD.itemsize), _WORD)
        self.words.view(np.uint8)[: len(packed)] = packed

    def shifted(self, step: int, words: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
        """Return for each voxel the bit of the voxel `step` further on; background from beyond the ends."""
        words = self.words if words is None else words
        result = np.zeros_like(words)
        whole, rest = divmod(abs(step), 8 * _WORD.itemsize)
        size = len(words) - whole
        if size <= 0:
            return result
        if step >= 0:
            np.right_shift(words[whole:], rest, out=result[:size])
            if rest:
                result[: size - 1] |= words[whole + 1 :] << (8 * _WORD.itemsize - rest)
        else:
            np.left_shift(words[:size], rest, out=result[whole:])
            if rest:
                result[whole + 1 :] |= words[: size - 1] >> (8 * _WORD.itemsize - rest)
        return result

    def unpacked(self, words: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return `words` as a mask of the original shape."""
        flat = np.unpackbits(words.view(np.uint8), bitorder='little', count=prod(self._shape))
        return flat.view(bool).reshape(self._shape)[self._crop]
