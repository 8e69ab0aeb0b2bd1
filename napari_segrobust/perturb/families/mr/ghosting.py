"""Ghosting: faint shifted copies, from motion that repeats while MR lines are acquired (breathing, pulse)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Phase-encoding axis (one of the last two), distance of the copies, share of the first and second copies."""
    axis = len(shape) - 1 - int(rng.integers(2))
    copies = int(rng.integers(3, 9))
    first = rng.uniform(0.6, 0.9)
    return {'ghosts': np.array([axis, round(shape[axis] / copies), first], np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Move a share of the signal into its copies.

    By the Fourier shift theorem, k-space line k times cos(2 pi k s / N) is the mean of the image moved by s and
    by -s, around the edge of the field of view; no transform is needed.
    """
    import torch

    share = amounts['share'] / 100
    out = []
    for channel, (axis, shift, first) in zip(u, field.arrays['ghosts'].tolist(), strict=True):
        out.append(_ghosted(channel, int(axis), int(shift), first, field).mul_(share))
    return torch.stack(out).add_(u[(slice(None), *field.keep)])


def _ghosted(channel: torch.Tensor, axis: int, shift: int, first: float, field: FieldBlock) -> torch.Tensor:
    """All copies minus the image itself, on the wanted part."""
    wanted, size = field.keep[axis], field.shape[axis]
    lines = channel[(*field.keep[:axis], slice(None), *field.keep[axis + 1 :])]
    change = -lines.narrow(axis, wanted.start, wanted.stop - wanted.start)
    for weight, step in ((first, shift), (1 - first, 2 * shift)):
        copy = lines * (weight / 2)
        for move in (-step, step):
            _add_moved(change, copy, axis, (wanted.start + move) % size)
    return change


def _add_moved(change: torch.Tensor, copy: torch.Tensor, axis: int, start: int) -> None:
    """Add what begins at `start`, around the edge: in runs, which are quicker than one place after another."""
    done, count = 0, change.shape[axis]
    while done < count:
        run = min(copy.shape[axis] - start, count - done)
        change.narrow(axis, done, run).add_(copy.narrow(axis, start, run))
        done, start = done + run, 0


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Ask for the whole plane, where the copies come from, and for no other slice."""
    return (*(0,) * (len(shape) - 2), *shape[-2:])


SPEC = PerturbationSpec(
    name='ghosting',
    title='motion ghosting',
    group='mr',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'share',
            'signal in the copies',
            '%',
            (0, 10, 20, 30, 40, 50),
            0,
            100,
            'ROOD-MRI: copies of 0.17 to 0.23 of the signal each; level 5 reaches that, the rest leads up to it evenly',
        ),
    ),
    summary='Adds shifted copies of the image along the phase-encoding axis, which the seed chooses.',
    model="K'(k) = K(k) (1 - a + a sum_h w_h cos(2 pi k h s / N)), h = 1, 2",
    source='Axel et al., Radiology 160:778 (1986); Boone et al. 2023 (ROOD-MRI)',
    apply=apply,
    homogeneous=True,
    draw=draw,
    halo=halo,
    modalities=('MR',),
)
