"""Depth attenuation: tissue weakens the echo with depth, and the scanner does not make up for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.ultrasound._depth import amplify
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Weaken every row by its depth, from the middle of the first one."""
    import torch

    centimetres = np.arange(field.shape[-2])[field.block[-2]] * field.spacing[-2] / 10
    gain = torch.from_numpy((-amounts['attenuation'] * centimetres).astype(np.float32)).to(u.device)
    return amplify(u, gain[:, None])


SPEC = PerturbationSpec(
    name='depth_attenuation',
    title='depth attenuation',
    group='ultrasound',
    kind='continuous',
    stage='acquisition',
    response='log',
    parameters=(
        Parameter(
            'attenuation',
            'attenuation',
            'dB/cm',
            (0, 0.15, 0.3, 0.5, 0.75, 1),
            0,
            20,
            'chosen: soft tissue weakens by about 0.5 dB/cm for each MHz; up to what a curve for 2 MHz less misses',
        ),
    ),
    summary='Darkens the image with depth, from the transducer at the top.',
    model="u' = u 10^(-a z / 20), z = depth below the first row in cm (10 rows where the spacing is unknown)",
    source='Szabo, Diagnostic Ultrasound Imaging: Inside Out, 2nd ed. (2014), chapter 4',
    apply=apply,
    expects='magnitude',
    modalities=('US',),
    caution='The transducer is taken to be at the top, and echoes to run straight down the columns.',
)
