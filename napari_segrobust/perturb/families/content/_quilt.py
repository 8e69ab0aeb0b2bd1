"""A region's texture laid elsewhere: random pieces of it, blended so that its histogram stays.

By-example noise of Heitz & Neyret (Proc. ACM CGIT 1(2):31, 2018) on a square grid: values become normal by their ranks,
overlapping pieces are added with weights whose squares add up to 1, and the sum goes back through the ranks. What is
measured on the clean case is a small library of pieces; which of them lies where is the draw's.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import on_scale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Block, FieldBlock, Shape, Spacing

#: Sides of a piece in pixels of the plane, the largest that fits often enough into the region; pieces in all; numbers
#: that the pieces of one channel hold; steps of the draw after which it repeats.
_SIDES, _OFTEN, _PIECES, _NUMBERS, _PERIOD = (64, 32, 16, 8, 4, 2, 1), 64, (16, 512), 2**19, 64
#: The table from normal numbers to values: from -4 to 4 in so many steps.
_REACH, _STEPS = 4, 1024
#: Voxels of the region whose ranks make the table.
_SAMPLE = 2**18
#: Voxels that are blended at once.
_AT_ONCE = 2**17


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """A number from 0 to 1 for every cell: which piece lies there."""
    return {'which': rng.random([min(n + 1, _PERIOD) for n in shape], dtype=np.float32)}


def measured(
    clean: Clean, record: Perturbation, source: NDArray[np.bool_], goal: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Pieces of a region and what turns them back into its values.

    Parameters
    ----------
    source, goal : ndarray of bool
        Where the texture is taken from, and where it shall lie.

    Returns
    -------
    dict
        ``pieces`` (C, K, *sides) normal numbers, ``table`` (C, steps) values, ``goal`` (1, *spatial) bool and ``box``
        (ndim, 2) around it; without ``pieces`` if source or goal is empty.
    """
    facts: dict[str, NDArray[Any]] = {'goal': goal[None], 'box': bounds(goal)}
    if not source.any() or not goal.any():
        return facts
    box = tuple(slice(*ends) for ends in bounds(source).tolist())
    sides, corners = _corners(source[box], clean.spacing)
    channels = [on_scale(clean, record, channel)[box] for channel in range(len(clean.image))]
    taken = [
        np.stack([u[tuple(slice(c, c + n) for c, n in zip(corner, sides, strict=True))] for corner in corners])
        for u in channels
    ]
    made = [_normal(u[source[box]], pieces) for u, pieces in zip(channels, taken, strict=True)]
    return facts | {'pieces': np.stack([m[0] for m in made]), 'table': np.stack([m[1] for m in made])}


def laid(u: torch.Tensor, share: float, field: FieldBlock) -> torch.Tensor:
    """Blend the texture into its goal: u + share (texture - u)."""
    if 'pieces' not in field.facts:
        return u
    part = []
    for w, (start, stop) in zip(field.wanted, field.facts['box'].tolist(), strict=True):
        part.append(slice(max(w.start, start), min(w.stop, stop)))
        if part[-1].start >= part[-1].stop:
            return u
    for piece in _cut(tuple(part)):
        here = tuple(slice(p.start - w.start, p.stop - w.start) for p, w in zip(piece, field.wanted, strict=True))
        given, goal = u[(slice(None), *here)], field.facts['goal'][(slice(None), *piece)]
        given += (_looked_up(_blended(piece, field), field.facts['table']) - given).mul_(share).mul_(goal)
    return u


