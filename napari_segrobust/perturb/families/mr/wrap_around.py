"""Wrap-around: what lies outside a field of view that is too small appears on its other side."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import finite_u, lines, plane_halo, wanted_lines
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Phase-encoding axis (one of the last two), and where over the object the field of view lies, 0 to 1."""
    return {'place': np.array([len(shape) - 1 - rng.integers(2), rng.random()], np.float32)}


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[np.int64]]:
    """First line and number of lines that hold the object along either of the last two axes, for each channel."""
    axes = range(len(clean.shape) - 2, len(clean.shape))
    extents = []
    for channel in range(len(clean.image)):
        u = np.maximum(finite_u(clean, record, channel), 0)
        profiles = [u.mean(axis=tuple(a for a in range(u.ndim) if a != axis), dtype=float) for axis in axes]
        extents.append([_extent(profile) for profile in profiles])
    return {'extent': np.array(extents)}


def _extent(profile: NDArray[np.float64]) -> tuple[int, int]:
    """Where a profile is at least a twentieth of its largest value."""
    inside = np.flatnonzero(profile >= profile.max() / 20)
    return int(inside[0]), int(inside[-1] - inside[0] + 1)


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Move a share of what lies outside the field of view to where it wraps around to."""
    out = u[(slice(None), *field.keep)].clone()
    for channel, result, (axis, place), extents in zip(
        u, out, field.arrays['place'].tolist(), field.facts['extent'].tolist(), strict=True
    ):
        axis = int(axis)
        first, extent = extents[axis - len(field.shape)]
        size = max(1, round(amounts['field_of_view'] / 100 * extent))
        start = first + round(place * (extent - size))
        result.add_(_wrapped(channel, axis, start, size, field).mul_(amounts['share'] / 100))
    return out


def _wrapped(channel: torch.Tensor, axis: int, start: int, size: int, field: FieldBlock) -> torch.Tensor:
    """What a full wrap adds and takes, on the wanted part."""
    import torch

    line = lines(channel, field, axis)
    here = wanted_lines(channel, field, axis)
    inside = (here >= start) & (here < start + size)
    gained = line.index_select(axis, here).neg_().index_fill_(axis, torch.nonzero(inside).flatten(), 0)
    target = here[inside]
    total = torch.zeros_like(line.index_select(axis, target))
    for turn in range(1, ceil(field.shape[axis] / size) + 1):
        for source in (target - turn * size, target + turn * size):
            there = ((source >= 0) & (source < field.shape[axis])).nonzero().flatten()
            total.index_add_(axis, there, line.index_select(axis, source[there]))
    return gained.index_copy_(axis, torch.nonzero(inside).flatten(), total)


SPEC = PerturbationSpec(
    name='wrap_around',
    title='wrap-around',
    group='mr',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'share',
            'signal that wraps',
            '%',
            (0, 10, 25, 45, 70, 100),
            0,
            100,
            'chosen: from good suppression of what lies outside to none',
        ),
        Parameter(
            'field_of_view',
            'field of view over the object',
            '%',
            (75,) * 6,
            20,
            100,
            'chosen: an eighth of the object on either side, or a quarter on one, lies outside',
        ),
    ),
    summary='Folds what lies outside a smaller field of view over to its other side, along the phase-encoding axis.',
    model="u' = u + a (T u - u), T u(x) = sum_j u(x + j F) inside the field of view of width F, 0 outside",
    source='Morelli et al., RadioGraphics 31:849 (2011)',
    apply=apply,
    draw=draw,
    measure=measure,
    halo=plane_halo,
    expects='magnitude',
    modalities=('MR',),
    caution='The reference keeps what lies outside the smaller field of view, where the image fades.',
)
