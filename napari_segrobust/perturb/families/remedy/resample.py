"""Resample: onto a coarser isotropic grid and back, as pipelines do that work at one spacing."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.remedy._remedy import EVERYWHERE, STRENGTH, blended, wanted
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeAlias

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

    #: Which slices are taken, and how much of each.
    _Term: TypeAlias = tuple[NDArray[np.intp], NDArray[Any]]

#: The grid is no finer than so many of the finest voxels.
FINEST = 1.5
#: Voxels that are made at once.
_AT_ONCE = 1 << 18


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average over the coarse voxels along every axis that is finer, then interpolate back, on as little as can be."""
    before, spacing = wanted(u, field.keep), _target(amounts, field.spacing)
    axes = [_Axis(axis, spacing / step, field) for axis, step in enumerate(field.spacing)]
    for axis in axes:
        u = axis.there(u)
    for axis in reversed(axes):
        u = axis.back(u)
    return blended(before, u, amounts)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Two coarse voxels."""
    target = _target(amounts, spacing)
    return tuple(ceil(2 * target / step) + 1 if target > step else 0 for step in spacing)


def _target(amounts: Mapping[str, float], spacing: Spacing) -> float:
    """Spacing of the grid: a grid as fine as the image would change nothing."""
    return max(amounts['spacing'], FINEST * min(spacing))


class _Axis:
    """The coarse voxels of one axis that the wanted ones need.

    An axis that is as coarse already is finer on the new grid: the way there and back gives its own values again.
    """

    def __init__(self, axis: int, factor: float, field: FieldBlock) -> None:
        keep, self._start, self._size = field.keep[axis], field.block[axis].start, field.shape[axis]
        self._dim, self._keep, self._factor = axis + 1, keep, factor
        count = max(ceil(self._size / factor), 1)
        place = np.clip((np.arange(keep.start, keep.stop) + self._start + 0.5) / factor - 0.5, 0, count - 1)
        self._low = np.minimum(place.astype(int), max(count - 2, 0))
        self._way = (place - self._low).astype(np.float32)
        self._first, self._last = int(self._low.min()), min(int(self._low.max()) + 1, count - 1)

    def there(self, u: torch.Tensor) -> torch.Tensor:
        """Means over `factor` voxels."""
        if self._factor <= 1:
            return u.narrow(self._dim, self._keep.start, self._keep.stop - self._keep.start)
        ends = np.arange(self._first, self._last + 2) * self._factor  # where coarse voxels begin and end
        low, high = np.minimum(ends[:-1], self._size), np.minimum(ends[1:], self._size)
        terms: list[_Term] = []
        for shift in range(ceil(self._factor) + 1):
            fine = low.astype(int) + shift
            share = np.clip(np.minimum(fine + 1, high) - np.maximum(fine, low), 0, None) / (high - low)
            index = np.clip(np.clip(fine, 0, self._size - 1) - self._start, 0, u.shape[self._dim] - 1)
            if share.any():  # the last one is for factors that are not whole
                terms.append((index, share.astype(np.float32)))
        return _weighted(u, self._dim, terms)

    def back(self, means: torch.Tensor) -> torch.Tensor:
        """Linear between the middles of the coarse voxels."""
        if self._factor <= 1:
            return means
        below, above = (np.minimum(self._low + i, self._last) - self._first for i in (0, 1))
        return _weighted(means, self._dim, [(below, 1 - self._way), (above, self._way)])


def _weighted(u: torch.Tensor, dim: int, terms: Sequence[_Term]) -> torch.Tensor:
    """Sum of slices along one axis, by places and weights, some at a time: what it takes beside is small."""
    import torch

    count = len(terms[0][0])
    out = u.new_empty((*u.shape[:dim], count, *u.shape[dim + 1 :]))
    side = (-1, *(1,) * (u.ndim - dim - 1))
    step = max(_AT_ONCE * count // max(out.numel(), 1), 1)
    for first in range(0, count, step):
        target = out.narrow(dim, first, min(step, count - first))
        for place, term in enumerate(terms):
            index, weight = (torch.from_numpy(line[first : first + step]).to(u.device) for line in term)
            part = u.index_select(dim, index).mul_(weight.reshape(side))
            target.add_(part) if place else target.copy_(part)
    return out


SPEC = PerturbationSpec(
    name='resample',
    title='resample and back',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(
        STRENGTH,
        Parameter(
            'spacing',
            'spacing',
            'mm',
            (2,) * 6,
            0.001,
            50,
            'chosen: between 1.5 and 3 mm, usual in CT and MR; at least 1.5 of the finest voxels',
        ),
    ),
    summary='A remedy: averages onto an isotropic grid of this spacing and interpolates back; finer detail goes.',
    model="u' = u + w (B A u - u), A means over the coarse voxels, B linear between their middles, w = strength",
    source='Wasserthal et al., Radiol Artif Intell 5:e230024 (2023): segmentation at 1.5 or 3 mm, and back',
    apply=apply,
    homogeneous=True,
    halo=halo,
    modalities=EVERYWHERE,
    caution='It restores no detail: axes that are coarser than the spacing stay as they are.',
)
