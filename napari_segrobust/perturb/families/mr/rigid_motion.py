"""Rigid motion: the patient moves while k-space is acquired, so its lines belong to different poses."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import by_plane, plane_halo
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

MOST = 4


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Phase-encoding axis (one of the last two); one to four poses, and the line up to which each lasts.

    A pose is a share of the largest angle and of the largest shift along either axis. Lines are shares of the highest
    frequency. Most of the signal lies near k = 0, and there the movements crowd, so that all of them show.
    """
    count = int(rng.integers(1, MOST + 1))
    until = np.full(MOST, 2, np.float32)
    until[: count - 1] = np.sort(rng.random(count - 1) ** 3)
    poses = rng.uniform(0.5, 1, (MOST, 3)) * rng.choice([-1, 1], (MOST, 3))
    axis = len(shape) - 1 - int(rng.integers(2))
    return {'axis': np.array([axis], np.float32), 'until': until, 'poses': poses.astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Take the lines that are acquired after the first movement from the moved image.

    Lines come in order, from -N/2 to N/2 or back, and only those after k = 0 are moved: the image stays in its place.
    More of them with severity, each for good: by Parseval's theorem the change can only grow. Poses that grew with
    severity could not promise that, for a line may come back into phase.
    """
    import torch

    axes = [int(axis) - len(field.shape) for axis in field.arrays['axis'].flatten().tolist()]
    largest = np.array([amounts['degrees'], amounts['translation'], amounts['translation']])
    courses = []
    for axis, until, poses in zip(axes, field.arrays['until'], field.arrays['poses'], strict=True):
        parts = moved_lines(field.shape[axis], amounts['moved'] / 100, until.cpu().numpy())
        courses.append(
            [
                (pose.tolist(), torch.from_numpy(part[:, None] if axis == -2 else part).to(u.device))
                for pose, part in zip(poses.cpu().numpy() * largest, parts, strict=True)
                if part.any()
            ]
        )

    def move(plane: torch.Tensor, channel: int, index: int) -> torch.Tensor:
        axis = axes[channel]
        changes = [
            torch.fft.rfft(moved(plane, pose, field.spacing[-2:]).sub_(plane), dim=axis).mul_(part)
            for pose, part in courses[channel]
        ]
        if not changes:
            return plane
        total = changes[0]
        for other in changes[1:]:
            total += other
        change: torch.Tensor = torch.fft.irfft(total, plane.shape[axis], dim=axis)
        return change.add_(plane)

    return by_plane(u, field, move)


def moved_lines(size: int, share: float, until: NDArray[np.float32]) -> NDArray[np.float32]:
    """Part that each pose has in the lines k and -k together, for k = 0 to size // 2.

    Parameters
    ----------
    size : int
        Number of lines.
    share : float
        Share of the lines, at most a half, that are acquired after the first movement; the outermost first.
    until : ndarray, shape (poses,)
        Highest line of each pose, as a share of the highest frequency, rising.

    Returns
    -------
    ndarray, shape (poses, size // 2 + 1), float32
        At most 1/2: line -k is acquired before the first movement.
    """
    highest = size // 2
    k = np.arange(highest + 1)
    acquired_late = np.clip(k - (1 - 2 * share) * highest, 0, 1)
    pose = np.searchsorted(until, k / max(highest, 1))
    return np.where(pose == np.arange(len(until))[:, None], acquired_late / 2, 0).astype(np.float32)


def moved(plane: torch.Tensor, pose: Sequence[float], spacing: Spacing) -> torch.Tensor:
    """Turn a plane (H, W) about its centre, then shift it; linear between voxels, 0 from outside.

    `pose` is the angle in degrees, from the rows towards the columns, and the shift along rows and columns in mm.
    """
    import torch

    angle, *shift = pose
    c, s = cos(radians(angle)), sin(radians(angle))
    rows, columns = (
        (np.arange(n) - (n - 1) / 2) * step - by for n, step, by in zip(plane.shape, spacing, shift, strict=True)
    )
    grid = plane.new_empty(1, *plane.shape, 2)
    for target, (row, column), n, step in zip((1, 0), ((c, s), (-s, c)), plane.shape, spacing, strict=True):
        scale = 2 / (n * step)  # from mm to -1 at one border of the field of view and 1 at the other
        down, across = (
            torch.from_numpy((factor * line * scale).astype(np.float32)).to(plane.device)
            for factor, line in ((row, rows), (column, columns))
        )
        torch.add(down[:, None], across, out=grid[0, ..., target])
    sampled: torch.Tensor = torch.nn.functional.grid_sample(plane[None, None], grid, align_corners=False)
    return sampled[0, 0]


SPEC = PerturbationSpec(
    name='rigid_motion',
    title='rigid motion',
    group='mr',
    kind='continuous',
    stage='acquisition',
    response='nonlinear',
    parameters=(
        Parameter(
            'moved',
            'k-space acquired after moving',
            '%',
            (0, 35, 42, 46, 48, 49),
            0,
            50,
            'chosen: nearer to the middle of k-space, each step changes about as much again',
        ),
        Parameter('degrees', 'largest rotation', 'degrees', (3,) * 6, 0, 45, 'ROOD-MRI level 3; it goes from 1 to 5'),
        Parameter('translation', 'largest shift', 'mm', (6,) * 6, 0, 100, 'ROOD-MRI level 3; it goes from 2 to 10'),
    ),
    summary='Acquires the later part of k-space of each slice with the patient turned and shifted.',
    model="K'(k) = K of the pose at the time of line k; the middle of k-space and all lines before it keep their pose",
    source='Shaw et al., MIDL (2019); Boone et al. 2023 (ROOD-MRI)',
    apply=apply,
    homogeneous=True,
    draw=draw,
    halo=plane_halo,
    expects='magnitude',
    modalities=('MR',),
)
