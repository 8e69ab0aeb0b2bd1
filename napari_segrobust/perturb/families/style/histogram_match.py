"""Histogram match: the grey values of another scanner or clinic, every structure kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import on_scale
from napari_segrobust.perturb.families.style._target import target_channels
from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock

#: Cells that the clean image's values are told apart by; those of 8 to 16 bit have one each.
_CELLS = 2**16


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """For each channel the curve from the clean image's quantiles to the target's, and how to find the place on it."""
    curves = [
        _curve(on_scale(clean, record, channel), target, amounts['floor'])
        for channel, target in enumerate(target_channels(clean, record))
    ]
    knots = max(len(curve['values']) for curve in curves)
    return {
        name: np.stack([line if name in ('last', 'grid') else _padded(line, knots) for line in lines])
        for name, lines in ((name, [curve[name] for curve in curves]) for name in curves[0])
    }


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Move along the curve; beyond its ends it goes on with slope 1."""
    share = amounts['share'] / 100
    for k, channel in enumerate(u):
        channel += _moved(channel, {name: fact[k] for name, fact in field.facts.items()}).sub_(channel).mul_(share)
    return u


def _curve(source: NDArray[np.float32], target: NDArray[np.float32], floor: float) -> dict[str, NDArray[Any]]:
    """Knots of a curve that rises: of the values of each cell the largest, and where it leads.

    Values up to `floor` stay and are not counted.
    """
    values, upto = _cumulated(source, floor)
    others, other_upto = _cumulated(target, floor)
    matched = np.interp(upto, other_upto, others) if upto[-1] > 0 and other_upto[-1] > 0 else values
    matched = np.where(values > floor, matched, values).astype(np.float32)
    first, wide = values[0], np.float32(_CELLS / max(values[-1] - values[0], 1e-30))
    cell = np.minimum((values - first) * wide, np.float32(_CELLS)).astype(np.int64)
    kept = np.append(np.diff(cell) > 0, True)
    values, matched, cell = values[kept], matched[kept], cell[kept]
    slope = np.diff(matched) / np.diff(values)
    return {
        'values': values,
        'matched': matched,
        'slope': np.append(slope, np.float32(1)),
        'last': (np.searchsorted(cell, np.arange(_CELLS + 1), side='right') - 1).clip(0).astype(np.int32),
        'grid': np.array([first, wide]),
    }


def _cumulated(values: NDArray[np.float32], floor: float) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Different values, rising, and for each the share of all voxels above the floor that it is not below."""
    different, counts = np.unique(values, return_counts=True)
    upto = np.cumsum(np.where(different > floor, counts, 0), dtype=np.float64)
    return different, upto / max(upto[-1], 1)


def _padded(line: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Repeat the end, which is never looked up."""
    return np.pad(line, (0, length - len(line)), mode='edge')


def _moved(u: torch.Tensor, curve: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Linear between the knots.

    The cell of a value names the last knot that can be below it, or the one before: a search among the knots would
    take ten times as long.
    """
    first, wide = curve['grid'].tolist()
    flat = u.reshape(-1)
    at = curve['last'].take(((flat - first) * wide).clamp_(0, _CELLS).long())
    at = (at - (flat < curve['values'].index_select(0, at)).int()).clamp_(min=0)
    value, matched, slope = (curve[name].index_select(0, at) for name in ('values', 'matched', 'slope'))
    beyond = flat - value
    return (matched + beyond * slope.where(beyond >= 0, 1)).reshape(u.shape)


SPEC = PerturbationSpec(
    name='histogram_match',
    title='histogram match',
    group='style',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter('share', 'of the way', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to a full match'),
        Parameter('floor', 'counts above', RANGE, (0.05,) * 6, -100, 1, 'chosen: air, however much of it, stays air'),
    ),
    summary='Gives the image the grey-value histogram of another loaded image, each on its own range.',
    model="u' = u + a (G^-1(F(u)) - u), F and G the cumulative histograms of the clean image and of the target",
    source='Gonzalez & Woods, Digital Image Processing, 3.3; as scikit-image match_histograms',
    apply=apply,
    measure=measure,
    needs=('target',),
    modalities=('MR', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
    caution='It takes over how much bright and dark tissue the target shows: use one of the same part of the body.',
)
