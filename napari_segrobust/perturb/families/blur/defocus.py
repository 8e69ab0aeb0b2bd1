"""Defocus: every point becomes a disk, the image of the lens aperture."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import plane_halo
from napari_segrobust.perturb.families.blur._filters import filtered_planes, spread
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock

#: Points per pixel along either axis at which the disk is looked up.
_FINE = 8


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average every plane over a disk."""
    return filtered_planes(u, disk(amounts['radius']), field)


@lru_cache(maxsize=8)
def disk(radius: float) -> NDArray[np.float64]:
    """Weights of a uniform disk of `radius` pixels, of sum 1."""
    reach = ceil(radius) + 1
    points = (np.arange(-reach * _FINE, reach * _FINE) + 0.5) / _FINE
    inside = np.clip(0.5 + (radius - np.hypot(points[:, None], points)) * _FINE, 0, 1)
    kernel = spread(reach, points) @ inside @ spread(reach, points).T
    if kernel.sum() == 0:  # smaller than the distance of the points: no blur to speak of
        kernel[reach, reach] = 1
    return np.asarray(kernel / kernel.sum())


SPEC = PerturbationSpec(
    name='defocus',
    title='defocus',
    group='blur',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(
        Parameter(
            'radius',
            'radius of the disk',
            'px',
            (0, 3, 4, 6, 8, 10),
            0,
            100,
            'ImageNet-C, defocus_blur, on 224 x 224; MedMNIST-C uses 3 to 8',
        ),
    ),
    summary='Puts the image out of focus: points become disks, edges double at high amounts.',
    model="u' = u * disk(r), plane by plane, border pixels repeated",
    source='Hendrycks & Dietterich, ICLR 2019 (ImageNet-C); Goodman, Introduction to Fourier Optics, 6.4',
    apply=apply,
    homogeneous=True,
    halo=plane_halo,
    modalities=('histology', 'fundus', 'endoscopy', 'photograph'),
)
