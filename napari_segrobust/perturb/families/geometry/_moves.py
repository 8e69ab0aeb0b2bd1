"""Moves by whole voxels: axes that change places or direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def reordered(field: FieldBlock, axes: Sequence[int], mirrored: Sequence[bool]) -> torch.Tensor:
    """Coordinates of a re-ordering of axes about the centre of the case, in whole voxels.

    Parameters
    ----------
    field : FieldBlock
    axes : sequence of int
        Position along axis ``axes[i]`` of the result says where along axis ``i`` of the case its value comes from.
    mirrored : sequence of bool
        Whether that runs backwards.

    Returns
    -------
    tensor (ndim, *wanted)
        Whole numbers, so that every value is copied and none interpolated. Two axes whose lengths differ by an odd
        number have no common middle: the place is then half a voxel off it.
    """
    import torch

    lines = []
    for axis, (source, back) in enumerate(zip(axes, mirrored, strict=True)):
        size, length, part = field.shape[axis], field.shape[source], field.wanted[source]
        places = torch.arange(part.start, part.stop, dtype=torch.float32)
        places = length - 1 - places if back else places
        places += (size - length) // 2
        view = [1] * len(field.shape)
        view[source] = -1
        lines.append(places.view(view).expand([s.stop - s.start for s in field.wanted]))
    return torch.stack(lines)
