"""Gain: the curve that makes up for attenuation is set wrongly, so some depths are too bright, others too dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.ultrasound._depth import amplify
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: A console has a slider for each of so many depths.
SLIDERS = 8


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Error of each row, smooth between the sliders, 1 or -1 where it is largest."""
    from scipy.interpolate import CubicSpline

    errors = rng.standard_normal(SLIDERS)
    curve = CubicSpline(np.linspace(0, 1, SLIDERS), errors)(np.linspace(0, 1, shape[-2]))
    return {'curve': (curve / np.abs(curve).max()).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Multiply every row by its gain."""
    curve = field.arrays['curve'][:, field.block[-2]] * amounts['error']
    return amplify(u, curve.reshape(len(u), *(1,) * (u.ndim - 3), -1, 1))


SPEC = PerturbationSpec(
    name='gain',
    title='gain error',
    group='ultrasound',
    kind='continuous',
    stage='acquisition',
    response='log',
    parameters=(
        Parameter(
            'error',
            'largest error',
            'dB',
            (0, 1.5, 3, 5, 7, 10),
            0,
            60,
            'chosen: 3 dB is hardly seen, 6 dB doubles or halves the amplitude, 10 dB saturates the display',
        ),
    ),
    summary='Brightens some depths and darkens others, as a wrong time-gain compensation does.',
    model="u' = u 10^(a c(z) / 20), c = spline through 8 sliders, largest error 1",
    source='Szabo, Diagnostic Ultrasound Imaging: Inside Out, 2nd ed. (2014), chapter 10',
    apply=apply,
    draw=draw,
    expects='magnitude',
    modalities=('US',),
    caution='The transducer is taken to be at the top, and echoes to run straight down the columns.',
)
