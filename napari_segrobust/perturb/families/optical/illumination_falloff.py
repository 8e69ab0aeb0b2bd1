"""Illumination fall-off: light and lens lose towards the edge of the field of view."""

from __future__ import annotations

from math import log1p
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.optical._plane import Plane, drawn_map
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Log loss of light around a centre that need not be the middle, 0 there and 1 in the darkest corner."""
    plane = Plane.of(shape, spacing)
    centre = tuple(rng.uniform(-0.3, 0.3, 2) * np.multiply(plane.shape, plane.step))
    distance = plane.distance((float(centre[0]), float(centre[1])))
    loss = np.log1p((distance / rng.uniform(0.4, 0.8)) ** 2)
    return {'loss': (loss / max(float(loss.max()), 1e-12)).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Multiply by the exponential of the loss."""
    return u.mul_((drawn_map(field, 'loss') * log1p(-amounts['darker'] / 100)).exp_())


SPEC = PerturbationSpec(
    name='illumination_falloff',
    title='illumination fall-off',
    group='optical',
    kind='continuous',
    stage='contrast',
    response='log',
    parameters=(
        Parameter(
            'darker',
            'loss in the darkest corner',
            '%',
            (0, 25, 45, 65, 80, 92),
            0,
            99.9,
            'chosen: a good lens loses a quarter in its corners, an endoscope in a wide cavity nearly all',
        ),
    ),
    summary='Darkens the image away from a bright centre, which the seed chooses; the same in every slice.',
    model="u' = u (1 - a)^f(r), f = log(1 + r^2 / F^2) scaled to 1 in the darkest corner: cos^4 law of lenses at one a",
    source='cos^4 law: Kang & Weiss, ECCV 2000 (vignetting)',
    apply=apply,
    draw=draw,
    per_channel=False,
    expects='magnitude',
    modalities=('endoscopy', 'fundus', 'histology', 'EM', 'photograph'),
)
