"""Histogram match: the grey values of another scanner or clinic, every structure kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import on_scale
from napari_segrobust.perturb.families.style._target import target_channels
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock

#: Values of the clean image at which the curve is kept; images of more different values have it at so many quantiles.
_KNOTS = 4096


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """For each channel the curve that leads from the clean image's quantiles to the target's: (C, knots) both."""
    curves = [
        _curve(on_scale(clean, record, channel), target)
        for channel, target in enumerate(target_channels(clean, record))
    ]
    knots = max(len(values) for values, _ in curves)
    padded = [[np.pad(line, (0, knots - len(line)), mode='edge') for line in curve] for curve in curves]
    return {name: np.stack([curve[i] for curve in padded]) for i, name in enumerate(('values', 'matched'))}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Move along the curve; beyond its ends it goes on with slope 1."""
    share = amounts['share'] / 100
    for channel, values, matched in zip(u, field.facts['values'], field.facts['matched'], strict=True):
        channel += _moved(channel, values, matched).sub_(channel).mul_(share)
    return u


def _curve(source: NDArray[np.float32], target: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Values of the source, rising, and the target's values at the same share of voxels."""
    values, counts = np.unique(source, return_counts=True)
    upto = np.cumsum(counts)
    if len(values) > _KNOTS:  # evenly spread over the voxels, first and last included
        kept = np.unique(np.searchsorted(upto, np.linspace(1, source.size, _KNOTS)))
        kept = np.unique(np.concatenate([[0], kept]))
        values, upto = values[kept], upto[kept]
    others, other_counts = np.unique(target, return_counts=True)
    matched = np.interp(upto / source.size, np.cumsum(other_counts) / target.size, others)
    return values, matched.astype(np.float32)


def _moved(u: torch.Tensor, values: torch.Tensor, matched: torch.Tensor) -> torch.Tensor:
    """Linear between the knots."""
    import torch

    step = values.diff()
    slope = torch.where(step > 0, matched.diff() / step, 0)
    slope = torch.cat([slope.new_ones(1), slope, slope.new_ones(1)])
    after = torch.searchsorted(values, u, right=True)
    at = (after - 1).clamp_(min=0)
    return matched[at] + (u - values[at]) * slope[after]


SPEC = PerturbationSpec(
    name='histogram_match',
    title='histogram match',
    group='style',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter('share', 'of the way', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to a full match'),
    ),
    summary='Gives the image the grey-value histogram of another loaded image, in the units of that image.',
    model="u' = u + a (G^-1(F(u)) - u), F and G the cumulative histograms of the clean image and of the target",
    source='Gonzalez & Woods, Digital Image Processing, 3.3; as scikit-image match_histograms',
    apply=apply,
    measure=measure,
    needs=('target',),
    modalities=('MR', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
    caution='It moves grey values alone, so it also takes over how much air or bone the target shows.',
)
