"""Rician noise: what Gaussian noise in both receiver channels makes of an MR magnitude image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Two standard normal numbers per voxel, one for either receiver channel."""
    return {name: rng.standard_normal(shape, dtype=np.float32) for name in ('real', 'imaginary')}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Take the magnitude of the noisy complex signal; values below lo have no magnitude and are carried along."""
    below = u.clamp(max=0.0)
    real = u.clamp_(min=0.0).add_(field.crop('real') * amounts['sigma'])
    imaginary = field.crop('imaginary') * amounts['sigma']
    return real.square_().add_(imaginary.square_()).sqrt_().add_(below)


SPEC = PerturbationSpec(
    name='rician_noise',
    title='rician noise',
    group='noise',
    kind='continuous',
    stage='noise',
    response='nonlinear',
    parameters=(
        Parameter(
            'sigma',
            'sigma',
            RANGE,
            (0, 0.05, 0.1, 0.15, 0.2, 0.25),
            0,
            10,
            'ROOD-MRI, 0.16 to 0.80 of the standard deviation, which is about 0.3 of the range in brain MR',
            seen=(0.01, 0.09),
            seen_source='BrainWeb offers 1 to 9 % of the brightest tissue',
        ),
    ),
    summary='Noise of MR magnitude images: it also lifts the dark background.',
    model="u' = sqrt((u + sigma z1)^2 + (sigma z2)^2), z1, z2 ~ N(0, 1), for u > 0; needs lo at the level of air",
    source='Gudbjartsson & Patz, Magn Reson Med 34:910 (1995)',
    apply=apply,
    draw=draw,
    expects='magnitude',
    modalities=('MR',),
)
