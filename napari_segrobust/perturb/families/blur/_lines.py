"""Symmetric filters along one axis."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_segrobust.perturb.families._memory import room

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock

#: A tile is so many voxels along the filtered axis, fewer across slices where one slice is often all that is wanted,
#: and at most so many lines side by side.
_LENGTH, _ACROSS, _WIDTH = 32, 8, 512
#: Tiles across slices that are multiplied at once: what comes out stays in the processor's cache.
_TOGETHER = 32


def filtered(
    u: torch.Tensor, axis: int, weights: NDArray[Any], field: FieldBlock, spare: torch.Tensor | None = None
) -> torch.Tensor:
    """Filter along one axis, on the wanted part of it; beyond the case, its border voxels are repeated.

    Parameters
    ----------
    u : tensor (C, *spatial)
        Along `axis` and the axes after it as given to the family, along those before it the wanted part.
    axis : int
        Spatial axis.
    weights : ndarray (radius + 1,)
        Of the voxel itself, of its neighbours on either side, and so on outwards.
    field : FieldBlock
    spare : tensor, optional
        Memory that may be overwritten: fresh memory costs a fifth of the time.

    Returns
    -------
    tensor (C, *spatial)
        The wanted part along `axis`: the same bits for a voxel whatever the block.
    """
    if len(weights) == 1:
        return u.narrow(axis + 1, field.keep[axis].start, field.keep[axis].stop - field.keep[axis].start)
    if u.device.type != 'cpu':
        return _by_pairs(u, axis, weights, field)
    return _by_tiles(u, axis, weights, field, spare)


def gaussian(sigma: float) -> NDArray[np.float64]:
    """Weights of a Gaussian of `sigma` voxels, cut at 4 sigma."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(radius + 1) / (sigma or 1.0)) ** 2)
    return np.asarray(weights / (2 * weights.sum() - weights[0]))


def _by_pairs(u: torch.Tensor, axis: int, weights: NDArray[Any], field: FieldBlock) -> torch.Tensor:
    """Add the neighbours in pairs, nearest first: as fast as the memory of a graphics processor."""
    size, radius = field.keep[axis].stop - field.keep[axis].start, len(weights) - 1
    first = field.wanted[axis].start - radius
    index = _index(first, size + 2 * radius, field.block[axis], field.shape[axis])
    wide = u.index_select(axis + 1, index.to(u.device))
    total = wide.narrow(axis + 1, radius, size) * float(weights[0])
    for distance, weight in enumerate(weights[1:].tolist(), start=1):
        before, after = (wide.narrow(axis + 1, radius + step, size) for step in (-distance, distance))
        total.add_(before + after, alpha=weight)
    return total


def _by_tiles(
    u: torch.Tensor, axis: int, weights: NDArray[Any], field: FieldBlock, spare: torch.Tensor | None
) -> torch.Tensor:
    """Multiply one tile after the other by a banded matrix: five times as fast on a processor.

    The bits of a matrix product may depend on its size, and on the place in it. So all tiles have one size, which
    depends on the case alone, and begin at its multiples: a voxel has one place in one tile, whatever the block.
    """
    import torch

    across = axis - 1 if axis == len(field.shape) - 1 else len(field.shape) - 1
    beside = field.wanted[across] if across < axis else field.block[across]
    slices = axis == 0 and len(field.shape) > 2
    length, together, multiply = (_ACROSS, _TOGETHER, torch.bmm) if slices else (_LENGTH, 1, torch.mm)
    radius, matrix = len(weights) - 1, torch.from_numpy(_banded(weights, length))
    width = min(_WIDTH, -(-field.shape[across] // 16) * 16)
    rows = _spans(field.wanted[axis], length, radius, field.block[axis], field.shape[axis])
    columns = _spans(beside, width, 0, beside, field.shape[across])
    size = field.keep[axis].stop - field.keep[axis].start
    out = room((*u.shape[: axis + 1], size, *u.shape[axis + 2 :]), u, spare)
    given, made = (x.movedim((axis + 1, across + 1), (-2, -1)) for x in (u, out))
    if given.ndim == 3:
        given, made = given[None], made[None]
    for sources, targets in zip(given, made, strict=True):
        for first, row, column in product(range(0, len(sources), together), rows, columns):
            # small tiles are quicker many at once, large ones one by one
            part = slice(first, first + together) if slices else first
            source, target = sources[part], targets[part]
            inside = isinstance(row.source, slice) and isinstance(column.source, slice)
            tile = source[..., row.source, column.source] if inside else _taken(source, row.source, column.source)
            matrices = matrix.expand(len(tile), *matrix.shape) if slices else matrix
            if row.whole and column.whole:
                multiply(matrices, tile, out=target[..., row.target, column.target])
            else:
                target[..., row.target, column.target] = multiply(matrices, tile)[..., row.part, column.part]
    return out


class _Span(NamedTuple):
    """One tile along one axis: what it needs of the given block, which part of it is wanted, and where that goes."""

    source: slice | torch.Tensor
    part: slice
    target: slice
    whole: bool


def _spans(wanted: slice, step: int, radius: int, given: slice, size: int) -> list[_Span]:
    """Cut the wanted range of an axis at the multiples of `step`."""
    spans = []
    for first in range(wanted.start // step * step, wanted.stop, step):
        low, high = first - radius, first + step + radius
        inside = given.start <= low and high <= given.stop
        start, stop = max(first, wanted.start), min(first + step, wanted.stop)
        spans.append(
            _Span(
                slice(low - given.start, high - given.start) if inside else _index(low, high - low, given, size),
                slice(start - first, stop - first),
                slice(start - wanted.start, stop - wanted.start),
                stop - start == step,
            )
        )
    return spans


def _index(first: int, count: int, given: slice, size: int) -> torch.Tensor:
    """Where in the given block voxels of the case lie, those beyond the case at its border.

    Voxels of the case that are not given have weight 0 for all that is wanted: any stands in for them.
    """
    import torch

    inside = np.arange(first, first + count).clip(0, size - 1)
    return torch.from_numpy(inside.clip(given.start, given.stop - 1) - given.start)


def _taken(planes: torch.Tensor, rows: slice | torch.Tensor, columns: slice | torch.Tensor) -> torch.Tensor:
    for axis, part in zip((-2, -1), (rows, columns), strict=True):
        planes = (
            planes.narrow(axis, part.start, part.stop - part.start)
            if isinstance(part, slice)
            else planes.index_select(axis, part)
        )
    return planes


def _banded(weights: NDArray[Any], length: int) -> NDArray[np.float32]:
    """Matrix (length, length + 2 radius) that filters a tile."""
    line = np.concatenate([weights[:0:-1], weights])
    matrix = np.zeros((length, length + len(line) - 1), np.float32)
    for row in range(length):
        matrix[row, row : row + len(line)] = line
    return matrix
