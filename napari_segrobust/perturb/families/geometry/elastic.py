"""Elastic deformation: tissue bent by a smooth random displacement."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.smooth import bspline_weights
from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Shortest correlation length in mm, and most intervals along an axis: bounds of what is drawn.
SHORTEST, MOST = 4.0, 64


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Displacement of control points, from -1 to 1 along each axis; enough for the shortest correlation length."""
    points = [_intervals(n, s, SHORTEST) + 3 for n, s in zip(shape, spacing, strict=True)]
    moves = rng.uniform(-1, 1, (len(shape), *points)).astype(np.float32)
    moves[[n == 1 for n in shape]] = 0  # a single slice stays in its plane
    return {'points': moves}


def coordinates(amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Every voxel moved by a cubic B-spline through the control points around it."""
    import torch

    values = field.arrays['points'][0]
    spacing = values.new_tensor(field.spacing).view(-1, *(1,) * len(field.shape))
    lattice = [_intervals(n, s, amounts['correlation']) for n, s in zip(field.shape, field.spacing, strict=True)]
    values = values[(slice(None), *(slice(0, k + 3) for k in lattice))] * (amounts['displacement'] / spacing)
    for axis, (intervals, part) in enumerate(zip(lattice, field.wanted, strict=True)):
        # Control points lie `correlation` apart, or as far as so many intervals must to span the axis.
        length = (field.shape[axis] - 1) * field.spacing[axis]
        knots = np.arange(part.start, part.stop) * field.spacing[axis] / max(amounts['correlation'], length / intervals)
        values = _spread(values, axis + 1, knots, intervals)
    for axis, part in enumerate(field.wanted):
        line = torch.arange(part.start, part.stop, dtype=values.dtype, device=values.device)
        values[axis] += line.view([-1 if a == axis else 1 for a in range(len(field.shape))])
    return values


def _spread(values: torch.Tensor, axis: int, knots: NDArray[Any], intervals: int) -> torch.Tensor:
    """Evaluate along one axis, at places in units of the lattice.

    Voxel by voxel, run by run between two control points: the same bits for every block.
    """
    import torch

    cell, numbers = bspline_weights(knots, intervals)
    weights = torch.from_numpy(numbers).to(values.device)
    out = values.new_empty((*values.shape[:axis], len(knots), *values.shape[axis + 1 :]))
    view = [-1 if a == axis else 1 for a in range(values.ndim)]
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(cell)], strict=True):
        run = out.narrow(axis, int(start), int(stop - start))
        for corner in range(4):
            point = values.narrow(axis, int(cell[start]) + corner, 1)
            weight = weights[corner, start:stop].view(view)
            if corner:
                run += point * weight
            else:
                torch.mul(point, weight, out=run)
    return out


def _intervals(size: int, spacing: float, correlation: float) -> int:
    return min(max(ceil((size - 1) * spacing / correlation), 1), MOST)


SPEC = PerturbationSpec(
    name='elastic',
    title='elastic deformation',
    group='geometry',
    kind='geometry',
    stage='geometry',
    response='nonlinear',
    parameters=(
        Parameter(
            'displacement',
            'displacement up to',
            'mm',
            (0, 6, 12, 18, 24, 30),
            0,
            200,
            'ROOD-MRI (Boone et al., NeuroImage 2023), severity 1 to 5: largest move of a control point along an axis',
        ),
        Parameter(
            'correlation',
            'correlation length',
            'mm',
            (64,) * 6,
            SHORTEST,
            1000,
            'chosen: distance of control points, at which the correlation has fallen to a half; ROOD-MRI has 7 points '
            'along each axis, so about 50 to 64 mm on a head',
        ),
    ),
    summary='Bends the image by a smooth random displacement; the seed decides which.',
    model="x'(r) = x(r + d sum_i B(r / h - i) p_i), cubic B-splines B, p_i uniform from -1 to 1 along each axis",
    source='Rueckert et al., IEEE TMI 18:712 (1999); TorchIO RandomElasticDeformation; levels of ROOD-MRI',
    coordinates=coordinates,
    draw=draw,
    per_channel=False,
    modalities=MODALITIES,
    caution='No place moves farther than the amount along any axis. Below 0.4 correlation lengths (severity 4 and '
    'less) nothing can fold (Choi and Lee 2000); at severity 5 twelve draws on a head did not: their smallest Jacobian '
    'was 0.46.',
)
