"""Bubbles and dirt: air in the mounting medium of a slide, drops and dust on a lens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.optical._plane import Plane, smooth_step, whole_plane
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Two to four bubbles and two to five specks of dirt.

    Returns
    -------
    dict
        ``gain`` (H, W): share of the light that passes; ``bend`` (2, H, W): from how many rows and columns farther
        out it comes.
    """
    plane = Plane.of(shape, spacing)
    gain, bend = np.ones(plane.shape), np.zeros((2, *plane.shape))
    for _ in range(int(rng.integers(2, 6))):
        offset, distance = _around(plane, plane.pixel(rng))
        gain *= 1 - rng.uniform(0.3, 0.9) * smooth_step(1.5 - distance / rng.uniform(0.008, 0.03))
    for _ in range(int(rng.integers(2, 5))):
        offset, distance = _around(plane, plane.pixel(rng))
        radius, rim, lens = rng.uniform((0.06, 0.2, 0.3), (0.2, 0.45, 0.7))
        inside = smooth_step((radius - distance) / max(plane.step) + 0.5)
        out = np.clip(distance / radius, 0, 1)
        slope = smooth_step((out - 1 + rim) / rim)  # of the bubble's wall, which throws light out of the lens
        ring = np.exp(-(((out - 1 + rim) / (0.25 * rim)) ** 2))
        gain *= 1 + inside * (0.12 * ring - 0.85 * slope)
        bend += np.where(inside > 0, lens * out**2, 0) * offset / np.array(plane.step)[:, None, None]
    return {'gain': gain.astype(np.float32), 'bend': bend.astype(np.float32)}


def _around(plane: Plane, pixel: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Way of every pixel from one of them (2, H, W), and its length (H, W)."""
    y, x = plane.lines
    way = np.stack(np.broadcast_arrays(y - y[pixel[0]], x - x[:, pixel[1]]))
    return way, np.hypot(*way)


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blend towards what is seen through them, at the pixels that they cover."""
    import torch

    rows, columns = field.wanted[-2:]
    gain, bend = field.arrays['gain'][0, rows, columns], field.arrays['bend'][0, :, rows, columns]
    row, column = torch.nonzero((gain != 1) | bend.any(dim=0), as_tuple=True)
    planes = u.reshape(-1, *u.shape[-2:])
    out = u[(slice(None), *field.keep)].clone(memory_format=torch.contiguous_format)
    seen = _sampled(planes, row + rows.start, column + columns.start, bend[:, row, column]).mul_(gain[row, column])
    flat = out.view(len(planes), *out.shape[-2:])
    before = flat[:, row, column]
    flat[:, row, column] = before.add_((seen - before).mul_(amounts['strength'] / 100))
    return out


def _sampled(planes: torch.Tensor, row: torch.Tensor, column: torch.Tensor, bend: torch.Tensor) -> torch.Tensor:
    """Linear interpolation of (M, H, W) at n pixels moved by `bend` (2, n), border pixels repeated: (M, n)."""
    height, width = planes.shape[-2:]
    y, x = (row + bend[0]).clamp_(0, height - 1), (column + bend[1]).clamp_(0, width - 1)
    top, left = y.floor(), x.floor()
    down, right = y - top, x - left
    first = top.long() * width + left.long()
    below, beside = (top < height - 1) * width, (left < width - 1).long()
    pixels = planes.reshape(len(planes), -1)
    upper = pixels[:, first].mul_(1 - right).add_(pixels[:, first + beside].mul_(right))
    lower = pixels[:, first + below].mul_(1 - right).add_(pixels[:, first + below + beside].mul_(right))
    return upper.mul_(1 - down).add_(lower.mul_(down))


SPEC = PerturbationSpec(
    name='bubble',
    title='bubbles and dirt',
    group='optical',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'strength',
            'strength',
            '%',
            (0, 20, 40, 60, 80, 100),
            0,
            100,
            'chosen: evenly from faint rims to bubbles of air, whose walls let 15 % of the light pass',
        ),
    ),
    summary='Bubbles with dark walls that bend the light, and dark specks; the same in every slice.',
    model="u' = u + a (g(r) u(r + b(r)) - u), g the light that passes, b how far the wall bends it outwards",
    source='MedMNIST-C (Di Salvo et al. 2024) pastes pictures of bubbles; the profile of the wall is our own',
    apply=apply,
    draw=draw,
    halo=whole_plane,
    per_channel=False,
    expects='magnitude',
    modalities=('histology', 'EM', 'endoscopy', 'photograph'),
)
