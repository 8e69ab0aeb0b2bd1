"""CLAHE: histogram equalisation of every neighbourhood, with a bound on how much contrast may rise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.remedy._remedy import EVERYWHERE, STRENGTH, blended
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Tiles along either axis of the plane, of no fewer voxels than these, and grey values that are told apart.
TILES, LEAST, BINS = 8, 8, 256


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Equalise plane by plane."""
    import torch

    u = u[(slice(None), *field.keep[:-2])]
    planes = u.reshape(-1, *u.shape[-2:])
    after = torch.stack([_equalised(plane, amounts['clip'] / 100, field) for plane in planes])
    before = u[..., field.keep[-2], field.keep[-1]]
    return blended(before, after.reshape(before.shape), amounts)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Ask for the whole plane, whose tiles are counted, and for no other."""
    return (*(0,) * (len(shape) - 2), *shape[-2:])


def _equalised(plane: torch.Tensor, clip: float, field: FieldBlock) -> torch.Tensor:
    """Wanted part of one plane: each voxel's curve lies between those of the four nearest tiles.

    What lies outside 0 to 1 keeps its distance to it, so that nothing is saturated.
    """
    import torch

    counts = [max(1, min(TILES, size // LEAST)) for size in plane.shape]
    curves = _curves(plane, counts, clip).reshape(-1)
    plane = plane[field.keep[-2:]]
    inside = plane.clamp(0.0, 1.0)
    place = inside * BINS
    bins = place.long().clamp_(max=BINS - 1)
    place -= bins
    lines = []
    for part, size, count in zip(field.keep[-2:], field.shape[-2:], counts, strict=True):
        line = (
            torch.arange(part.start, part.stop, device=plane.device, dtype=torch.float64) + 0.5
        ) * count / size - 0.5
        line = line.clamp_(0, count - 1)
        low = line.long()
        lines.append((low, (low + 1).clamp_(max=count - 1), (line - low).float()))
    (top, bottom, down), (left, right, across) = lines
    rows = []
    for row in (top, bottom):
        ends = []
        for column in (left, right):
            index = (row[:, None] * counts[1] + column) * (BINS + 1) + bins
            low = curves[index]
            ends.append(curves[index + 1].sub_(low).mul_(place).add_(low))
        rows.append((ends[1] - ends[0]).mul_(across).add_(ends[0]))
    return (rows[1] - rows[0]).mul_(down[:, None]).add_(rows[0]).add_(plane - inside)


def _curves(plane: torch.Tensor, counts: list[int], clip: float) -> torch.Tensor:
    """Share of a tile's voxels below each edge of the bins (tiles, BINS + 1); what is clipped is spread evenly."""
    import torch

    row, column = (
        torch.arange(size, device=plane.device) * count // size for size, count in zip(plane.shape, counts, strict=True)
    )
    tile = row[:, None] * counts[1] + column
    bins = (plane.clamp(0.0, 1.0) * BINS).long().clamp_(max=BINS - 1)
    tiles = counts[0] * counts[1]
    histogram = (tile * BINS + bins).flatten().bincount(minlength=tiles * BINS).reshape(tiles, BINS).double()
    voxels = histogram.sum(dim=1, keepdim=True)
    bound = (clip * voxels).floor_().clamp_(min=1.0)
    clipped = histogram.minimum(bound)
    clipped += (voxels - clipped.sum(dim=1, keepdim=True)) / BINS
    shares = torch.zeros(tiles, BINS + 1, dtype=torch.float64, device=plane.device)
    torch.cumsum(clipped / voxels, dim=1, out=shares[:, 1:])
    return shares.float()


SPEC = PerturbationSpec(
    name='clahe',
    title='CLAHE',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(
        STRENGTH,
        Parameter('clip', 'clip limit', '%', (1,) * 6, 0.1, 100, 'scikit-image, equalize_adapthist: of a tile'),
    ),
    summary='A remedy: equalises the contrast of every neighbourhood of each plane, and bounds its gain.',
    model="u' = u + w (F_r(u) - u), F_r from 8 x 8 tiles of the plane, clipped histograms of 256 bins, w = strength",
    source='Zuiderveld, Graphics Gems IV, 474 (1994)',
    apply=apply,
    halo=halo,
    modalities=EVERYWHERE,
)
