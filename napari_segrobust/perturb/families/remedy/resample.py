"""Resample: onto a coarser isotropic grid and back, as pipelines do that work at one spacing."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.remedy._remedy import EVERYWHERE, STRENGTH, blended, wanted
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: The grid is no finer than so many of the finest voxels.
FINEST = 1.5


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average over the coarse voxels and interpolate back, one axis after the other, where an axis is finer."""
    before, spacing = wanted(u, field.keep), _target(amounts, field.spacing)
    for axis, step in enumerate(field.spacing):
        u = _there_and_back(u, axis, spacing / step, field)
    return blended(before, u, amounts)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Two coarse voxels."""
    target = _target(amounts, spacing)
    return tuple(ceil(2 * target / step) + 1 if target > step else 0 for step in spacing)


def _target(amounts: Mapping[str, float], spacing: Spacing) -> float:
    """Spacing of the grid: a grid as fine as the image would change nothing."""
    return max(amounts['spacing'], FINEST * min(spacing))


def _there_and_back(u: torch.Tensor, axis: int, factor: float, field: FieldBlock) -> torch.Tensor:
    """Along one axis, on the wanted part of it: means over `factor` voxels, then linear between their middles.

    An axis that is as coarse already is finer on the new grid: the way there and back gives its own values again.
    """
    import torch

    keep, start, size = field.keep[axis], field.block[axis].start, field.shape[axis]
    if factor <= 1:
        return u.narrow(axis + 1, keep.start, keep.stop - keep.start)

    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(u.device)

    count = ceil(size / factor)
    place = np.clip((np.arange(keep.start, keep.stop) + start + 0.5) / factor - 0.5, 0, count - 1)
    low = np.minimum(place.astype(int), max(count - 2, 0))
    first, last = int(low.min()), min(int(low.max()) + 1, count - 1)
    coarse = np.arange(first, last + 1)
    ends = np.minimum(np.stack([coarse, coarse + 1]) * factor, size)  # where coarse voxels begin and end
    total: torch.Tensor | None = None
    side = (-1, *(1,) * (u.ndim - axis - 2))
    for shift in range(ceil(factor) + 1):
        fine = ends[0].astype(int) + shift
        share = np.clip(np.minimum(fine + 1, ends[1]) - np.maximum(fine, ends[0]), 0, None) / (ends[1] - ends[0])
        index = tensor(np.clip(fine, 0, size - 1) - start).clamp_(0, u.shape[axis + 1] - 1)
        part = u.index_select(axis + 1, index).mul_(tensor(share.astype(np.float32)).reshape(side))
        total = part if total is None else total.add_(part)
    assert total is not None
    below, above = (total.index_select(axis + 1, tensor(np.minimum(low + i, count - 1) - first)) for i in (0, 1))
    return above.sub_(below).mul_(tensor((place - low).astype(np.float32)).reshape(side)).add_(below)


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
