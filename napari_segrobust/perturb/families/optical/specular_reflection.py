"""Specular reflection: the lamp mirrored by wet tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.optical._plane import Plane, Waves, drawn_map
from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Roughness of the wet surface: width of a glint in standard deviations of the surface's slope.
_ROUGHNESS = 0.08


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Glare of a random wavy surface, 1 where its facets mirror the lamp and at one pixel at least.

    It is a Trowbridge-Reitz lobe around the slope that mirrors, which is nearly flat, as lamp and camera are near each
    other: narrow glints, drawn out along folds, with a soft halo.
    """
    plane = Plane.of(shape, spacing)
    slopes = Waves.drawn(rng, 1.5, 0.12, slope=1.5).slopes(plane)
    row, column = min((plane.pixel(rng) for _ in range(16)), key=lambda p: float(np.hypot(*slopes[:, *p])))
    off = ((slopes - slopes[:, row, column, None, None]) ** 2).sum(axis=0)
    width = _ROUGHNESS**2 * (slopes.var(axis=(1, 2)).sum() + 1e-12)
    return {'glare': ((1 + off / width) ** -2).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the glare; the camera saturates at hi, and what was brighter stays."""
    import torch

    lit = (drawn_map(field, 'glare') * amounts['peak']).add(u).clamp_(max=1.0)
    return torch.maximum(u, lit)


SPEC = PerturbationSpec(
    name='specular_reflection',
    title='specular reflection',
    group='optical',
    kind='continuous',
    stage='acquisition',
    response='nonlinear',
    parameters=(
        Parameter(
            'peak',
            'peak of the light',
            RANGE,
            (0, 0.4, 1, 2.5, 6, 15),
            0,
            1000,
            'chosen: from glints that hardly saturate (1) to large saturated ones (5)',
        ),
    ),
    summary='White glints with a soft halo, as wet tissue mirrors the lamp; the same place in every slice.',
    model="u' = max(u, min(u + a g(r), 1)), g = (1 + |s(r) - s0|^2 / w^2)^-2, s the slopes of a random wavy surface",
    source='Trowbridge & Reitz, J Opt Soc Am 65:531 (1975); Walter et al., EGSR 2007 (GGX)',
    apply=apply,
    draw=draw,
    per_channel=False,
    modalities=('endoscopy', 'fundus', 'photograph'),
)
