"""Non-local means: averages voxels whose surroundings look alike."""

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
from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Half the width of the surroundings that are compared, in voxels: 3 x 3.
PATCH = 1
#: Most voxels that the search spans to either side: work grows with its square.
MOST = 4
#: Rows that are averaged at a time: they stay in the processor's cache.
ROWS = 128


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average plane by plane, one shift of the plane after the other."""
    import torch

    search = reach(amounts['search'], field.spacing, MOST)
    before = wanted(u, field.keep)
    planes = widened(u, field, (search[0] + PATCH, search[1] + PATCH))
    margin, rows = 2 * (search[0] + PATCH), before.shape[-2]
    after = torch.cat(
        [
            _averaged(plane[top : min(top + ROWS, rows) + margin], search, amounts['noise'])
            for plane in planes
            for top in range(0, rows, ROWS)
        ]
    )
    return blended(before, after.reshape(before.shape), amounts)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """How far the search goes, and the surroundings of what it finds."""
    down, across = reach(amounts['search'], spacing, MOST)
    return in_plane(spacing, (down + PATCH, across + PATCH))


def _averaged(wide: torch.Tensor, search: tuple[int, int], noise: float) -> torch.Tensor:
    """Weighted mean of one plane that has search + PATCH more voxels on each side.

    How alike two voxels are is the same from either side: each pair is compared once, and counts for both.
    """
    import torch

    (down, across), margin = search, PATCH
    rows, columns = (n - 2 * (s + margin) for n, s in zip(wide.shape, search, strict=True))
    total = torch.zeros(rows, columns, device=wide.device)
    weights, spare = torch.ones_like(total), torch.empty_like(total)
    inner = wide[margin : wide.shape[0] - margin, margin : wide.shape[1] - margin]
    home = inner[down : down + rows, across : across + columns]
    total += home
    for dy, dx in product(range(down + 1), range(-across, across + 1)):
        if dy == 0 and dx <= 0:
            continue
        # row r of `weight` compares the voxel r - dy above the wanted part's first row with that dy below it
        left = max(dx, 0)
        a = wide[down - dy : down + rows + 2 * margin, across - left : across + columns + abs(dx) - left + 2 * margin]
        b = wide[down : down + rows + dy + 2 * margin, across - left + dx :][:, : a.shape[1]]
        weight = _likeness(a - b, noise)
        pairs = (
            (weight[dy:, left : left + columns], dy, dx),  # a wanted voxel and what lies (dy, dx) from it
            (weight[:rows, left - dx : left - dx + columns], -dy, -dx),  # a wanted voxel and what lies before it
        )
        for part, y, x in pairs:
            weights += part
            total += torch.mul(part, inner[down + y : down + y + rows, across + x : across + x + columns], out=spare)
    return total.div_(weights)


def _likeness(difference: torch.Tensor, noise: float) -> torch.Tensor:
    """exp(-max(d - 2 noise^2, 0) / h^2), d the mean squared difference of the surroundings and h = 0.8 noise."""
    square: torch.Tensor = difference.square_()
    rows = square[:-2].add(square[1:-1]).add_(square[2:])
    total: torch.Tensor = rows[:, :-2].add(rows[:, 1:-1]).add_(rows[:, 2:])
    width = 0.64 * noise**2
    # exp(-80) is nothing beside the 1 of the voxel itself, and smaller numbers are slow
    return total.mul_(-1 / (width * (2 * PATCH + 1) ** 2)).add_(2 / 0.64).clamp_(-80.0, 0.0).exp_()


SPEC = PerturbationSpec(
    name='denoise_non_local_means',
    title='denoise, non-local means',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(
        STRENGTH,
        Parameter('noise', 'noise it expects', RANGE, (0.1,) * 6, 0.001, 1, 'chosen: between gaussian noise 1 and 2'),
        Parameter('search', 'search', 'mm', (3,) * 6, 0, 100, 'chosen: 7 x 7 voxels at 1 mm; at most 9 x 9'),
    ),
    summary='A remedy: averages voxels in the plane whose 3 x 3 surroundings look alike; edges stay.',
    model="u' = u + w (sum a u_j / sum a - u), a = exp(-max(d_j - 2 s^2, 0) / (0.8 s)^2), s = noise, w = strength",
    source='Buades et al., CVPR 2005; Darbon et al., ISBI 2008; h = 0.8 s as in the gallery of scikit-image',
    apply=apply,
    halo=halo,
    modalities=EVERYWHERE,
)
