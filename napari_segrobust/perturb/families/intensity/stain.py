"""Stain: more or less haematoxylin and eosin on a slide, by another laboratory, batch or section thickness."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Optical densities of haematoxylin, eosin and a third dye in red, green and blue.
DYES = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
#: Darkest transmission that counts: the first grey value of 8 bits.
_DARKEST = 1 / 255


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """How much either dye takes part, from -1 (less of it) to 1 (more of it)."""
    angle = rng.uniform(0, 2 * pi)
    return {'dyes': np.array([cos(angle), sin(angle)], np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add to the optical density of every channel what the changed dyes absorb."""
    change = field.arrays['dyes'][0].double().cpu().numpy() * (amounts['change'] / 100)
    mix = np.linalg.inv(DYES)[:, :2] @ (change[:, None] * DYES[:2])  # from density to the density that is added
    density = u.clamp(_DARKEST, 1.0).log_()  # with its sign turned
    for channel, (red, green, blue) in zip(u, mix.T.tolist(), strict=True):
        added = (density[0] * red).add_(density[1] * green).add_(density[2] * blue)
        channel.mul_(added.exp_())
    return u


SPEC = PerturbationSpec(
    name='stain',
    title='stain',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='log',
    parameters=(
        Parameter(
            'change',
            'change of the dyes',
            '%',
            (0, 5, 10, 20, 35, 50),
            0,
            200,
            'Tellez et al.: 5 % (HED-light) and 20 % (HED-strong); the rest chosen',
        ),
    ),
    summary='Changes how much haematoxylin and eosin a slide has taken up; the seed chooses the mixture.',
    model="-log u' = sum over dyes of (1 + a r_d) c_d m_d, c the dyes of -log u, r = (cos t, sin t) for H and E",
    source='Ruifrok & Johnston, Anal Quant Cytol Histol 23:291 (2001); Tellez et al., MedIA 58:101544 (2019)',
    apply=apply,
    draw=draw,
    per_channel=False,
    expects='magnitude',
    needs=('rgb',),
    modalities=('histology',),
    caution='hi must be the white of the empty slide and lo be black: use the scale byte for 8-bit slides.',
)
