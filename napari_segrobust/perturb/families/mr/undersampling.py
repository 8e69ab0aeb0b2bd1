"""Undersampling: phase-encoding lines left out to scan faster, seen as faint copies or smear along that axis."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import by_plane, plane_halo
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Phase-encoding axis (one of the last two), regular or random lines, the first line, and a number for each."""
    axis = len(shape) - 1 - int(rng.integers(2))
    return {
        'scheme': np.array([axis, rng.integers(2), rng.random()], np.float32),
        'lots': rng.random(max(shape[-2:]), dtype=np.float32),
    }


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Weaken the lines that are left out; the image is real, so line -k takes part in line k."""
    import torch

    schemes, lots = field.arrays['scheme'].tolist(), field.arrays['lots'].cpu().numpy()
    axes = [int(scheme[0]) - len(field.shape) for scheme in schemes]
    weights = []
    for (_, random, first), own, axis in zip(schemes, lots, axes, strict=True):
        shares = amounts['acceleration'], amounts['centre'] / 100
        dropped = dropped_lines(field.shape[axis], *shares, bool(random), first, own)
        weight = torch.from_numpy((1 - amounts['dropped'] / 100 * dropped).astype(np.float32)).to(u.device)
        weights.append(weight[:, None] if axis == -2 else weight)

    def weaken(plane: torch.Tensor, channel: int, index: int) -> torch.Tensor:
        axis = axes[channel]
        spectrum = torch.fft.rfft(plane, dim=axis).mul_(weights[channel])
        back: torch.Tensor = torch.fft.irfft(spectrum, plane.shape[axis], dim=axis)
        return back

    return by_plane(u, field, weaken)


def dropped_lines(
    size: int, acceleration: float, centre: float, random: bool, first: float, lots: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Share of the lines k and -k that is left out, for k = 0 to size // 2.

    Parameters
    ----------
    size : int
        Number of lines.
    acceleration : float
        One line in so many is acquired.
    centre : float
        Share of all lines, around k = 0, that is always acquired.
    random : bool
        Whether the lines outside the centre are random, as many as make up the acceleration; else every so-manieth.
    first : float
        Where the regular ones begin, 0 to 1.
    lots : ndarray
        Number from 0 to 1 of each line.
    """
    k = (np.arange(size) + size // 2) % size - size // 2
    if random:
        acquired = lots[:size] < max(0.0, (1 / acceleration - centre) / max(1 - centre, 1e-9))
    else:
        acquired = np.mod(k + first * acceleration, acceleration) < 1
    acquired |= 2 * np.abs(k) < max(1, ceil(centre * size))
    half = np.arange(size // 2 + 1)
    left_out: NDArray[np.float64] = 1 - (acquired[half] + acquired[-half].astype(float)) / 2
    return left_out


SPEC = PerturbationSpec(
    name='undersampling',
    title='k-space undersampling',
    group='mr',
    kind='continuous',
    stage='acquisition',
    response='linear',
    parameters=(
        Parameter(
            'dropped',
            'weakening of left-out lines',
            '%',
            (0, 20, 40, 60, 80, 100),
            0,
            100,
            'chosen: evenly up to lines that are missing altogether, as in fastMRI before reconstruction',
        ),
        Parameter('acceleration', 'acceleration', 'x', (4,) * 6, 1, 32, 'fastMRI: 4 (with 8 %) and 8 (with 4 %)'),
        Parameter('centre', 'centre that is kept', '%', (8,) * 6, 0, 100, 'fastMRI: 8 % at 4-fold acceleration'),
    ),
    summary='Leaves out phase-encoding lines, which adds copies or smear along the axis that the seed chooses.',
    model="K'(k) = K(k) (1 - a d(k)), d = 1 for lines left out, 0 for the others; no reconstruction afterwards",
    source='Zbontar et al., fastMRI, arXiv:1811.08839 (2018)',
    apply=apply,
    draw=draw,
    halo=plane_halo,
    caution='What a scanner shows after parallel imaging or a learned reconstruction looks milder and different.',
    modalities=('MR',),
)
