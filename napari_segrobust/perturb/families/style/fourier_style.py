"""Fourier style: slow changes of brightness as in another image, with the structure of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families.style._target import target_channels
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Low-frequency amplitudes of the target for each slice: (C, slices, 2 b + 1, b + 1), as large as on our grid.

    A slice takes them from the target's slice at the same share of its depth. Of a target of another size they are
    those that Fourier interpolation to our grid would have.
    """
    rows, columns = clean.shape[-2:]
    b = _radius(amounts['radius'], clean.shape)
    slices = clean.shape[0] if len(clean.shape) == 3 else 1
    return {
        'amplitude': np.stack(
            [_amplitudes(target, slices, b, rows * columns) for target in target_channels(clean, record)]
        )
    }


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Scale the low frequencies of every slice to the target's amplitudes, phases kept."""
    import torch

    amplitude = field.facts['amplitude']
    if amplitude.shape[1] > 1:
        amplitude = amplitude[:, field.block[0]]
    out = u[(slice(None), *field.keep)].clone()
    planes, changed = (x.reshape(len(u), -1, *x.shape[-2:]) for x in (u, out))
    waves = [torch.from_numpy(wave).to(u.device) for wave in _waves(field.shape[-2:], amplitude.shape[-1] - 1)]
    for channel in range(len(u)):
        for k in range(planes.shape[1]):
            change = _change(planes[channel, k], amplitude[channel, k], *waves)
            changed[channel, k] += change[field.keep[-2:]].mul_(amounts['share'] / 100)
    return changed.reshape(out.shape)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Ask for the whole plane and for no other slice."""
    return (*(0,) * (len(shape) - 2), *shape[-2:])


def _change(plane: torch.Tensor, amplitude: torch.Tensor, down: torch.Tensor, across: torch.Tensor) -> torch.Tensor:
    """What the swap of amplitudes adds to a plane.

    It has few frequencies, so two thin matrix products are quicker than a transform; a plane is always whole, so they
    give the same bits for every block.
    """
    low = down @ plane.to(down.dtype) @ across.mT
    size = low.abs()
    swapped = low * ((amplitude - size) / size.clamp(min=1e-30))
    # Rounding alone makes an amplitude: what has none has no phase either, and stays.
    swapped *= size > 1e-6 * size.max()
    swapped[:, 1:] *= 2  # with the other half of the frequencies, whose terms are conjugate
    change: torch.Tensor = (down.mH @ (swapped @ across.conj())).real / plane.numel()
    return change


def _waves(plane: Shape, b: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Fourier matrices (2 b + 1, rows) of frequencies 0 to b and -b to -1, and (b + 1, columns) of 0 to b."""
    lines = zip((np.r_[0 : b + 1, -b:0], np.arange(b + 1)), plane, strict=True)
    down, across = (np.exp(-2j * np.pi * (np.outer(k, np.arange(n)) % n) / n).astype(np.complex64) for k, n in lines)
    return down, across


def _amplitudes(target: NDArray[np.float32], slices: int, b: int, pixels: int) -> NDArray[np.float32]:
    """Amplitudes of frequencies 0 to b, then -b to -1, by 0 to b, for each of our slices."""
    planes = target.reshape(-1, *target.shape[-2:])
    share = np.arange(slices) / (slices - 1) if slices > 1 else np.array([0.5])
    which = np.rint(share * (len(planes) - 1)).astype(int)
    found = {k: _low(planes[k], b) * np.float32(pixels / planes[k].size) for k in np.unique(which).tolist()}
    return np.stack([found[k] for k in which.tolist()]).astype(np.float32)


def _low(plane: NDArray[np.float32], b: int) -> NDArray[np.float64]:
    """Amplitude of the lowest frequencies of a plane; those beyond what it can hold are 0."""
    down, across = _waves(plane.shape, b)
    found: NDArray[np.float64] = np.abs(down @ plane.astype(np.float64) @ across.T)
    rows, columns = plane.shape
    found[2 * np.abs(np.r_[0 : b + 1, -b:0]) > rows] = 0
    found[:, 2 * np.arange(b + 1) > columns] = 0
    return found


def _radius(share: float, shape: Shape) -> int:
    """Largest frequency that is swapped, in cycles per image."""
    short = min(shape[-2:])
    return min(int(share / 100 * short), (short - 1) // 2)


SPEC = PerturbationSpec(
    name='fourier_style',
    title='fourier style',
    group='style',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter('share', 'of the way', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to a full swap'),
        Parameter('radius', 'up to', '% of the shorter side', (1,) * 6, 0, 50, 'FDA: beta = 0.01 (0.01 to 0.09)'),
    ),
    summary='Gives every slice the low-frequency amplitudes of another loaded image and keeps its phases.',
    model="F(u')(k) = ((1 - a) |F(u)(k)| + a |F(t)(k)|) exp(i arg F(u)(k)) for |k_y|, |k_x| <= b",
    source='Yang & Soatto, CVPR 2020 (FDA)',
    apply=apply,
    measure=measure,
    halo=halo,
    needs=('target',),
    modalities=('MR', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
    caution='Slice by slice, on the last two axes. The mean of a slice becomes that of the target, each on its range.',
)
