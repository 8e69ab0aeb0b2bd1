"""Cut-out: boxes from which the image is taken away, to see what a network makes of the rest."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from napari_segrobust.perturb.families._facts import on_scale
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Block, FieldBlock, Shape, Spacing

_MOST = 16


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Centres of the boxes as shares of the axes, more of them than are used."""
    return {'centre': rng.random((_MOST, len(shape)), dtype=np.float32)}


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Mean of each channel above lo."""
    lo, hi = clean.scale(record)
    means = [on_scale(clean, record, channel).mean(dtype=np.float64) for channel in range(len(clean.image))]
    return {'mean': np.array(means, np.float32) * np.float32(hi - lo)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Replace what lies under the boxes; voxels at their edge by the share that is covered."""
    import torch

    centres = field.arrays['centre'][0, : round(amounts['boxes'])].tolist()
    boxes = [box for centre in centres if (box := _Box.of(centre, amounts, field)) is not None]
    # What boxes cover is found before any of it is replaced: where they overlap, the larger share counts.
    before = [u[(slice(None), *box.part)].clone() for box in boxes] if len(boxes) > 1 else []
    fill = (field.facts['mean'] * amounts['fill']).to(u).reshape(-1, *[1] * len(field.shape))
    for box, values in zip(boxes, before or [u[(slice(None), *box.part)] for box in boxes], strict=True):
        cover = box.cover(box.part)
        for other in boxes:
            if other is not box and box.meets(other):
                cover = np.maximum(cover, other.cover(box.part))
        torch.lerp(values, fill, torch.from_numpy(cover).to(u.device), out=u[(slice(None), *box.part)])
    return u


class _Box(NamedTuple):
    """A box on a block: where it touches it, and the share of each of its voxels that is covered along every axis."""

    part: Block
    lines: list[NDArray[np.float32]]

    @classmethod
    def of(cls, centre: Sequence[float], amounts: Mapping[str, float], field: FieldBlock) -> Self | None:
        """Place a box by its centre, as shares of the axes; None where it does not touch the block."""
        half = amounts['side'] / 200
        part, lines = [], []
        for s, n, share in zip(field.wanted, field.shape, centre, strict=True):
            start, stop = n * (share - half), n * (share + half)
            low, high = max(s.start, floor(start)), min(s.stop, ceil(stop))
            if low >= high:
                return None
            # only the voxels at its ends are covered in part
            line = np.zeros(s.stop - s.start, np.float32)
            line[low - s.start : high - s.start] = 1
            for place in {floor(start), ceil(stop) - 1}:
                if s.start <= place < s.stop:
                    line[place - s.start] = min(place + 1, stop) - max(place, start)
            part.append(slice(low - s.start, high - s.start))
            lines.append(line)
        return cls(tuple(part), lines)

    def meets(self, other: _Box) -> bool:
        """Whether both touch a voxel."""
        return all(a.start < b.stop and b.start < a.stop for a, b in zip(self.part, other.part, strict=True))

    def cover(self, part: Block) -> NDArray[np.float32]:
        """Share of each voxel of a part of the block that the box covers."""
        cover = self.lines[0][part[0]]
        for line, s in zip(self.lines[1:], part[1:], strict=True):
            cover = cover[..., None] * line[s]
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
    homogeneous=True,
    draw=draw,
    measure=measure,
    per_channel=False,
    modalities=('MR', 'CT', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
    caution='A probe of what a network infers from the surroundings; no scanner does this.',
)
