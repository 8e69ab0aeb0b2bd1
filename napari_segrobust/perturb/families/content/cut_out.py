"""Cut-out: boxes from which the image is taken away, to see what a network makes of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import on_scale
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

_MOST = 16


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Centres of the boxes as shares of the axes, more of them than are used."""
    return {'centre': rng.random((_MOST, len(shape)), dtype=np.float32)}


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Mean of each channel on the intensity scale."""
    means = [on_scale(clean, record, channel).mean(dtype=np.float64) for channel in range(len(clean.image))]
    return {'mean': np.array(means, np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Replace what lies under the boxes; voxels at their edge by the share that is covered."""
    cover = None
    for centre in field.arrays['centre'][0, : round(amounts['boxes'])].tolist():
        box = _cover(centre, amounts['side'] / 100, field, u)
        cover = box if cover is None else cover.maximum(box)
    assert cover is not None  # there is one box at least
    for channel, mean in zip(u, field.facts['mean'].tolist(), strict=True):
        channel.add_((mean * amounts['fill'] - channel) * cover)
    return u


def _cover(centre: Sequence[float], side: float, field: FieldBlock, u: torch.Tensor) -> torch.Tensor:
    """Share of each voxel of the block that a box covers: the product of what it covers along every axis."""
    import torch

    cover = u.new_ones(())
    for axis, (s, share, size) in enumerate(zip(field.wanted, centre, field.shape, strict=True)):
        first = np.arange(s.start, s.stop)
        start, stop = size * (share - side / 2), size * (share + side / 2)
        line = np.clip(np.minimum(first + 1, stop) - np.maximum(first, start), 0, 1).astype(np.float32)
        cover = cover * torch.from_numpy(line).to(u.device).reshape(-1, *[1] * (len(centre) - axis - 1))
    return cover


SPEC = PerturbationSpec(
    name='cut_out',
    title='cut-out',
    group='content',
    kind='continuous',
    stage='content',
    response='nonlinear',
    parameters=(
        Parameter(
            'side',
            'side of the boxes',
            '% of each axis',
            (0, 10, 20, 30, 40, 50),
            0,
            100,
            'Cutout trains with one box of 25 % (CIFAR-100) or 50 % (CIFAR-10); level 5 reaches that',
        ),
        Parameter('boxes', 'boxes', '', (2,) * 6, 1, _MOST, 'chosen: two, so that a part of the object often remains'),
        Parameter('fill', 'fill, 0 = lo, 1 = mean', '', (1,) * 6, 0, 1, 'Cutout: the mean of the data'),
    ),
    summary='Replaces boxes of the image by its mean; they grow around centres that the seed chooses.',
    model="u' = u + c(r) (f mean(u) - u), c = share of the voxel under a box",
    source='DeVries & Taylor, arXiv:1708.04552 (2017) (Cutout)',
    apply=apply,
    draw=draw,
    measure=measure,
    per_channel=False,
    modalities=('MR', 'CT', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
    caution='A probe of what a network infers from the surroundings; no scanner does this.',
)
