"""Slice profile: thicker slices, which average what lies within them, on the image's own grid."""

from __future__ import annotations

from math import ceil, log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.blur._lines import filtered, gaussian
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Full width at half maximum of a Gaussian of sigma 1.
_WIDTH = 2 * sqrt(2 * log(2))


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average along the first axis."""
    return filtered(u, 0, profile(amounts['thickness'] / field.spacing[0], amounts['box']), field)


def profile(thickness: float, box: float) -> NDArray[np.float64]:
    """Weights of a slice of `thickness` voxels at half its height: Gaussian, rectangular (box 1), or a mixture."""
    bell, flat = gaussian(thickness / _WIDTH), rectangle(thickness)
    weights = np.zeros(max(len(bell), len(flat)))
    weights[: len(bell)] += (1 - box) * bell
    weights[: len(flat)] += box * flat
    return weights


def rectangle(thickness: float) -> NDArray[np.float64]:
    """Weights of the mean, over `thickness` voxels, of the values between which the image is linear."""
    if thickness == 0:
        return np.ones(1)
    distance = np.arange(ceil(thickness / 2) + 1, dtype=np.float64)
    return (_area(distance + thickness / 2) - _area(distance - thickness / 2)) / thickness


def _area(end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integral, from 0 to `end`, of the triangle that falls from 1 at 0 to 0 at 1."""
    size = np.minimum(np.abs(end), 1)
    return np.asarray(np.sign(end) * (size - size**2 / 2))


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Reach of the profile along the first axis."""
    return (len(profile(amounts['thickness'] / spacing[0], amounts['box'])) - 1, *(0,) * (len(shape) - 1))


SPEC = PerturbationSpec(
    name='slice_profile',
    title='slice profile',
    group='blur',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(
        Parameter(
            'thickness',
            'thickness',
            'mm',
            (0, 2.8, 4.6, 6.4, 8.2, 10),
            0,
            100,
            'ROOD-MRI, anisotropic downsampling by 2.8 to 10 of voxels of 1 mm',
        ),
        Parameter('box', 'rectangular part', '', (0, 0, 0, 0, 0, 0), 0, 1, 'chosen: 0 is Gaussian, 1 is rectangular'),
    ),
    summary='Averages across slices (in 2D across rows) as a thicker slice does; no slice is left out.',
    model="u' = u * p(z), p Gaussian of full width T at half maximum, or a rectangle of width T; border repeated",
    source='Boone et al. 2023 (ROOD-MRI); McRobbie et al., MRI from Picture to Proton, slice selection',
    apply=apply,
    homogeneous=True,
    halo=halo,
    modalities=('CT', 'MR'),
)
