"""Warps: an image, or a mask, sampled where its voxels come from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.catalogue import amounts, get_spec
from napari_segrobust.perturb.spec import FieldBlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Block, Shape

#: Voxels of a slab: its coordinates and corner values stay in the processor's cache.
_SLAB = 1 << 16
#: Side of an image up to which the memory of `_Plane` is small.
_LONGEST = 4096


class Warp:
    """Where the voxels of a case come from, under one entry of a stack.

    Parameters
    ----------
    clean : Clean
        The case.
    record : Perturbation
        An entry whose spec has `coordinates`. The weight of its region scales how far each voxel moves.
    device : str
        A torch device.
    """

    def __init__(self, clean: Clean, record: Perturbation, device: str = 'cpu') -> None:
        self.shape = clean.shape
        self._weights = None if record.region.kind == 'whole' else clean.region_weights
        self._region, self._device = record.region, device
        spec = get_spec(record.name)
        self._coordinates, self._amounts = spec.coordinates, amounts(record)
        whole = everything(clean.shape)
        drawn, facts = clean.drawn(record, device), clean.measured(record, device)
        self._field = FieldBlock(drawn, clean.shape, clean.spacing, whole, whole, facts, clean.scale(record))
        self._last: tuple[Block, torch.Tensor] | None = None
        #: Where whole voxels are moved everywhere: which axis goes where, and which ones run backwards.
        self.moves = spec.reorder(self._amounts, len(clean.shape)) if spec.reorder and self._weights is None else None

    def __call__(self, block: Block) -> torch.Tensor:
        """For every voxel of a block where its value comes from, (ndim, *block) float32 in voxels of the case."""
        if self._last is None or self._last[0] != block:
            self._last = block, self._found(block)
        return self._last[1]

    def _found(self, block: Block) -> torch.Tensor:
        import torch

        inside = tuple(slice(0, s.stop - s.start) for s in block)
        coordinates = self._coordinates
        assert coordinates is not None  # asked of warps alone
        found = coordinates(self._amounts, replace(self._field, block=block, keep=inside)).to(self._device)
        weights = None if self._weights is None else self._weights(self._region, block)
        if weights is None:
            return found
        weight = torch.from_numpy(np.ascontiguousarray(weights, np.float32)).to(self._device)
        start = home(block, found)
        # Exact at the weights 0 and 1, whatever the length of the block.
        return found.sub(start).mul_(weight).add_(start).where(weight < 1, found)


def everything(shape: Shape) -> Block:
    """Return the block that is the whole."""
    return tuple(slice(0, n) for n in shape)


def home(block: Block, like: torch.Tensor) -> torch.Tensor:
    """Coordinates of the voxels of a block themselves: the warp that moves nothing."""
    import torch

    axes = [torch.arange(s.start, s.stop, dtype=like.dtype, device=like.device) for s in block]
    return torch.stack(torch.meshgrid(*axes, indexing='ij'))


def source_block(warp: Warp, wanted: Block) -> Block:
    """Smallest block that holds `wanted` and all that a warp takes into it; the whole where that is a large part."""
    shape = warp.shape
    if math.prod(s.stop - s.start for s in wanted) * 4 > math.prod(shape):
        return everything(shape)
    ends = [(own.start, own.stop) for own in wanted]
    if warp.moves:
        sources, _ = _moved_blocks(warp.moves, shape, wanted)
        return tuple(
            slice(min(start, s.start), max(stop, s.stop)) if s.start < s.stop else slice(start, stop)
            for (start, stop), s in zip(ends, sources, strict=True)
        )
    for slab in _slabs(wanted):
        for axis, line in enumerate(warp(slab)):
            low, high = (int(end.clamp(0, shape[axis] - 1).floor()) for end in line.aminmax())
            ends[axis] = min(ends[axis][0], low), max(ends[axis][1], min(high + 2, shape[axis]))
    return tuple(slice(start, stop) for start, stop in ends)


def _moved_blocks(moves: tuple[Sequence[int], Sequence[bool]], shape: Shape, wanted: Block) -> tuple[Block, Block]:
    """What a re-ordering of axes takes into a block, in voxels of the case by axis, and where in the block it goes."""
    sources, targets = [slice(0, 0)] * len(shape), [slice(0, 0)] * len(shape)
    for axis, (target, back) in enumerate(zip(*moves, strict=True)):
        size, length, part = shape[axis], shape[target], wanted[target]
        offset = (size - length) // 2  # about the centre
        low, high = (length - part.stop, length - part.start) if back else (part.start, part.stop)
        start = max(low + offset, 0)
        stop = max(min(high + offset, size), start)
        first = length - 1 - (stop - 1 - offset) if back else start - offset
        sources[axis] = slice(start, stop)
        targets[target] = slice(first - part.start, first - part.start + stop - start)
    return tuple(sources), tuple(targets)


def warped(
    x: torch.Tensor,
    warp: Warp,
    given: Block,
    wanted: Block,
    outside: float,
    out: torch.Tensor | None = None,
    finite: bool = False,
) -> torch.Tensor:
    """Sample an image linearly; a voxel that comes from voxel centres alone has their values to the bit.

    Parameters
    ----------
    x : tensor (C, *given)
        Of the case, the part that lies in `given`; values that are not finite count as `outside`.
    warp : Warp
    given, wanted : tuple of slice
        What there is and what is asked for, in voxels of the case; see `source_block`.
    outside : float
        What lies beyond the case.
    out : tensor (C, *wanted), optional
        Where the result goes.
    finite : bool
        Whether x is known to be finite.

    Returns
    -------
    tensor (C, *wanted)
        The same bits for a voxel whatever the block.
    """
    out = x.new_empty((len(x), *(s.stop - s.start for s in wanted))) if out is None else out
    if warp.moves:
        _move(x, warp.moves, warp.shape, given, wanted, out, outside)
        if not finite and not math.isfinite(float(out.sum())):
            out.nan_to_num_(outside, outside, outside)
        return out
    x = x.contiguous()
    flat = len(warp.shape) == 2 and max(warp.shape) <= _LONGEST
    sampler = _Plane(x, given, warp.shape, outside) if flat else None
    for slab in _slabs(wanted, 4 * _SLAB if sampler else _SLAB):
        where = warp(slab)
        if sampler is not None:
            sampler.sample(where, out[:, slab[0].start - wanted[0].start : slab[0].stop - wanted[0].start])
            continue
        corners = _Corners(where, given, warp.shape)
        for channel, values in enumerate(x):
            part = out[channel, slab[0].start - wanted[0].start : slab[0].stop - wanted[0].start]
            part.copy_(corners.sample(values.reshape(-1), outside).view(where.shape[1:]))
    return out


def _move(
    x: torch.Tensor,
    moves: tuple[Sequence[int], Sequence[bool]],
    shape: Shape,
    given: Block,
    wanted: Block,
    out: torch.Tensor,
    outside: float,
) -> None:
    """Copy the voxels of x (C, *given) to where a re-ordering of axes brings them, in out (C, *wanted)."""
    sources, targets = _moved_blocks(moves, shape, wanted)
    part = x[(slice(None), *(slice(s.start - g.start, s.stop - g.start) for s, g in zip(sources, given, strict=True)))]
    if part[0].numel() < out[0].numel():
        out.fill_(outside)
    axes, mirrored = moves
    part = part.flip([axis + 1 for axis, back in enumerate(mirrored) if back])
    out[(slice(None), *targets)] = part.permute(0, *(1 + axes.index(axis) for axis in range(len(axes))))


def nearest(labels: NDArray[Any], warp: Warp, given: Block, wanted: Block) -> NDArray[Any]:
    """Sample a label mask at the nearest voxel; halves go up, and what lies beyond the case is background.

    Parameters
    ----------
    labels : ndarray (*given)
        Of the case, the part that lies in `given`.
    warp, given, wanted
        As in `warped`.

    Returns
    -------
    ndarray (*wanted)
        New, of the type of `labels`.
    """
    import torch

    out = np.empty([s.stop - s.start for s in wanted], labels.dtype)
    if warp.moves:
        sources, targets = _moved_blocks(warp.moves, warp.shape, wanted)
        axes, mirrored = warp.moves
        block = labels[tuple(slice(s.start - g.start, s.stop - g.start) for s, g in zip(sources, given, strict=True))]
        block = np.flip(block, tuple(axis for axis, back in enumerate(mirrored) if back))
        out[...] = 0
        out[targets] = block.transpose([axes.index(axis) for axis in range(len(axes))])
        return out
    flat = np.ascontiguousarray(labels).reshape(-1)
    for slab in _slabs(wanted):
        index, inside = None, None
        for line, part, size in zip(warp(slab), given, warp.shape, strict=True):
            place = line.add(0.5).floor_()
            within = (place >= 0) & (place < size)
            local = place.clamp_(part.start, part.stop - 1).sub_(part.start).to(torch.int32).long()
            index = local if index is None else index.mul_(part.stop - part.start).add_(local)
            inside = within if inside is None else inside.logical_and_(within)
        assert index is not None  # there is at least one axis
        assert inside is not None
        values = flat.take(index.cpu().numpy())
        values[~inside.cpu().numpy()] = 0
        out[slab[0].start - wanted[0].start : slab[0].stop - wanted[0].start] = values
    return out


class _Corners:
    """The voxels around each place of a slab and how much of each there is: the same for every channel."""

    def __init__(self, where: torch.Tensor, given: Block, shape: Shape) -> None:
        import torch

        self._axes: list[tuple[int, torch.Tensor]] = []
        self._cover: torch.Tensor | None = None
        strides = [math.prod(s.stop - s.start for s in given[axis + 1 :]) for axis in range(len(given))]
        # Places are whole numbers: exact in 32 bits, which are four times as quick to make of floats as 64.
        whole = torch.int32 if math.prod(s.stop - s.start for s in given) < 2**31 else torch.int64
        first = -sum(s.start * n for s, n in zip(given, strides, strict=True))
        self._index = torch.full((where[0].numel(),), first, dtype=whole, device=where.device)
        for line, part, size, stride in zip(where.flatten(1), given, shape, strides, strict=True):
            inside = line.clamp(0, size - 1)
            self._covered(line, inside)
            if part.stop - part.start == 1:
                self._index += part.start * stride
                continue
            low = inside.floor().clamp_(part.start, part.stop - 2)
            self._index += low.to(whole).mul_(stride)
            self._axes.append((stride, inside.sub_(low)))

    def _covered(self, line: torch.Tensor, inside: torch.Tensor) -> None:
        """Let what lies between the outermost voxel centre and the next one beyond the case fade."""
        if not line.equal(inside):
            cover = line.sub(inside).abs_().neg_().add_(1).clamp_(min=0)
            self._cover = cover if self._cover is None else self._cover.mul_(cover)

    def sample(self, flat: torch.Tensor, outside: float) -> torch.Tensor:
        """Values of one channel."""
        found = self._mixed(flat, 0, self._axes)
        if not math.isfinite(float(found.sum())):  # one quick pass; broken voxels are rare
            found = self._mixed(flat.nan_to_num(outside, outside, outside), 0, self._axes)
        return found if self._cover is None else found.new_tensor(outside).lerp(found, self._cover)

    def _mixed(self, flat: torch.Tensor, offset: int, axes: Sequence[tuple[int, torch.Tensor]]) -> torch.Tensor:
        """Weighted mean over the remaining axes; a view that begins later spares an index of its own."""
        if not axes:
            return flat[offset:].index_select(0, self._index)
        (stride, share), *others = axes
        low, high = self._mixed(flat, offset, others), self._mixed(flat, offset + stride, others)
        return low.lerp_(high, share)  # exact where the share is 0 or 1


class _Plane:
    """An image in two dimensions: torch samples it in one pass, three times as fast as corner after corner.

    It asks for places as shares of the image, which are exact where its sides are powers of two: it is laid into such
    a one. Beyond that is 0, so where another value lies outside, what is covered is sampled as one more channel.
    """

    def __init__(self, x: torch.Tensor, given: Block, shape: Shape, outside: float) -> None:
        sides = [1 << max(n - 1, 0).bit_length() for n in shape]
        self._outside = outside
        self._image = x.new_zeros(len(x) + bool(outside), *sides)
        self._image[: -1 if outside else None, given[0], given[1]] = x
        if not math.isfinite(float(x.sum())):  # one quick pass; broken voxels are rare
            self._image.nan_to_num_(outside, outside, outside)
        if outside:
            self._image[-1, : shape[0], : shape[1]] = 1

    def sample(self, where: torch.Tensor, out: torch.Tensor) -> None:
        """Write the values of all channels at the places (2, *slab) into `out` (C, *slab)."""
        import torch

        grid = where.new_empty((*where.shape[1:], 2))
        for axis, side in enumerate(self._image.shape[1:]):
            torch.mul(where[axis], 2 / side, out=grid[..., 1 - axis]).add_(1 / side - 1)
        found = torch.nn.functional.grid_sample(self._image[None], grid[None], align_corners=False)[0]
        if self._outside:
            torch.add(found[:-1], found[-1].neg_().add_(1).mul_(self._outside), out=out)
        else:
            out.copy_(found)


def _slabs(block: Block, size: int = _SLAB) -> Iterator[Block]:
    """Cut a block along its first axis into pieces of about `size` voxels."""
    plane = math.prod(s.stop - s.start for s in block[1:])
    step = max(1, size // max(plane, 1))
    for start in range(block[0].start, block[0].stop, step):
        yield slice(start, min(start + step, block[0].stop)), *block[1:]
