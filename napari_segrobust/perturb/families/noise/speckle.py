"""Speckle: noise that grows with the signal, as in ultrasound and optical coherence tomography."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families._draws import normal
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Multiply by one plus sigma times the field."""
    return u.mul_((field.crop('normal') * amounts['sigma']).add_(1.0))


SPEC = PerturbationSpec(
    name='speckle',
    title='speckle',
    group='noise',
    kind='continuous',
    stage='noise',
    response='linear',
    parameters=(
        Parameter('sigma', 'gain sigma', '', (0, 0.15, 0.2, 0.35, 0.45, 0.6), 0, 10, 'ImageNet-C, speckle_noise'),
    ),
    summary='Multiplies every voxel by its own random gain; what is at or below lo hardly changes.',
    model="u' = u (1 + sigma z), z ~ N(0, 1)",
    source='Hendrycks & Dietterich, ICLR 2019 (ImageNet-C); Kamath et al. 2025: variance 0.1 and 0.3',
    apply=apply,
    draw=normal,
    modalities=('US', 'OCT'),
)
