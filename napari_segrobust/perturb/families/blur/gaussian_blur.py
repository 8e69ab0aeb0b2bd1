"""Gaussian blur: a wider point spread function, in mm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Numbers of a piece: its few temporaries stay in the processor's cache.
_PIECE = 1 << 16


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blur one axis after the other and keep the wanted part of each, so that later axes have less to do."""
    for axis, step in enumerate(field.spacing):
        u = _blurred(u, axis, amounts['sigma'] / step, field)
    return u


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Four standard deviations."""
    return tuple(_radius(amounts['sigma'] / step) for step in spacing)


def _blurred(u: torch.Tensor, axis: int, sigma: float, field: FieldBlock) -> torch.Tensor:
    """Blur along one axis, on the wanted part of it.

    Each voxel adds its neighbours in pairs, nearest first: the same bits for every block, which neither a matrix
    product nor a convolution promises, and as fast on a processor while the pieces fit its cache.
    """
    import torch

    keep, start = field.keep[axis], field.block[axis].start
    size, radius = keep.stop - keep.start, _radius(sigma)
    if radius == 0:
        return u.narrow(axis + 1, keep.start, size)
    weights = np.exp(-0.5 * (np.arange(radius + 1) / sigma) ** 2)
    weights /= 2 * weights.sum() - weights[0]
    source = np.clip(np.arange(keep.start - radius, keep.stop + radius) + start, 0, field.shape[axis] - 1) - start
    index = torch.from_numpy(source).to(u.device)
    lines = u.reshape(u.shape[: axis + 1].numel(), u.shape[axis + 1], u.shape[axis + 2 :].numel())
    out = lines.new_empty((len(lines), size, lines.shape[2]))
    for lead, trail in _pieces(len(lines), lines.shape[2], _PIECE // len(source)):
        wide = lines[lead, :, trail].index_select(1, index)
        total = wide.narrow(1, radius, size) * float(weights[0])
        pair = torch.empty_like(total)
        for distance, weight in enumerate(weights[1:].tolist(), start=1):
            before, after = (wide.narrow(1, radius + step, size) for step in (-distance, distance))
            total += torch.add(before, after, out=pair).mul_(weight)
        out[lead, :, trail] = total
    return out.reshape(*u.shape[: axis + 1], size, *u.shape[axis + 2 :])


def _pieces(lead: int, trail: int, count: int) -> Iterator[tuple[slice, slice]]:
    """Cut lead x trail lines into pieces of about `count` lines."""
    width = min(trail, max(1, count))
    height = max(1, count // width)
    for top in range(0, lead, height):
        for left in range(0, trail, width):
            yield slice(top, min(top + height, lead)), slice(left, min(left + width, trail))


def _radius(sigma: float) -> int:
    return int(4 * sigma + 0.5)


SPEC = PerturbationSpec(
    name='gaussian_blur',
    title='gaussian blur',
    group='blur',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(Parameter('sigma', 'sigma', 'mm', (0, 0.8, 1.6, 2.4, 3.2, 4), 0, 100, 'ROOD-MRI, blurring'),),
    summary='Averages every voxel with its neighbours, equally far in mm along every axis.',
    model="u' = u * N(0, sigma^2), cut at 4 sigma, border voxels repeated",
    source='Boone et al. 2023 (ROOD-MRI)',
    apply=apply,
    halo=halo,
    modalities=('CT', 'MR', 'X-ray', 'US', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
)
