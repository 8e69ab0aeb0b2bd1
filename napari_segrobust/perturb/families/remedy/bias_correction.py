"""Bias correction: N4 finds the smooth gain of the perturbed image and divides by it."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families.remedy._remedy import STRENGTH, wanted
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock

#: Voxels along the longest axis of the grid that the gain is found on: it is smooth.
GRID = 40


def survey(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> dict[str, NDArray[Any]]:
    """Log gain of each channel on a coarse grid, from means over cubes of about equal length in mm."""
    length = max(n * step for n, step in zip(field.shape, field.spacing, strict=True)) / GRID
    factors = tuple(
        max(1, min(ceil(n / 4), int(length / step + 0.5))) for n, step in zip(field.shape, field.spacing, strict=True)
    )
    gains = np.stack([_measured(channel, factors, amounts) for channel in u.cpu().numpy()])
    return {'log_gain': gains, 'factors': np.array(factors)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Divide by the gain to the power of the strength."""
    gain = field.facts['log_gain']
    for axis, factor in enumerate(field.facts['factors'].tolist()):
        gain = _stretched(gain, axis + 1, factor, field.shape[axis], field.wanted[axis])
    return wanted(u, field.keep) * gain.mul_(-amounts['strength'] / 100).exp_()


def _measured(channel: NDArray[np.float32], factors: tuple[int, ...], amounts: Mapping[str, float]) -> NDArray[Any]:
    from skimage.filters import threshold_otsu

    from napari_segrobust.perturb.families.remedy._n4 import log_gain

    coarse = channel.astype(np.float64)
    for axis, factor in enumerate(factors):
        coarse = np.add.reduceat(coarse, np.arange(0, coarse.shape[axis], factor), axis=axis)
    counts = np.ones(())
    for size, factor in zip(channel.shape, factors, strict=True):
        counts = np.multiply.outer(counts, np.diff(np.append(np.arange(0, size, factor), size)))
    coarse = coarse / counts
    level = threshold_otsu(coarse.reshape(1, -1)) if np.ptp(coarse) > 0 else 0.0
    return log_gain(coarse, (coarse > level) & (coarse > 0), amounts['fwhm']).astype(np.float32)


def _stretched(gain: torch.Tensor, axis: int, factor: int, size: int, part: slice[int, int, None]) -> torch.Tensor:
    """Interpolate linearly along an axis, from the middles of the cubes onto some voxels; level beyond the last."""
    import torch

    count = gain.shape[axis]
    edges = np.append(np.arange(0, size, factor), size)
    middles = (edges[:-1] + edges[1:] - 1) / 2
    place = np.interp(np.arange(part.start, part.stop), middles, np.arange(count))
    low = np.minimum(place.astype(int), max(count - 2, 0))
    share = torch.from_numpy((place - low).astype(np.float32)).to(gain.device)
    share = share.reshape(-1, *(1,) * (gain.ndim - axis - 1))
    index = torch.from_numpy(low).to(gain.device)
    below, above = (gain.index_select(axis, (index + step).clamp_(max=count - 1)) for step in (0, 1))
    return (above - below).mul_(share).add_(below)


SPEC = PerturbationSpec(
    name='bias_correction',
    title='bias correction (N4)',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='log',
    parameters=(
        STRENGTH,
        Parameter('fwhm', 'width of the gain', '', (0.15,) * 6, 0.01, 1, 'Tustison et al. 2010, in log intensity'),
    ),
    summary='A remedy: finds the smooth gain of the image as it is, and divides by it.',
    model="u' = u exp(-w g(r)), g = N4's log gain on 40 voxels along the longest axis, w = strength",
    source='Tustison et al., IEEE TMI 29:1310 (2010)',
    apply=apply,
    survey=survey,
    expects='magnitude',
    modalities=('MR', 'EM', 'histology', 'fundus'),
    caution='It looks at the whole image, and anew after every change of what acts before it.',
)
