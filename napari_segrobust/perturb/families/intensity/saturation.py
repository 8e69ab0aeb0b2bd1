"""Saturation: colours paler, or stronger, by another camera or display."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Scale every channel's distance to the largest, which scales saturation and keeps hue and value of HSV."""
    value = u.amax(dim=0, keepdim=True)
    return u.sub_(value).mul_(amounts['saturation'] / 100).add_(value)


SPEC = PerturbationSpec(
    name='saturation',
    title='saturation',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter(
            'saturation',
            'saturation kept',
            '%',
            (100, 80, 60, 40, 20, 0),
            0,
            400,
            'chosen: even steps to a colourless image; ImageNet-C adds to the saturation, which does not go one way',
        ),
    ),
    summary='Takes the colour out (below 100 %) or overdoes it (above).',
    model="u'_c = v + k (u_c - v), v = max over red, green, blue: S of HSV becomes k S",
    source='Smith, Computer Graphics 12:12 (1978) (HSV); Hendrycks & Dietterich, ICLR 2019 (ImageNet-C)',
    apply=apply,
    needs=('rgb',),
    modalities=('histology', 'endoscopy', 'fundus', 'photograph'),
)
