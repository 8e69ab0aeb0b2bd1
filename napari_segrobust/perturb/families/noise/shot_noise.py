"""Shot noise: light and X-rays come in photons, and few of them are counted unevenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families._draws import normal
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Move every voxel to the Poisson count whose rank is that of its drawn number.

    The Cornish-Fisher quantile n + sqrt(n) z + (z^2 - 1) / 6, whose last term fades below a tenth of a photon: mean,
    variance and skewness are those of Poisson counts. Whole counts would jump while the dose slides.
    """
    one_photon = max(amounts['noise'] / 100, 1e-9) ** 2
    score = field.crop('normal')
    light = u.clamp(min=0.0)
    skew = score.square().sub_(1.0).mul_(one_photon / 6).mul_(light).div_(light + one_photon / 10)
    return u.add_(light.mul_(one_photon).sqrt_().mul_(score)).add_(skew)


SPEC = PerturbationSpec(
    name='shot_noise',
    title='shot noise',
    group='noise',
    kind='continuous',
    stage='noise',
    response='nonlinear',
    parameters=(
        Parameter(
            'noise',
            'noise at hi, 100 / sqrt(photons)',
            '%',
            (0, 12.910, 20, 28.868, 44.721, 57.735),
            0,
            200,
            'ImageNet-C, shot_noise: 60, 25, 12, 5 and 3 photons at hi; MedMNIST-C has 200 to 15 (7.1 to 25.8 %) on CT',
        ),
    ),
    summary='Counts few photons per voxel: noise that grows with the square root of the signal.',
    model="u' = P(n u) / n, n photons at hi, P the Poisson count of a fixed rank, smoothed between whole counts",
    source='Hendrycks & Dietterich, ICLR 2019 (ImageNet-C); Cornish & Fisher, Rev Int Stat Inst 5:307 (1938)',
    apply=apply,
    draw=normal,
    expects='magnitude',
    modalities=('X-ray', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
)
