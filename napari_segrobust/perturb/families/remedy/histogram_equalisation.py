"""Histogram equalisation: spreads intensities so that all are equally frequent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families.remedy._remedy import EVERYWHERE, STRENGTH, blended, wanted
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock


def survey(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> dict[str, NDArray[Any]]:
    """Middle of the first bin and width of a bin (C, 2), and the share of voxels up to each bin (C, bins)."""
    scales, shares = [], []
    for channel in u.cpu().numpy():
        counts, edges = np.histogram(channel, int(amounts['bins']), (float(channel.min()), float(channel.max())))
        scales.append((edges[0] + (edges[1] - edges[0]) / 2, edges[1] - edges[0]))
        shares.append(np.cumsum(counts) / channel.size)
    return {'scale': np.array(scales), 'share': np.array(shares, np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Replace each value by the share of voxels below it, interpolated between the middles of the bins."""
    import torch

    before = wanted(u, field.keep)
    after = torch.empty_like(before)
    facts = zip(field.facts['scale'].tolist(), field.facts['share'], strict=True)
    for out, channel, ((first, width), share) in zip(after, before, facts, strict=True):
        place = torch.sub(channel, first, out=out).div_(width).clamp_(0, len(share) - 1)
        low = place.long()
        below = share[low]
        rise = share[low.add_(1).clamp_(max=len(share) - 1)].sub_(below)
        out.frac_().mul_(rise).add_(below)
    return blended(before, after, amounts)


SPEC = PerturbationSpec(
    name='histogram_equalisation',
    title='histogram equalisation',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(STRENGTH, Parameter('bins', 'bins', '', (256,) * 6, 2, 65536, 'scikit-image, equalize_hist')),
    summary='A remedy: makes all intensities equally frequent over the whole image.',
    model="u' = u + w (F(u) - u), F the share of voxels below u, w = strength",
    source='Gonzalez & Woods, Digital Image Processing, section 3.3',
    apply=apply,
    survey=survey,
    modalities=EVERYWHERE,
    caution='Where most of the image is air, most of the grey scale goes to air.',
)
