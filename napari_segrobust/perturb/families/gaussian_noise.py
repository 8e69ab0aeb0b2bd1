"""Gaussian noise: thermal noise of CT, X-ray, cameras and MR at high signal."""

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
    """One standard normal number per voxel."""
    return {'normal': rng.standard_normal(shape, dtype=np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add sigma times the field."""
    return u.add_(field.crop('normal') * amounts['sigma'])


SPEC = PerturbationSpec(
    name='gaussian_noise',
    title='gaussian noise',
    group='noise',
    kind='continuous',
    response='linear',
    parameters=(
        Parameter('sigma', 'sigma', RANGE, (0, 0.08, 0.12, 0.18, 0.26, 0.38), 0, 10, 'ImageNet-C, gaussian_noise'),
    ),
    summary='Adds independent normal noise of the same strength everywhere.',
    model="u' = u + sigma z, z ~ N(0, 1)",
    source='Hendrycks & Dietterich, ICLR 2019 (ImageNet-C)',
    apply=apply,
    draw=draw,
    modalities=('CT', 'MR', 'X-ray', 'camera'),
)
