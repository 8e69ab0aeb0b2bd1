"""Streaks: dark bands between dense objects, and fine streaks through them, where few photons get through bone."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from napari_segrobust.perturb.families._planes import by_plane, plane_halo
from napari_segrobust.perturb.families.ct._projection import Scan, draw_noise, noise_of
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: HU from which a voxel casts streaks.
DENSE = 200
#: HU halfway between two rods of 20 mm and 1000 HU above that, 100 mm apart, for an error of path squared (in cm).
ROD_HU = 624
#: Attenuation of water for 1/cm at about 70 keV.
WATER = 0.19
#: Path in cm of water for which the photon noise is given, and it in cm relative to the error of beam hardening.
THICK, NOISE = 30, 2


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Photon noise of every ray."""
    return draw_noise(rng, Scan.of(shape, spacing), prod(shape[:-2]))


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Project what is dense, and reconstruct the error that its paths make."""
    scan = Scan.of(field.shape, field.spacing)
    lo, hi = field.intensity_range
    strength = amounts['depth'] / ROD_HU / (hi - lo)

    def streak(plane: torch.Tensor, channel: int, index: int) -> torch.Tensor:
        dense = (plane * (hi - lo)).add_(lo - DENSE).clamp_(min=0).div_(1000)
        if not dense.any():
            return plane
        whole = (plane * (hi - lo)).add_(lo + 1000).div_(1000).clamp_(0, 3)
        path, through = scan.project(dense), scan.project(whole, together=4)
        noise = through.sub_(THICK).clamp_(max=THICK).mul_(WATER).exp_().mul_(path.mul(-WATER).expm1_().neg_()).sqrt_()
        noise.mul_(noise_of(field, channel, index)).mul_(NOISE)
        return plane.sub_(scan.reconstruct(path.square_().add_(noise)).mul_(strength))

    return by_plane(u, field, streak)


SPEC = PerturbationSpec(
    name='streaks',
    title='streaks',
    group='ct',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'depth',
            'darkening between two 20 mm rods',
            'HU',
            (0, 40, 100, 180, 300, 450),
            0,
            2000,
            'chosen: from bands that a soft-tissue window just shows to arms beside the body at a low dose',
        ),
    ),
    summary='Adds dark bands between bones or other dense voxels, and fine streaks through them.',
    model="u' = u - a R(p^2 + n sqrt(exp(mu w) (1 - exp(-mu p)))), p of HU above 200, w of all, R = reconstruction",
    source='Joseph & Spital, J Comput Assist Tomogr 2:100 (1978); Barrett & Keat, RadioGraphics 24:1679 (2004)',
    apply=apply,
    draw=draw,
    halo=plane_halo,
    expects='HU',
    modalities=('CT',),
    caution='Only voxels above 200 HU cast streaks: a slice without any stays as it is.',
)
