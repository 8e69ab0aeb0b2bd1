"""CT dose noise: the grain of filtered back-projection, from too few X-rays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Where the reconstruction kernel ends, in cycles per mm: that of a standard body kernel.
CUTOFF = 0.8


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Noise of variance 1 with the spectrum of filtered back-projection; slices are independent."""
    from scipy import fft

    noise = rng.standard_normal(shape, dtype=np.float32)
    response = np.sqrt(noise_power(shape[-2:], tuple(round(step, 6) for step in spacing[-2:])))
    strength = np.sqrt(_mean_square(response, shape[-1]))
    response = (response / strength if strength > 0 else response).astype(np.float32)
    for plane in noise.reshape(-1, *shape[-2:]):
        plane[...] = fft.irfft2(fft.rfft2(plane) * response, s=plane.shape)
    return {'noise': noise}


def noise_power(shape: Shape, spacing: Spacing) -> NDArray[np.float64]:
    """Noise power spectrum (H, W // 2 + 1) of one plane, up to a factor: f H(f)^2, H a Hann window up to `CUTOFF`.

    The ramp filter and the kernel make the power of a projection f^2 H^2; back-projection spreads it over a circle
    of length 2 pi f.
    """
    rows, columns = np.fft.fftfreq(shape[0], spacing[0]), np.fft.rfftfreq(shape[1], spacing[1])
    frequency = np.hypot(rows[:, None], columns)
    window = np.cos(np.pi / 2 * np.minimum(frequency / CUTOFF, 1)) ** 2
    return np.asarray(frequency * window**2)


def _mean_square(half: NDArray[np.float64], width: int) -> float:
    """Mean square over the whole plane of frequencies, of which a real transform keeps one half."""
    weight = np.full(half.shape[1], 2.0)
    weight[0] = 1
    if width % 2 == 0:
        weight[-1] = 1
    return float((half**2 @ weight).sum() / (len(half) * width))


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the noise, given in HU."""
    lo, hi = field.intensity_range
    return u.add_(field.crop('noise') * (amounts['sigma'] / (hi - lo)))


SPEC = PerturbationSpec(
    name='ct_dose_noise',
    title='CT dose noise',
    group='noise',
    kind='continuous',
    stage='noise',
    response='linear',
    parameters=(
        Parameter(
            'sigma',
            'added noise',
            'HU',
            (0, 10, 17, 30, 44, 70),
            0,
            1000,
            'chosen: 10 HU sqrt(1 / d - 1), what a scan of 10 HU gains at 50, 25, 10, 5 and 2 % of its dose',
        ),
    ),
    summary='Adds the mottled, streaky grain of a CT scan at a lower dose, slice by slice.',
    model="x' = x + sigma n, power spectrum of n: f cos^4(pi f / 2 fc), fc = 0.8 per mm, in the plane",
    source='Riederer, Pelc & Chesler, Phys Med Biol 23:446 (1978); Kijewski & Judy, Phys Med Biol 32:565 (1987)',
    apply=apply,
    draw=draw,
    expects='HU',
    modalities=('CT',),
    caution='Stationary: in a scanner noise is stronger in the middle of the body and along wide bones.',
)
