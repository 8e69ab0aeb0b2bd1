"""Non-central chi noise: what Gaussian noise in every coil makes of a sum-of-squares MR magnitude image."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Normal scores beyond which the length of the noise across the signal stays what it is there.
_END = 5.5


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Two standard normal numbers per voxel: noise along the signal, and the score of the noise across it."""
    return {name: rng.standard_normal(shape, dtype=np.float32) for name in ('along', 'across')}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Take the length of the noisy signal of all coils, 2 L real numbers; values below lo are carried along.

    The signal points in one direction of these 2 L, so one number is the noise along it, and the other 2 L - 1
    matter by their length alone, which is chi distributed.
    """
    coils = round(amounts['coils'])
    below = u.clamp(max=0.0)
    score = field.crop('across').clamp(-_END, _END)
    across = score * _chi(2 * coils - 1)[-1]
    for coefficient in _chi(2 * coils - 1)[-2:0:-1]:
        across.add_(coefficient).mul_(score)
    across.add_(_chi(2 * coils - 1)[0]).mul_(amounts['sigma'])
    signal = u.clamp_(min=0.0).add_(field.crop('along') * amounts['sigma'])
    return signal.square_().add_(across.square_()).sqrt_().add_(below)


@lru_cache(maxsize=8)
def _chi(freedom: int) -> tuple[float, ...]:
    """Polynomial from a normal score to the chi distributed number of the same rank, to 0.001."""
    from scipy.special import log_ndtr
    from scipy.stats import chi

    nodes = np.polynomial.chebyshev.chebpts1(200) * _END
    # either tail by its own probability, which is never rounded to 1
    values = np.where(nodes < 0, chi.ppf(np.exp(log_ndtr(nodes)), freedom), chi.isf(np.exp(log_ndtr(-nodes)), freedom))
    fitted = np.polynomial.Chebyshev.fit(nodes, values, 7, domain=[-_END, _END])
    return tuple(fitted.convert(kind=np.polynomial.Polynomial).coef.tolist())


SPEC = PerturbationSpec(
    name='non_central_chi',
    title='non-central chi noise',
    group='noise',
    kind='continuous',
    stage='noise',
    response='nonlinear',
    parameters=(
        Parameter(
            'sigma',
            'sigma per coil',
            RANGE,
            (0, 0.02, 0.04, 0.06, 0.08, 0.1),
            0,
            10,
            'chosen: with 8 coils, air then lies at sigma sqrt(16), 8 to 40 % of the range',
        ),
        Parameter('coils', 'coils', '', (8, 8, 8, 8, 8, 8), 2, 128, 'chosen: a small head coil; 1 is Rician'),
    ),
    summary='Noise of MR images from several coils: a veil over all dark parts, the denser the more coils.',
    model="u' = sqrt(sum over L coils of |u_l + sigma (z + i z')|^2), sum |u_l|^2 = u^2, for u > 0",
    source='Constantinides, Atalar & McVeigh, Magn Reson Med 38:852 (1997); Aja-Fernandez & Vegas-Sanchez-Ferrero 2016',
    apply=apply,
    draw=draw,
    expects='magnitude',
    modalities=('MR',),
)
