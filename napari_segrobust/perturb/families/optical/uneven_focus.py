"""Uneven focus: a tilted or wavy specimen that leaves the focal plane."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.optical._plane import Plane, whole_plane
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Blurs between none and the strongest that are mixed; the blur of a pixel lies between two of them.
_BLURS = 4


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Where the tilted specimen crosses the focal plane, as shares (H, W) of the blurs ``blur_1``, ``blur_2``, ...

    Blur grows evenly with the distance from that line and is 1 in the farthest corner. Between two of the blurs it is
    the variance that is mixed evenly, as a wider Gaussian is a sum of narrow ones.
    """
    plane = Plane.of(shape, spacing)
    y, x = plane.lines
    angle = rng.uniform(0, 2 * np.pi)
    row, column = plane.pixel(rng)
    away = np.abs(np.sin(angle) * (y - y[row]) + np.cos(angle) * (x - x[:, column]))
    variance = (away / max(float(away.max()), 1e-12)) ** 2
    levels = (np.arange(_BLURS + 1) / _BLURS) ** 2
    shares = [np.interp(variance, levels, row) for row in np.eye(_BLURS + 1)]
    return {f'blur_{k}': share.astype(np.float32) for k, share in enumerate(shares) if k}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Blur every slice as a whole, more and more, and mix what comes out by the shares of each pixel."""
    import torch

    wanted, keep = field.wanted[-2:], field.keep[-2:]
    shares = [field.arrays[f'blur_{k}'][0][wanted] for k in range(1, _BLURS + 1)]
    sigmas = [amounts['sigma'] / step for step in field.spacing[-2:]]
    blur = _Blurs(u, sigmas)
    out = u[(slice(None), *field.keep)].clone(memory_format=torch.contiguous_format)
    for plane, result in zip(u.reshape(-1, *u.shape[-2:]), out.view(-1, *out.shape[-2:]), strict=True):
        for share, blurred in zip(shares, blur(plane), strict=True):
            result += (blurred[keep] - plane[keep]).mul_(share)
    return out


class _Blurs:
    """Gaussians of a part of sigma, two parts, ..., in Fourier space, with the border of the image repeated."""

    def __init__(self, u: torch.Tensor, sigmas: list[float]) -> None:
        import torch
        from scipy.fft import next_fast_len

        margins = [ceil(4 * sigma) for sigma in sigmas]
        self._shape = [next_fast_len(n + 2 * m, real=True) for n, m in zip(u.shape[-2:], margins, strict=True)]
        self._middle = tuple(slice(m, m + n) for n, m in zip(u.shape[-2:], margins, strict=True))
        self._source = [
            torch.from_numpy(np.clip(np.arange(length) - margin, 0, size - 1)).to(u.device)
            for length, margin, size in zip(self._shape, margins, u.shape[-2:], strict=True)
        ]
        rows, columns = np.fft.fftfreq(self._shape[0]), np.fft.rfftfreq(self._shape[1])
        exponent = -2 * np.pi**2 * ((rows * sigmas[0])[:, None] ** 2 + (columns * sigmas[1]) ** 2)
        self._gains = [
            torch.from_numpy(np.exp(exponent * (k / _BLURS) ** 2).astype(np.float32)).to(u.device)
            for k in range(1, _BLURS + 1)
        ]

    def __call__(self, plane: torch.Tensor) -> Iterator[torch.Tensor]:
        """Blurred versions of a slice (H, W)."""
        import torch

        spectrum = torch.fft.rfft2(plane.index_select(0, self._source[0]).index_select(1, self._source[1]))
        for gain in self._gains:
            yield torch.fft.irfft2(spectrum * gain, s=self._shape)[self._middle]


SPEC = PerturbationSpec(
    name='uneven_focus',
    title='uneven focus',
    group='optical',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(
        Parameter(
            'sigma',
            'sigma of the strongest blur',
            'mm',
            (0, 1, 2, 3.5, 5.5, 8),
            0,
            100,
            'chosen: ImageNet-C, gaussian_blur (1 to 6 pixels) is passed in the farthest corner alone',
        ),
    ),
    summary='Sharp along a line that the seed chooses, and blurred away from it; the same in every slice.',
    model="u'(r) = (u * N(0, (sigma |n.(r - r0)| / L)^2))(r), in the plane, L the distance of the farthest corner",
    source='defocus grows with the distance from the focal plane; tilted slides: Janowczyk et al. 2019 (HistoQC)',
    apply=apply,
    homogeneous=True,
    draw=draw,
    halo=whole_plane,
    per_channel=False,
    modalities=('histology', 'endoscopy', 'fundus', 'EM', 'photograph'),
)
