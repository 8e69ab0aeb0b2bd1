"""Cupping: beam hardening makes the middle of the body darker than its rim."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

from napari_segrobust.perturb.families._planes import by_plane, plane_halo
from napari_segrobust.perturb.families.ct._projection import Scan
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock

#: HU at the centre of a cylinder of water, 20 cm wide, for an error of path squared (in cm): 1000 times 8 / pi times
#: the radius, from the inverse Abel transform of 4 (R^2 - s^2).
CYLINDER_HU = 1000 * 8 / pi * 10


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Project the body, up to the density of water, and reconstruct the error that its paths make."""
    scan = Scan.of(field.shape, field.spacing, finest=128)
    lo, hi = field.intensity_range
    strength = amounts['depth'] / CYLINDER_HU / (hi - lo)

    def cup(plane: torch.Tensor, channel: int, index: int) -> torch.Tensor:
        density = (plane * (hi - lo)).add_(lo + 1000).div_(1000).clamp_(0, 1)
        error = scan.reconstruct(scan.project(density).square_())
        return plane.sub_(error.mul_(density).mul_(strength))

    return by_plane(u, field, cup)


SPEC = PerturbationSpec(
    name='cupping',
    title='cupping',
    group='ct',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'depth',
            'darkening of the middle of 20 cm of water',
            'HU',
            (0, 6, 12, 20, 32, 50),
            0,
            1000,
            'chosen: from beyond the 5 HU that ACR accreditation tolerates to an uncorrected cone-beam scan',
        ),
    ),
    summary='Darkens the middle of the body against its rim, the more the thicker it is.',
    model="u' = u - a d R(p^2), p = projection of d = clip(1 + HU / 1000, 0, 1), R = reconstruction",
    source='Brooks & Di Chiro, Phys Med Biol 21:390 (1976); Barrett & Keat, RadioGraphics 24:1679 (2004)',
    apply=apply,
    halo=plane_halo,
    expects='HU',
    modalities=('CT',),
)
