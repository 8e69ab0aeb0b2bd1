"""Rings: detector elements with a wrong gain draw circles around the axis of rotation."""

from __future__ import annotations

from math import ceil, hypot, pi, prod
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.ct._projection import ramp
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Samples of the rings' profile for each detector element.
FINE = 2
#: How far from the middle of the image the axis of rotation may lie, as a share of its sides.
OFF_CENTRE = 0.05
#: Share of the elements that are far off, and how much farther than the others.
BAD, BAD_TIMES = 0.04, 6


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Profile of the rings along the radius, for each slice, and where the axis of rotation lies, in mm.

    An element as wide as a voxel has one error in all views; that of the element on the other side adds to it. Rows of
    the detector share part of their errors. The profile is the filtered back-projection of that, of root mean
    square 1 over the plane.
    """
    sides = np.multiply(shape[-2:], spacing[-2:])
    elements = ceil((0.5 + OFF_CENTRE) * hypot(*sides) / max(spacing[-2:])) + 2
    times = np.where(rng.random(elements) < BAD, BAD_TIMES, 1)
    own, shared = (rng.standard_normal((n, elements)) for n in (prod(shape[:-2]), 1))
    profile = _profile((0.6 * own + 0.8 * shared) * times)
    radius = np.arange(profile.shape[1])
    size = np.sqrt((profile**2 @ radius).mean() / radius.sum())
    return {
        'profile': (profile / size).astype(np.float32),
        'axis': (rng.uniform(-OFF_CENTRE, OFF_CENTRE, 2) * sides).astype(np.float32),
    }


def _profile(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Back-project views that are all alike: the mean over the angle t of the filtered view at r cos t."""
    count = errors.shape[1]
    size = 1 << ceil(np.log2(4 * count))
    view = np.zeros((len(errors), size))
    view[:, :count] = errors
    view[:, -count + 1 :] = errors[:, :0:-1]
    filtered = np.fft.irfft(np.fft.rfft(view) * ramp(size), size)[:, :count]
    place = np.arange(FINE * (count - 1))[:, None] / FINE * np.cos((np.arange(256) + 0.5) * pi / 512)
    left = np.floor(place).astype(int)
    weights = np.zeros((len(place), count))
    row = np.arange(len(place))[:, None]
    np.add.at(weights, (row, left), 1 - (place - left))
    np.add.at(weights, (row, left + 1), place - left)
    profile: NDArray[np.float64] = filtered @ weights.T / 256
    return profile


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the rings: each voxel takes its value from the profile, linearly between two samples."""
    import torch

    lo, hi = field.intensity_range
    first = field.block[0].start if len(field.shape) > 2 else 0
    for channel, profiles, axis in zip(u, field.arrays['profile'], field.arrays['axis'].tolist(), strict=True):
        place = _place(axis, field).to(u.device)
        left = place.floor()
        share = place.sub_(left).flatten()
        index = left.int().flatten()
        for plane, profile in zip(channel.reshape(-1, *u.shape[-2:]), profiles[first:], strict=False):
            profile = profile * (amounts['height'] / (hi - lo))
            step = torch.nn.functional.pad(profile.diff(), (0, 1))
            ring = profile.index_select(0, index) + step.index_select(0, index).mul_(share)
            plane.add_(ring.reshape(plane.shape))
    return u


def _place(axis: list[float], field: FieldBlock) -> torch.Tensor:
    """Distance from the axis of rotation of every voxel of the plane, in samples of the profile."""
    import torch

    y, x = (
        torch.from_numpy((((np.arange(n) - (n - 1) / 2)[part] * step - off) ** 2).astype(np.float32))
        for n, part, step, off in zip(field.shape[-2:], field.block[-2:], field.spacing[-2:], axis, strict=True)
    )
    return (y[:, None] + x).sqrt_().mul_(FINE / max(field.spacing[-2:]))


SPEC = PerturbationSpec(
    name='ring',
    title='rings',
    group='ct',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'height',
            'root mean square',
            'HU',
            (0, 3, 6, 12, 20, 32),
            0,
            1000,
            'chosen: from rings that a soft-tissue window just shows to a detector that needs service',
        ),
    ),
    summary='Adds rings around the axis of rotation, from detector elements with a wrong gain.',
    model="u' = u + a g(r), g = reconstruction of an error of each detector element that is the same in all views",
    source='Barrett & Keat, RadioGraphics 24:1679 (2004); Sijbers & Postnov, Phys Med Biol 49:N247 (2004)',
    apply=apply,
    draw=draw,
    expects='HU',
    modalities=('CT',),
)
