"""Gaussian blur: a wider point spread function, in mm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.blur._lines import filtered, gaussian
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blur one axis after the other and keep the wanted part of each, so that later axes have less to do."""
    spare = None
    for axis, step in enumerate(field.spacing):
        weights = gaussian(amounts['sigma'] / step)
        done = filtered(u, axis, weights, field, spare)
        spare = u if len(weights) > 1 else spare  # without neighbours it is a view of what came
        u = done
    return u


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Four standard deviations."""
    return tuple(len(gaussian(amounts['sigma'] / step)) - 1 for step in spacing)


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
    homogeneous=True,
    halo=halo,
    modalities=('CT', 'MR', 'X-ray', 'US', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
)
