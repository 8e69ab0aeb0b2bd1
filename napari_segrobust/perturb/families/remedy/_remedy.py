"""What remedies share: their strength, and neighbourhoods in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import Block, FieldBlock, Spacing

#: Where images are noisy and unevenly lit: everywhere.
EVERYWHERE = ('MR', 'CT', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph')

STRENGTH = Parameter(
    'strength',
    'strength',
    '%',
    (0, 20, 40, 60, 80, 100),
    0,
    100,
    'chosen: evenly from the untouched image to the remedy in full, so that its share can be dialled',
)


def blended(before: torch.Tensor, after: torch.Tensor, amounts: Mapping[str, float]) -> torch.Tensor:
    """Go from `before` towards `after`, which is overwritten, by the strength."""
    return after.sub_(before).mul_(amounts['strength'] / 100).add_(before)


def wanted(u: torch.Tensor, keep: Block) -> torch.Tensor:
    """Return the wanted part of what is given."""
    return u[(slice(None), *keep)]


def reach(length: float, spacing: Spacing, most: int) -> tuple[int, int]:
    """Voxels that a length in mm reaches along the last two axes: at least one along the finer of them.

    `most` bounds the work where voxels are very fine.
    """
    down, across = spacing[-2:]
    length = max(length, min(down, across))
    return min(int(length / down + 0.5), most), min(int(length / across + 0.5), most)


def in_plane(spacing: Spacing, reach: tuple[int, int]) -> tuple[int, ...]:
    """Halo of what looks at its neighbours in the plane of the last two axes alone."""
    return (*(0,) * (len(spacing) - 2), *reach)


def widened(u: torch.Tensor, field: FieldBlock, reach: tuple[int, int]) -> torch.Tensor:
    """Wanted part of every plane (n, rows, columns) with `reach` more on each side; edge voxels repeated.

    The repetition is that of the whole image: within it, what lies beyond the wanted part is read from the halo.
    """
    import torch

    u = u[(slice(None), *field.keep[:-2])]
    planes = u.reshape(-1, *u.shape[-2:])
    for axis, width in enumerate(reach):
        keep, start, size = field.keep[axis - 2], field.block[axis - 2].start, field.shape[axis - 2]
        index = torch.arange(keep.start - width, keep.stop + width, device=u.device) + start
        planes = planes.index_select(axis + 1, index.clamp_(0, size - 1) - start)
    return planes
