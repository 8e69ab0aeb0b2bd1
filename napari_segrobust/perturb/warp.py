"""Warps: an image, or a mask, sampled where its voxels come from."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from napari_segrobust.perturb.spec import Block, Shape

#: ``warp(block)``: for every voxel of a block where its value comes from, (ndim, *block) float32 in voxels of the case.
Warp: TypeAlias = 'Callable[[Block], torch.Tensor]'

#: Voxels of a slab: coordinates and corner values of so many are held at once.
_SLAB = 1 << 18


def home(block: Block, like: torch.Tensor) -> torch.Tensor:
    """Coordinates of the voxels of a block themselves: the warp that moves nothing."""
    import torch

    axes = [torch.arange(s.start, s.stop, dtype=like.dtype, device=like.device) for s in block]
    return torch.stack(torch.meshgrid(*axes, indexing='ij'))


def source_block(warp: Warp, wanted: Block, shape: Shape) -> Block:
    """Smallest block that holds `wanted` and all that a warp takes into it; the whole where that is a large part."""
    if math.prod(s.stop - s.start for s in wanted) * 4 > math.prod(shape):
        return tuple(slice(0, n) for n in shape)
    found = []
    for line, own, size in zip(warp(wanted), wanted, shape, strict=True):
        low, high = int(line.min().clamp(0, size - 1).floor()), int(line.max().clamp(0, size - 1).floor()) + 2
        found.append(slice(min(low, own.start), min(max(high, own.stop), size)))
    return tuple(found)


def warped(x: torch.Tensor, warp: Warp, given: Block, wanted: Block, shape: Shape, outside: float) -> torch.Tensor:
    """Sample an image linearly.

    Parameters
    ----------
    x : tensor (C, *given)
        Of the case, the part that lies in `given`; values that are not finite count as `outside`.
    warp : callable
        See `Warp`.
    given, wanted : tuple of slice
        What there is and what is asked for, in voxels of the case.
    shape : tuple of int
        Of the case.
    outside : float
        What lies beyond the case.

    Returns
    -------
    tensor (C, *wanted)
        The same bits for a voxel whatever the block.
    """
    import torch

    flat = x.reshape(len(x), -1)
    out = x.new_empty((len(x), *(s.stop - s.start for s in wanted)))
    plane = math.prod(out.shape[2:])
    step = max(1, _SLAB // max(plane, 1))
    for first in range(0, out.shape[1], step):
        slab = slice(wanted[0].start + first, min(wanted[0].start + first + step, wanted[0].stop))
        where = warp((slab, *wanted[1:]))
        low = where.floor()
        part = where - low
        total = torch.zeros((len(x), *where.shape[1:]), dtype=x.dtype, device=x.device)
        for corner in product((0, 1), repeat=len(shape)):
            index = torch.zeros_like(low[0], dtype=torch.long)
            weight, inside = torch.ones_like(low[0]), torch.ones_like(low[0], dtype=torch.bool)
            for axis, side in enumerate(corner):
                length = given[axis].stop - given[axis].start
                place = low[axis] + side
                inside &= (place >= 0) & (place <= shape[axis] - 1)
                index = index * length + (place - given[axis].start).clamp_(0, length - 1).long()
                weight *= part[axis] if side else 1 - part[axis]
            values = flat[:, index].nan_to_num_(outside, outside, outside)
            total += torch.where(inside, values, outside) * weight
        out[:, first : first + slab.stop - slab.start] = total
    return out
