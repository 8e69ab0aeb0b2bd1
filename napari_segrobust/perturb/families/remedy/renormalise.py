"""Renormalise: brings the range of the perturbed image back to that of the clean one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families.remedy._remedy import EVERYWHERE, STRENGTH
from napari_segrobust.perturb.spec import PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock

ENDS = (1, 99)


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """p1 and p99 (C, 2) of every channel of the clean image, on the intensity scale."""
    lo, hi = clean.scale(record)
    ends = [_ends(np.where(np.isfinite(channel), channel, lo)) for channel in clean.image]
    return {'clean': (np.array(ends) - lo) / (hi - lo)}


def survey(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> dict[str, NDArray[Any]]:
    """p1 and p99 (C, 2) of every channel of the image as it is."""
    return {'found': np.array([_ends(channel) for channel in u.cpu().numpy()])}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Stretch each channel; one with p1 = p99 is only moved."""
    share = amounts['strength'] / 100
    ends = zip(field.facts['clean'].tolist(), field.facts['found'].tolist(), strict=True)
    for channel, ((low, high), (low_found, high_found)) in zip(u, ends, strict=True):
        gain = (high - low) / (high_found - low_found) if high_found > low_found else 1.0
        # u + w (g (u - q) + p - u) as one gain and one offset: two passes over the voxels
        channel.mul_(1 + share * (gain - 1)).add_(share * (low - gain * low_found))
    return u


def _ends(channel: NDArray[Any]) -> list[float]:
    return [float(value) for value in np.percentile(channel, ENDS)]


SPEC = PerturbationSpec(
    name='renormalise',
    title='renormalise',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(STRENGTH,),
    summary='A remedy: stretches intensities so that p1 and p99 are again those of the clean image.',
    model="u' = u + w ((u - q1) (p99 - p1) / (q99 - q1) + p1 - u), q of the image as it is, p of the clean one",
    source='Nyul & Udupa, Magn Reson Med 42:1072 (1999), with two landmarks',
    apply=apply,
    measure=measure,
    survey=survey,
    modalities=EVERYWHERE,
    caution='It knows p1 and p99 of the clean image, as a scanner with a known range would; alone it changes nothing.',
)
