"""Gaussian noise: thermal noise of CT, X-ray, cameras, and of MR at high signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families._draws import normal
from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add sigma times the field."""
    return u.add_(field.crop('normal') * amounts['sigma'])


SPEC = PerturbationSpec(
    name='gaussian_noise',
    title='gaussian noise',
    group='noise',
    kind='continuous',
    stage='noise',
    response='linear',
    parameters=(
        Parameter('sigma', 'sigma', RANGE, (0, 0.08, 0.12, 0.18, 0.26, 0.38), 0, 10, 'ImageNet-C, gaussian_noise'),
    ),
    summary='Adds independent normal noise of the same strength everywhere.',
    model="u' = u + sigma z, z ~ N(0, 1)",
    source='Hendrycks & Dietterich, ICLR 2019 (ImageNet-C)',
    apply=apply,
    draw=normal,
    modalities=('CT', 'MR', 'X-ray', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
)
