"""Spike: one false point of k-space, seen as stripes over the whole image (herringbone)."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import finite_u
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

MOST = 3


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """One to three points of k-space, whole cycles per field of view along each axis, and their phases and weights.

    In the plane they lie between 5 and 40 % of the highest frequency: nearer they are shading, farther a mist.
    """
    count = int(rng.integers(1, MOST + 1))
    points = np.zeros((MOST, len(shape) + 2), np.float32)
    for point in points[:count]:
        radius, angle = rng.uniform(0.05, 0.4), rng.uniform(0, 2 * pi)
        fraction = [*rng.uniform(-0.25, 0.25, len(shape) - 2), radius * sin(angle), radius * cos(angle)]
        point[:-2] = np.round(np.multiply(fraction, shape) / 2)
        point[-2:] = rng.uniform(0, 2 * pi), 1 / count
    return {'points': points}


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[np.float64]]:
    """Largest value of k-space of each channel, less lo, over the number of voxels.

    For an image without negative values that is the centre of k-space, the mean of the image.
    """
    lo, hi = clean.scale(record)
    means = [np.maximum(finite_u(clean, record, c), 0).mean(dtype=float) for c in range(len(clean.image))]
    return {'largest': np.array(means) * (hi - lo)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the plane wave of each point; no transform is needed."""
    import torch

    share, spare = amounts['height'] / 100, torch.empty_like(u[0])
    facts = field.facts['largest'].tolist()
    for channel, points, largest in zip(u, field.arrays['points'].tolist(), facts, strict=True):
        for *cycles, phase, weight in points:
            if weight:
                _add_wave(channel, cycles, phase, share * weight * largest, field, spare)
    return u


def _add_wave(
    channel: torch.Tensor, cycles: list[float], phase: float, height: float, field: FieldBlock, spare: torch.Tensor
) -> None:
    """Add height cos(2 pi sum_axis k r / n + phase), as cos(a + b) = cos a cos b - sin a sin b with b the last axis."""
    import torch

    angles = [
        2 * pi * k * np.arange(part.start, part.stop) / n
        for k, part, n in zip(cycles, field.block, field.shape, strict=True)
    ]
    before = np.full((1,) * (len(angles) - 1), phase)
    for axis, angle in enumerate(angles[:-1]):
        before = before + angle.reshape(-1, *(1,) * (len(angles) - 2 - axis))
    for wave, sign in ((np.cos, 1), (np.sin, -1)):
        outer, inner = (
            torch.from_numpy(values.astype(np.float32)).to(channel.device)
            for values in (sign * height * wave(before)[..., None], wave(angles[-1]))
        )
        channel.add_(torch.mul(outer, inner, out=spare))


SPEC = PerturbationSpec(
    name='spike',
    title='k-space spike',
    group='mr',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'height',
            'spikes, of the k-space maximum',
            '%',
            (0, 10, 20, 40, 70, 100),
            0,
            1000,
            'chosen: from just visible to what TorchIO begins with (1 to 3 times the maximum)',
        ),
    ),
    summary='Adds stripes over the whole image, from one to three false points of k-space that the seed chooses.',
    model="u' = u + a m sum_j w_j cos(2 pi k_j r / N + phi_j), m = max |K| / number of voxels, sum w = 1",
    source='Graves & Mitchell, J Magn Reson Imaging 38:269 (2013); stripes as in TorchIO and MONAI',
    apply=apply,
    homogeneous=True,
    draw=draw,
    measure=measure,
    expects='magnitude',
    modalities=('MR',),
)
