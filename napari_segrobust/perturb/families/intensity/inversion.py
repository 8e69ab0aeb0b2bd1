"""Inversion: black and white exchanged, as when MONOCHROME1 is read as MONOCHROME2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blend the image with its negative, from `dark` on."""
    change = u.mul(-2.0).add_(1.0).mul_(amounts['share'] / 100)
    if amounts['dark'] > 0:
        change.mul_((u / amounts['dark']).clamp_(0.0, 1.0))
    return u.add_(change)


SPEC = PerturbationSpec(
    name='inversion',
    title='inversion',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter(
            'share',
            'share of the negative',
            '%',
            (0, 20, 40, 60, 80, 100),
            0,
            100,
            'chosen: level 5 is the negative itself, the rest leads up to it evenly through grey',
        ),
        Parameter(
            'dark',
            'air stays dark below',
            RANGE,
            (0,) * 6,
            0,
            1,
            'chosen: 0 inverts all, as a wrong DICOM tag does; 0.1 keeps air, as between T1 and T2 weighting',
        ),
    ),
    summary='Leads from the image through grey to its negative.',
    model="u' = u + w (1 - 2 u) min(u / d, 1) for u > 0; u + w (1 - 2 u) where d = 0",
    source='DICOM PS3.3 C.7.6.3.1.2, photometric interpretation',
    apply=apply,
    modalities=('X-ray', 'MR', 'US', 'EM'),
)
