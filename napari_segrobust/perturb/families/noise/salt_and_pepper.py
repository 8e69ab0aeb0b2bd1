"""Salt and pepper: dead and saturated detector elements, bit errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """One uniform number per voxel: its rank decides at which share the voxel breaks."""
    return {'rank': rng.random(shape, dtype=np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Set the lowest ranks to lo and the highest to hi; a larger share breaks more voxels and mends none."""
    half = amounts['share'] / 200
    rank = field.crop('rank')
    return u.masked_fill_(rank < half, 0.0).masked_fill_(rank >= 1 - half, 1.0)


SPEC = PerturbationSpec(
    name='salt_and_pepper',
    title='salt and pepper',
    group='noise',
    kind='continuous',
    stage='noise',
    response='nonlinear',
    parameters=(Parameter('share', 'share', '%', (0, 1, 2, 3, 5, 8), 0, 100, 'MedMNIST-C, impulse noise on organs'),),
    summary='Sets a share of the voxels to lo or hi, one half each.',
    model="u' = 0 where r < p/2, 1 where r >= 1 - p/2, r ~ U(0, 1)",
    source='Di Salvo et al. 2024 (MedMNIST-C)',
    apply=apply,
    draw=draw,
    modalities=('X-ray', 'EM', 'photograph'),
)
