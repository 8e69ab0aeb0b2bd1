"""Ultrasound speckle: the interference of echoes from many small scatterers, as log compression shows it."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families._planes import plane_halo
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Standard deviation of 20 log10 of a Rayleigh distributed amplitude: fully developed speckle, 5.57 dB.
FULL = 10 / np.log(10) * pi / sqrt(6)
#: From this share of the range on, tissue shows all of its speckle; what is free of echoes shows none.
_ECHO_FREE = 0.1


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """White complex noise, of every plane: the spectrum of its scatterers."""
    return {name: rng.standard_normal(shape, dtype=np.float32) for name in ('real', 'imaginary')}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the decibels of the speckle, as far as there are echoes."""
    import torch

    real, imaginary = field.crop('real'), field.crop('imaginary')
    cell = _point_spread(field, amounts).to(u.device)
    planes = [
        _decibels(torch.complex(r, i).mul_(cell))[field.keep[-2:]]
        for r, i in zip(real.reshape(-1, *cell.shape), imaginary.reshape(-1, *cell.shape), strict=True)
    ]
    u = u[(slice(None), *field.keep)]
    pattern = torch.stack(planes).reshape(u.shape).mul_(amounts['strength'] / amounts['display'])
    return pattern.mul_((u / _ECHO_FREE).clamp_(0.0, 1.0)).add_(u)


def _point_spread(field: FieldBlock, amounts: Mapping[str, float]) -> torch.Tensor:
    """Transfer function (H, W) of the resolution cell, which makes white complex noise one of mean power 1."""
    import torch

    squares = [
        (np.fft.fftfreq(size, step) * amounts[name]) ** 2
        for size, step, name in zip(field.shape[-2:], field.spacing[-2:], ('axial', 'lateral'), strict=True)
    ]
    transfer = np.exp(-(pi**2) / 2 * (squares[0][:, None] + squares[1]))
    scale = transfer.size / np.sqrt(2 * np.sum(transfer**2))
    return torch.from_numpy((transfer * scale).astype(np.float32))


def _decibels(spectrum: torch.Tensor) -> torch.Tensor:
    """Logarithm of the envelope, of mean 0 and standard deviation 1."""
    import torch

    signal = torch.view_as_real(torch.fft.ifft2(spectrum))
    power = signal.square().sum(dim=-1).clamp_(min=1e-12)
    return power.log_().add_(float(np.euler_gamma)).mul_(sqrt(6) / pi)


SPEC = PerturbationSpec(
    name='ultrasound_speckle',
    title='ultrasound speckle',
    group='noise',
    kind='continuous',
    stage='noise',
    response='linear',
    parameters=(
        Parameter(
            'strength',
            'strength',
            'dB',
            (0, 1.4, 2.8, 4.2, 5.57, 8),
            0,
            30,
            'chosen: level 4 is fully developed speckle, 5.57 dB; 1 to 3 are what compounding leaves of it, 5 is '
            'speckle upon speckle',
        ),
        Parameter('display', 'dynamic range of the display', 'dB', (50,) * 6, 20, 120, 'chosen: usual are 40 to 70 dB'),
        Parameter('axial', 'correlation in depth', 'mm', (1,) * 6, 0, 100, 'chosen: abdominal probes of 3 to 5 MHz'),
        Parameter('lateral', 'correlation across', 'mm', (2,) * 6, 0, 100, 'chosen: abdominal probes of 3 to 5 MHz'),
    ),
    summary='Covers tissue with the grain of ultrasound, wider than deep; echo-free fluid stays black.',
    model="u' = u + min(u / 0.1, 1) a / DR s, s = 20 log10 |g| of mean 0 and sd 1, g complex normal, "
    'autocorrelation exp(-(y / axial)^2 - (x / lateral)^2)',
    source='Wagner et al., IEEE Trans Sonics Ultrason 30:156 (1983); Kaplan & Ma, J Acoust Soc Am 95:1396 (1994)',
    apply=apply,
    draw=draw,
    halo=plane_halo,
    expects='magnitude',
    modalities=('US',),
    caution='Depth runs along the rows, as from a linear probe at the top. Real scans hold speckle already.',
)
