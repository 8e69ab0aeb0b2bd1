"""Rigid motion: the patient turned and moved."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

_ROOD = 'ROOD-MRI (Boone et al., NeuroImage 2023), severity 1 to 5'


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Axis of the turn and direction of the shift: unit vectors in array order; one slice stays in its plane."""
    turn, shift = rng.standard_normal(3), rng.standard_normal(len(shape))
    free = np.array([n > 1 for n in shape])
    if len(shape) == 2 or not free.all():
        # In a plane there is one axis to turn about, and two senses.
        normal = np.zeros(3)
        normal[0 if len(shape) == 2 else int(np.argmin(free))] = np.sign(turn[0]) if free.sum() == 2 else 0
        turn = normal
    shift *= free
    return {'turn': _unit(turn), 'shift': _unit(shift)}


def coordinates(amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Where a voxel was before the motion: turned back about the centre of the case after the shift is undone."""
    import torch

    ndim = len(field.shape)
    back = turned(field.arrays['turn'][0].cpu().numpy().astype(float), -amounts['angle'])[-ndim:, -ndim:]
    shift = field.arrays['shift'][0].cpu().numpy().astype(float) * amounts['shift']
    offsets = []
    for axis, (part, size, step) in enumerate(zip(field.wanted, field.shape, field.spacing, strict=True)):
        offset = (np.arange(part.start, part.stop) - (size - 1) / 2) * step - shift[axis]
        offsets.append(offset.reshape([-1 if a == axis else 1 for a in range(ndim)]))
    found = torch.empty((ndim, *(part.stop - part.start for part in field.wanted)))
    for row, size, step, out in zip(back, field.shape, field.spacing, found, strict=True):
        line = torch.full((1,) * ndim, (size - 1) / 2)
        for weight, offset in zip(row[:-1], offsets[:-1], strict=True):
            line = line + torch.from_numpy((weight / step * offset).astype(np.float32))
        torch.add(line, torch.from_numpy((row[-1] / step * offsets[-1]).astype(np.float32)), out=out)
    return found


def turned(axis: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """Rotation matrix about a unit axis, the identity about none (Rodrigues)."""
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    angle = radians(degrees)
    return np.asarray(np.eye(3) + sin(angle) * cross + (1 - cos(angle)) * cross @ cross)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)


SPEC = PerturbationSpec(
    name='rigid',
    title='rigid displacement',
    group='geometry',
    kind='geometry',
    stage='geometry',
    response='nonlinear',
    parameters=(
        Parameter('angle', 'turned by', 'degrees', (0, 6, 12, 18, 24, 30), 0, 180, _ROOD),
        Parameter('shift', 'moved by', 'mm', (0, 8, 16, 24, 32, 40), 0, 1000, _ROOD),
    ),
    summary='Turns and moves the whole image about its centre; the seed decides the direction.',
    model="x'(r) = x(R^-1(r - c - t) + c), linear; R turns about a random axis (in 2D one way or the other)",
    source='Rodrigues rotation; levels of ROOD-MRI, whose draws lie between 0 and the level where ours is the level',
    coordinates=coordinates,
    draw=draw,
    per_channel=False,
    modalities=MODALITIES,
    caution='What comes from outside the image is lo. The RMS displacement over the case grows with severity.',
)
