"""Gaussian blur: a wider point spread function, in mm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Rows of the band matrix that are multiplied at once.
_TILE = 64


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blur one axis after the other, those with the widest halo first: later axes then have less to do."""
    axes = sorted(range(len(field.shape)), key=lambda axis: _length(field.keep[axis]) / _length(field.block[axis]))
    for axis in axes:
        sigma = amounts['sigma'] / field.spacing[axis]
        u = _blurred(u, axis, sigma, field)
    return u


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Four standard deviations."""
    return tuple(_radius(amounts['sigma'] / step) for step in spacing)


def _blurred(u: torch.Tensor, axis: int, sigma: float, field: FieldBlock) -> torch.Tensor:
    """Blur along one axis and keep the wanted part of it, as a product with a band matrix in tiles."""
    import torch

    keep, start = field.keep[axis], field.block[axis].start
    radius = _radius(sigma)
    if radius == 0:
        return u.narrow(axis + 1, keep.start, _length(keep))
    weights = _weights(sigma, radius)
    lead, trail = u.shape[: axis + 1].numel(), u.shape[axis + 2 :].numel()
    lines = u.reshape(lead, u.shape[axis + 1], trail)
    out = lines.new_empty((lead, _length(keep), trail))
    for first in range(keep.start, keep.stop, _TILE):
        rows = slice(first, min(first + _TILE, keep.stop))
        columns = slice(max(rows.start - radius, 0), min(rows.stop + radius, lines.shape[1]))
        band = _band(rows, columns, start, field.shape[axis], weights)
        matrix = torch.from_numpy(band).to(u.device)
        part, into = lines[:, columns], out[:, rows.start - keep.start : rows.stop - keep.start]
        if trail == 1:
            into[..., 0] = part[..., 0] @ matrix.T
        else:
            into[:] = matrix @ part
    return out.reshape(*u.shape[: axis + 1], _length(keep), *u.shape[axis + 2 :])


def _band(rows: slice, columns: slice, start: int, size: int, weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights of the given columns for each row; beyond the image its border voxel is repeated."""
    radius = len(weights) // 2
    row = np.arange(rows.start, rows.stop)[:, None]
    column = np.clip(row + start + np.arange(-radius, radius + 1), 0, size - 1) - start - columns.start
    band = np.zeros((len(row), columns.stop - columns.start))
    np.add.at(band, (row - rows.start, column), weights)
    return band.astype(np.float32)


def _weights(sigma: float, radius: int) -> NDArray[np.float64]:
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def _radius(sigma: float) -> int:
    return int(4 * sigma + 0.5)


def _length(part: slice) -> int:
    return int(part.stop - part.start)


SPEC = PerturbationSpec(
    name='gaussian_blur',
    title='gaussian blur',
    group='blur',
    kind='continuous',
    response='nonlinear',
    parameters=(Parameter('sigma', 'sigma', 'mm', (0, 0.8, 1.6, 2.4, 3.2, 4), 0, 100, 'ROOD-MRI, blurring'),),
    summary='Averages every voxel with its neighbours, equally far in mm along every axis.',
    model="u' = u * N(0, sigma^2), cut at 4 sigma, border voxels repeated",
    source='Boone et al. 2023 (ROOD-MRI)',
    apply=apply,
    halo=halo,
    modalities=('CT', 'MR', 'X-ray', 'US', 'camera'),
)
