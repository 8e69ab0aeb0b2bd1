"""Bias field: uneven sensitivity of MR coils, a smooth gain over the whole image."""

from __future__ import annotations

from math import atanh
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

ORDER = 3


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Coefficients of a cubic polynomial on -1 to 1, of mean 0 and span 1 over the case.

    Coefficients shrink with their degree: coils fall off smoothly, and high powers would act in the corners alone.
    """
    degree = np.indices((ORDER + 1,) * len(shape)).sum(axis=0)
    coefficients = rng.uniform(-1, 1, degree.shape) / np.maximum(degree, 1) ** 2
    coefficients[degree > ORDER] = 0
    values = coefficients
    for size in shape:  # a coarse grid with the corners shows mean and span to about 1 %
        line = _coordinates(size)[np.linspace(0, size - 1, min(size, 17)).astype(int)]
        values = np.tensordot(values, np.vander(line, ORDER + 1, increasing=True), axes=(0, 1))
    coefficients.flat[0] -= values.mean()
    span = float(np.ptp(values))
    return {'coefficients': (coefficients / span if span > 0 else 0 * coefficients).astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Multiply by the exponential of the polynomial."""
    import torch

    lines = [
        torch.from_numpy(_coordinates(size)[part].astype(np.float32)).to(u.device)
        for size, part in zip(field.shape, field.block, strict=True)
    ]
    log_range = 2 * atanh(amounts['peak_to_peak'] / 200)
    return u.mul_(_polynomial(field.arrays['coefficients'] * log_range, lines).exp_())


def _coordinates(size: int) -> NDArray[np.float64]:
    return np.linspace(-1, 1, size) if size > 1 else np.zeros(1)


def _polynomial(coefficients: torch.Tensor, lines: Sequence[torch.Tensor]) -> torch.Tensor:
    """Evaluate (C, n, ..., n) coefficients on a grid, one axis after the other, each by Horner's rule.

    Additions and multiplications voxel by voxel give the same bits for every block; a matrix product need not.
    """
    for axis, line in enumerate(lines, start=1):
        position = line.reshape(-1, *(1,) * (len(lines) - axis))
        terms = [term.unsqueeze(axis) for term in coefficients.unbind(axis)]
        coefficients = terms[-1] * position
        for term in terms[-2:0:-1]:
            coefficients.add_(term).mul_(position)
        coefficients.add_(terms[0])
    return coefficients


SPEC = PerturbationSpec(
    name='bias_field',
    title='bias field',
    group='mr',
    kind='continuous',
    stage='contrast',
    response='log',
    parameters=(
        Parameter(
            'peak_to_peak',
            'peak to peak',
            '%',
            (0, 20, 40, 60, 80, 100),
            0,
            190,
            'BrainWeb simulates 20 and 40 % non-uniformity (gains 0.9 to 1.1 and 0.8 to 1.2); the rest goes on evenly',
            seen=(20, 40),
            seen_source='BrainWeb: fields estimated from real scans, offered at 20 and 40 %',
        ),
    ),
    summary='Brightens some parts of the image and darkens others, smoothly.',
    model="u' = u exp(b P(r)), P a cubic of mean 0 and span 1, exp(b) = (1 + a/2) / (1 - a/2), a = peak to peak",
    source='Collins et al., IEEE TMI 17:463 (1998) (BrainWeb); Van Leemput et al., IEEE TMI 18:885 (1999)',
    apply=apply,
    homogeneous=True,
    draw=draw,
    modalities=('MR',),
)
