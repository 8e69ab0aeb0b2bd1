"""Contrast: all differences of grey values smaller, or larger, by one factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.intensity._clean import channel_means
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Scale the distance to the mean of the clean channel."""
    mean = field.facts['mean'].reshape(-1, *(1,) * (u.ndim - 1))
    return u.sub_(mean).mul_(amounts['contrast'] / 100).add_(mean)


SPEC = PerturbationSpec(
    name='contrast',
    title='contrast',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter(
            'contrast',
            'contrast kept',
            '%',
            (100, 80, 60, 40, 20, 10),
            0,
            400,
            'chosen: from mild to nearly flat; ImageNet-C has 40 to 5, MedMNIST-C 90 to 40 down and 110 to 180 up',
        ),
    ),
    summary='Flattens the image towards its mean (below 100 %) or steepens it (above).',
    model="u' = m + c (u - m), m the mean of the clean channel",
    source='Hendrycks & Dietterich, ICLR 2019 (ImageNet-C); Di Salvo et al. 2024 (MedMNIST-C)',
    apply=apply,
    measure=channel_means,
    modalities=('MR', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
    caution='A model that scales each image by its own range or standard deviation does not see it.',
)
