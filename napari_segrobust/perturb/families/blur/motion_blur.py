"""Motion blur: organ or camera moves on a straight line while one frame is exposed."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import plane_halo
from napari_segrobust.perturb.families.blur._filters import filtered_planes, spread
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Angle of the line to the last axis, 0 to pi."""
    return {'angle': np.array([rng.uniform(0, pi)], np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average every plane along the line."""
    angle = float(field.arrays['angle'][0, 0])
    step_y, step_x = field.spacing[-2:]
    reach_y, reach_x = amounts['length'] / 2 * sin(angle) / step_y, amounts['length'] / 2 * cos(angle) / step_x
    # a line that is longer than the image sees little but its repeated border
    cut = min(1.0, max(field.shape[-2:]) / max(abs(reach_y), abs(reach_x), 1.0))
    return filtered_planes(u, line(reach_y * cut, reach_x * cut), field)


@lru_cache(maxsize=8)
def line(reach_y: float, reach_x: float) -> NDArray[np.float64]:
    """Weights of a uniform line from (-reach_y, -reach_x) to (reach_y, reach_x) pixels, of sum 1."""
    count = max(256, 4 * ceil(2 * max(abs(reach_y), abs(reach_x))))
    points = (np.arange(count) + 0.5) / count * 2 - 1
    along_y, along_x = (spread(ceil(abs(reach)), points * reach) for reach in (reach_y, reach_x))
    return np.asarray(along_y @ along_x.T / count)


SPEC = PerturbationSpec(
    name='motion_blur',
    title='motion blur',
    group='blur',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(
        Parameter(
            'length',
            'length',
            'mm',
            (0, 6, 11, 17, 24, 30),
            0,
            100,
            'ImageNet-C, motion_blur on 224 x 224: lines of the same standard deviation as its one-sided bells',
        ),
    ),
    summary='Averages along a straight line in the plane, whose direction the seed chooses.',
    model="u' = mean over t from -1/2 to 1/2 of u(r + t L (sin a, cos a)), plane by plane, border voxels repeated",
    source='Hendrycks & Dietterich, ICLR 2019 (ImageNet-C); Gonzalez & Woods, Digital Image Processing, 5.6',
    apply=apply,
    homogeneous=True,
    draw=draw,
    halo=plane_halo,
    per_channel=False,
    modalities=('US', 'X-ray', 'endoscopy', 'fundus', 'histology', 'photograph'),
)
