"""Haze: smoke of the cautery, fog on the lens, a cloudy eye."""

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


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Density of the smoke: billows of all sizes, 1 where thickest and 0.1 where thinnest."""
    plane = Plane.of(shape, spacing)
    height = Waves.drawn(rng, 2.5, 0.08, count=128, slope=1.2).height(plane)
    span = float(np.ptp(height))
    density = (height - height.min()) / span if span > 0 else np.ones(plane.shape)
    return {'density': (0.1 + 0.9 * density).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Dim the scene by what the smoke scatters away, and add the light that it scatters in."""
    veil = (drawn_map(field, 'density') * -amounts['depth']).exp_().neg_().add_(1.0)
    return u.add_(veil * (amounts['veil'] - u))


SPEC = PerturbationSpec(
    name='haze',
    title='haze',
    group='optical',
    kind='continuous',
    stage='acquisition',
    response='nonlinear',
    parameters=(
        Parameter(
            'depth',
            'optical depth',
            '',
            (0, 0.3, 0.6, 1, 1.7, 3),
            0,
            50,
            'chosen: a quarter of the contrast is lost where the smoke is thickest (1), and 95 % (5)',
        ),
        Parameter('veil', 'brightness of the smoke', RANGE, (0.8,) * 6, 0, 1, 'chosen: light grey'),
    ),
    summary='A bright veil of uneven density, which takes contrast away; the same in every slice.',
    model="u' = u t + A (1 - t), t = exp(-b d(r)), d a smooth random density from 0.1 to 1",
    source='Koschmieder 1924; Narasimhan & Nayar, Int J Comput Vis 48:233 (2002)',
    apply=apply,
    draw=draw,
    per_channel=False,
    modalities=('endoscopy', 'fundus', 'photograph'),
)
