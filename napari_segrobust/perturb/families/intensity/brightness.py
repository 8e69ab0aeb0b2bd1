"""Brightness: another gain of the detector, or another lamp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Multiply by the gain."""
    return u.mul_(amounts['gain'] / 100)


SPEC = PerturbationSpec(
    name='brightness',
    title='brightness',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter(
            'gain',
            'gain',
            '%',
            (100, 120, 130, 140, 150, 160),
            0,
            1000,
            'MedMNIST-C, brightness_up on organs; over all its data sets 110 to 200, and 90 to 30 for darker',
        ),
    ),
    summary='Makes the image brighter (above 100 %) or darker (below); what is at lo stays.',
    model="u' = f u",
    source='Di Salvo et al. 2024 (MedMNIST-C)',
    apply=apply,
    homogeneous=True,
    expects='magnitude',
    modalities=('MR', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
    caution='A model that scales each image by its own range does not see it.',
)