def _cut(part: Block) -> Iterator[Block]:
    """Cut a block along its first axis: its many temporaries stay small."""
    step = max(_AT_ONCE // math.prod(p.stop - p.start for p in part[1:]), 1)
    for start in range(part[0].start, part[0].stop, step):
        yield slice(start, min(start + step, part[0].stop)), *part[1:]


def bounds(region: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First voxel and the one after the last of a region along each axis, (ndim, 2); 0 and 0 where it is empty."""
    found = np.zeros((region.ndim, 2), np.int64)
    for axis in range(region.ndim):
        line = np.flatnonzero(region.any(axis=tuple(a for a in range(region.ndim) if a != axis)))
        if len(line):
            found[axis] = line[0], line[-1] + 1
    return found


def _corners(source: NDArray[np.bool_], spacing: Spacing) -> tuple[Shape, NDArray[np.int64]]:
    """Sides of the pieces in voxels, and first voxels of pieces that lie inside the region, spread over it."""
    sums = source.astype(np.int32)
    for axis in range(source.ndim):
        np.cumsum(sums, axis=axis, out=sums)
    sums = np.pad(sums, [(1, 0)] * source.ndim)
    fine = min(spacing[-2:])
    for side in _SIDES:
        sides = tuple(_even(min(side * fine / step, n)) for step, n in zip(spacing, source.shape, strict=True))
        sides = sides if side > 1 else (1,) * source.ndim
        fits = np.flatnonzero(_window_sums(sums, sides) == math.prod(sides))
        if len(fits) >= _OFTEN:
            break
    least, most = _PIECES
    count = min(len(fits), max(least, min(most, _NUMBERS // math.prod(sides))))
    chosen = fits[(np.arange(count) * 0.6180339887 % 1 * len(fits)).astype(np.int64)]
    shape = tuple(size - n + 1 for size, n in zip(source.shape, sides, strict=True))
    return sides, np.stack(np.unravel_index(chosen, shape), axis=1)


def _even(side: float) -> int:
    """Largest even number up to a length, or 1: halves of pieces overlap."""
    return 2 * int(side / 2) or 1


def _window_sums(sums: NDArray[np.int32], sides: Sequence[int]) -> NDArray[np.int32]:
    """How many voxels of the region lie in the window of given sides at each place, from its cumulated sums."""
    for axis, n in enumerate(sides):
        ahead, behind = (np.moveaxis(sums, axis, 0) for _ in range(2))
        sums = np.moveaxis(ahead[n:] - behind[: len(behind) - n], 0, axis)
    return sums


def _normal(
    values: NDArray[np.float32], pieces: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pieces as normal numbers of their rank among the region's values, and the table that leads back."""
    from scipy.special import ndtr, ndtri

    ranked = np.sort(values[:: max(1, len(values) // _SAMPLE)])
    count = len(ranked)
    below, upto = (np.searchsorted(ranked, pieces, side) for side in ('left', 'right'))
    normal = ndtri(((below + upto) / (2 * count)).clip(0.5 / count, 1 - 0.5 / count))
    at = ndtr(np.linspace(-_REACH, _REACH, _STEPS + 1))
    table = np.interp(at, (np.arange(count) + 0.5) / count, ranked)
    return normal.astype(np.float32), table.astype(np.float32)


def _blended(part: Block, field: FieldBlock) -> torch.Tensor:
    """Normal numbers (C, *part): everywhere the sum of the pieces that overlap there, with squares of weights 1."""
    pieces, which = field.facts['pieces'], field.arrays['which'][0]
    index = (which * pieces.shape[1]).long().clamp_(max=pieces.shape[1] - 1)
    out = pieces.new_zeros((len(pieces), *(p.stop - p.start for p in part)))
    sides = pieces.shape[2:]
    for first in _bands(part[0], sides[0]):
        rows = slice(first.start - part[0].start, first.stop - part[0].start)
        for shifts in product(*((0, n // 2) if n > 1 else (0,) for n in sides)):
            out[:, rows] += _tiled(pieces, index, (first, *part[1:]), shifts)
    return out


def _bands(rows: slice[int, int, None], side: int) -> Iterator[slice[int, int, None]]:
    """Cut a few rows where pieces or their halves end, so that a band lies in one piece; many stay together."""
    half = max(1, side // 2)
    start = rows.start
    if rows.stop - rows.start > 2 * side:
        yield rows
        return
    while start < rows.stop:
        stop = min((start // half + 1) * half, rows.stop)
        yield slice(start, stop)
        start = stop


def _tiled(pieces: torch.Tensor, index: torch.Tensor, part: Block, shifts: Sequence[int]) -> torch.Tensor:
    """One of the overlapping layers: pieces side by side, weighted, (C, *part)."""
    import torch

    cells, lengths, crops = [], [], []
    chosen = pieces
    for axis, (p, shift, side) in enumerate(zip(part, shifts, pieces.shape[2:], strict=True)):
        start, stop = p.start + shift, p.stop + shift
        tiles = torch.arange(start // side, (stop - 1) // side + 1, device=pieces.device)
        cell = (2 * tiles + (shift > 0)) % index.shape[axis]
        cells.append(cell.reshape(-1, *[1] * (len(part) - axis - 1)))
        offset = start % side
        if len(tiles) == 1:  # a thin block needs a part of its pieces alone
            chosen = chosen.narrow(axis + 2, offset, stop - start)
            offset = 0
        lengths.append(chosen.shape[axis + 2])
        crops.append(slice(offset, offset + stop - start))
    ndim = len(part)
    order = [0, *(a for pair in zip(range(1, ndim + 1), range(ndim + 1, 2 * ndim + 1), strict=True) for a in pair)]
    tiled = chosen[:, index[tuple(cells)]].permute(order)
    tiled = tiled.reshape(len(pieces), *(len(c) * n for c, n in zip(cells, lengths, strict=True)))
    tiled = tiled[(slice(None), *crops)]
    for axis, (p, shift, side) in enumerate(zip(part, shifts, pieces.shape[2:], strict=True)):
        line = torch.from_numpy(_weights(side)[(np.arange(p.start, p.stop) + shift) % side]).to(pieces.device)
        tiled = tiled * line.reshape(-1, *[1] * (ndim - axis - 1))
    return tiled


def _weights(side: int) -> NDArray[np.float32]:
    """Weights across a piece: with those of the piece that lies half a side farther, the squares add up to 1."""
    return np.sin(np.pi * (np.arange(side) + 0.5) / side).astype(np.float32) if side > 1 else np.ones(1, np.float32)


def _looked_up(normal: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """Values of normal numbers, each channel by its table, linear between its steps."""
    import torch

    place = normal.add_(_REACH).mul_(_STEPS / (2 * _REACH)).clamp_(0, _STEPS - 1e-3)
    low = place.long()
    part = place.sub_(low)
    out = [line[at] + (line[at + 1] - line[at]) * share for line, at, share in zip(table, low, part, strict=True)]
    return torch.stack(out)
