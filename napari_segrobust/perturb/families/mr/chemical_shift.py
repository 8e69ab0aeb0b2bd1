"""Chemical shift: fat resonates at another frequency than water, so the scanner puts it beside its place."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import lines, plane_halo, wanted_lines
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Below and above which u a voxel is taken for water and for fat.
WATER, FAT = 0.7, 1.0


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Read-out axis (one of the last two) and direction of the shift."""
    return {'readout': np.array([len(shape) - 1 - rng.integers(2), 1 - 2 * rng.integers(2)], np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Take a share of the fat away and put it down beside its place; between voxels it is linear."""
    out = u[(slice(None), *field.keep)].clone()
    for channel, result, (axis, sign) in zip(u, out, field.arrays['readout'].tolist(), strict=True):
        moved = _moved_fat(channel, int(axis), sign * amounts['shift'], field)
        result.add_(moved.mul_(amounts['share'] / 100))
    return out


def _moved_fat(channel: torch.Tensor, axis: int, shift: float, field: FieldBlock) -> torch.Tensor:
    """Fat at its new place minus fat at its own, on the wanted part."""
    line = lines(channel, field, axis)
    fat = line * line.sub(WATER).div_(FAT - WATER).clamp_(0, 1)
    here = wanted_lines(channel, field, axis)
    change = fat.index_select(axis, here).neg_()
    whole, part = floor(shift), shift - floor(shift)
    for step, weight in ((whole, 1 - part), (whole + 1, part)):
        source = here - step
        there = ((source >= 0) & (source < field.shape[axis])).nonzero().flatten()
        change.index_add_(axis, there, fat.index_select(axis, source[there]).mul_(weight))
    return change


SPEC = PerturbationSpec(
    name='chemical_shift',
    title='chemical shift',
    group='mr',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'share',
            'fat that is shifted',
            '%',
            (0, 20, 40, 60, 80, 100),
            0,
            100,
            'chosen: evenly up to bright voxels that hold nothing but fat',
        ),
        Parameter(
            'shift',
            'water-fat shift',
            'voxels',
            (3,) * 6,
            0,
            30,
            'chosen: 440 Hz (3 T) at a bandwidth of about 150 Hz a voxel',
        ),
    ),
    summary='Shifts bright, fat-like voxels along the read-out axis: bright rims on one side, dark ones on the other.',
    model="u' = u + a (f(x - d) - f(x)), f = u clip((u - 0.7) / 0.3, 0, 1); d: 3.5 ppm over the bandwidth",
    source='Hood et al., RadioGraphics 19:357 (1999)',
    apply=apply,
    draw=draw,
    halo=plane_halo,
    expects='magnitude',
    modalities=('MR',),
    caution='Every bright voxel counts as fat, also fluid on T2-weighted images.',
)
