"""Gaussian denoising: averages noise away, and edges with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.blur import gaussian_blur
from napari_segrobust.perturb.families.remedy._remedy import EVERYWHERE, STRENGTH, blended, wanted
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blend with the blurred image."""
    before = wanted(u, field.keep).clone()
    return blended(before, gaussian_blur.apply(u, amounts, field), amounts)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """That of the blur."""
    return gaussian_blur.halo(amounts, shape, spacing)


SPEC = PerturbationSpec(
    name='denoise_gaussian',
    title='denoise, Gaussian',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(
        STRENGTH,
        Parameter('sigma', 'sigma', 'mm', (1,) * 6, 0, 20, 'chosen: the usual pre-smoothing of one voxel at 1 mm'),
    ),
    summary='A remedy: averages every voxel with its neighbours, equally far in mm along every axis.',
    model="u' = u + w (u * N(0, sigma^2) - u), w = strength",
    source='Lindeberg, Scale-Space Theory in Computer Vision (1994)',
    apply=apply,
    homogeneous=True,
    halo=halo,
    modalities=EVERYWHERE,
)
