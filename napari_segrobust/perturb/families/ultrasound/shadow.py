"""Acoustic shadow: behind bone, a stone or gas there is no echo; the shadow is a wedge away from the transducer."""

from __future__ import annotations

from math import radians, tan
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.ultrasound._depth import amplify
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Depth of the shadow at each voxel of the plane, 0 to 1, of one or two objects.

    Rays spread from a point above the image, as those of a curved array. The edges soften with depth, where the beam
    is wider than at the object.
    """
    height, width = (n * step for n, step in zip(shape[-2:], spacing[-2:], strict=True))
    y, x = ((np.arange(n) + 0.5) * step for n, step in zip(shape[-2:], spacing[-2:], strict=True))
    apex = width / 2 / tan(radians(rng.uniform(20, 40)))
    angle = np.arctan2(x - width / 2, (y + apex)[:, None])
    depth = np.hypot(x - width / 2, (y + apex)[:, None]) - apex
    field_angle = np.arctan2(width / 2, apex)
    light = np.ones(shape[-2:])
    for _ in range(int(rng.integers(1, 3))):
        top, centre = rng.uniform(0.1, 0.5) * height, rng.uniform(-0.6, 0.6) * field_angle
        half = rng.uniform(0.08, 0.2) * field_angle
        below = np.maximum(depth - top, 0) / height
        soft = half * (0.15 + 0.6 * below)
        across = 1 / (1 + np.exp(np.clip((np.abs(angle - centre) - half) / (soft / 4), -50, 50)))
        onset = 1 - np.exp(-below / 0.03)
        light *= 1 - across * onset
    return {'shadow': (1 - light).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Weaken what lies in the shadow, the same in every slice."""
    return amplify(u, field.arrays['shadow'][(slice(None), *field.block[-2:])] * -amounts['loss'])


SPEC = PerturbationSpec(
    name='shadow',
    title='acoustic shadow',
    group='ultrasound',
    kind='continuous',
    stage='acquisition',
    response='log',
    parameters=(
        Parameter(
            'loss',
            'loss in the shadow',
            'dB',
            (0, 3, 6, 10, 15, 20),
            0,
            100,
            'chosen: from a faint shadow of an edge to the clean one of a stone, a tenth of the amplitude',
        ),
    ),
    summary='Darkens one or two wedges behind objects at places that the seed chooses.',
    model="u' = u 10^(-a m / 20), m = 1 in the shadow, with edges that soften with depth",
    source='Kremkau & Taylor, J Ultrasound Med 5:227 (1986)',
    apply=apply,
    draw=draw,
    per_channel=False,
    expects='magnitude',
    modalities=('US',),
    caution='The transducer is taken to be at the top; the object itself, which is often bright, is not drawn.',
)
