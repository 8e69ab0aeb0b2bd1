"""Median denoising: takes out single wrong voxels and keeps edges."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.remedy._remedy import (
    EVERYWHERE,
    STRENGTH,
    blended,
    in_plane,
    reach,
    wanted,
    widened,
)
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Most voxels that the radius spans: a median of more than 5 x 5 is no live remedy.
MOST = 2
#: Numbers of a piece: the dozen arrays that are sorted at once stay in the processor's cache.
_PIECE = 1 << 14


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Take the median of each neighbourhood, plane by plane and a few rows at a time."""
    import torch

    half = reach(amounts['radius'], field.spacing, MOST)
    before = wanted(u, field.keep)
    planes = widened(u, field, half)
    rows, columns = before.shape[-2:]
    after = before.new_empty((len(planes), rows, columns))
    step = max(1, _PIECE // columns)
    for plane, out in zip(planes, after, strict=True):
        for top in range(0, rows, step):
            stop = min(top + step, rows)
            shifts = product(range(2 * half[0] + 1), range(2 * half[1] + 1))
            around = [plane[top + i : stop + i, j : j + columns] for i, j in shifts]
            torch.add(_median(around), 0.0, out=out[top:stop])
    return blended(before, after.reshape(before.shape), amounts)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Half the width of the neighbourhood."""
    return in_plane(spacing, reach(amounts['radius'], spacing, MOST))


def _median(values: Sequence[torch.Tensor]) -> torch.Tensor:
    """Median of an odd number of arrays, voxel by voxel, by forgetting: what is least or most of more than half is not.

    Minimum and maximum of whole arrays are far quicker than a sort at every voxel, and exact.
    """
    pool = [value.clone() for value in values[: len(values) // 2 + 2]]
    for late in [*values[len(pool) :], None]:
        _ends(pool)
        pool = pool[1:-1]
        if late is not None:
            pool.append(late.clone())
    return pool[0]


def _ends(pool: list[torch.Tensor]) -> None:
    """Bring the least to the front and the most to the back, in place."""
    last = len(pool) - 1
    pairs = [(i, last - i) for i in range(len(pool) // 2)]
    pairs += [(0, i) for i in range(1, (last + 2) // 2)]
    pairs += [(i, last) for i in range((last + 1) // 2, last)]
    for i, j in pairs:
        pool[i], pool[j] = pool[i].minimum(pool[j]), pool[i].maximum(pool[j])


SPEC = PerturbationSpec(
    name='denoise_median',
    title='denoise, median',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(
        STRENGTH,
        Parameter('radius', 'radius', 'mm', (1,) * 6, 0, 20, 'chosen: 3 x 3 voxels at 1 mm; at most 5 x 5'),
    ),
    summary='A remedy: each voxel becomes the median of its neighbours in the plane; single wrong voxels go.',
    model="u' = u + w (median(u over the box of 2 r + 1 in the plane) - u), w = strength; edge voxels repeated",
    source='Tukey, Exploratory Data Analysis (1977); Huang et al., IEEE TASSP 27:13 (1979)',
    apply=apply,
    homogeneous=True,
    halo=halo,
    modalities=EVERYWHERE,
)
