"""Where the voxels of a block lie in mm, and which of them an object can touch."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from napari_segrobust.perturb.spec import Block, FieldBlock


def offsets(field: FieldBlock, part: Block, centre: Sequence[float], like: torch.Tensor) -> list[torch.Tensor]:
    """Distances in mm of the voxels of a part of the case from a centre, along each axis, shaped to broadcast.

    Parameters
    ----------
    part : tuple of slice
        In voxels of the case.
    centre : sequence of float
        In voxels of the case.
    like : tensor
        Whose device it shall be.
    """
    import torch

    lines = []
    for axis, (s, middle, step) in enumerate(zip(part, centre, field.spacing, strict=True)):
        line = ((np.arange(s.start, s.stop) - middle) * step).astype(np.float32)
        lines.append(torch.from_numpy(line).to(like.device).reshape(-1, *[1] * (len(part) - axis - 1)))
    return lines


def touched(field: FieldBlock, centre: Sequence[float], reach: Sequence[float]) -> Block | None:
    """Voxels of the wanted block that lie within `reach` mm of a centre along every axis; None if there are none."""
    part = []
    for s, middle, far, step in zip(field.wanted, centre, reach, field.spacing, strict=True):
        start, stop = max(s.start, floor(middle - far / step)), min(s.stop, ceil(middle + far / step) + 1)
        if start >= stop:
            return None
        part.append(slice(start, stop))
    return tuple(part)


def inside(field: FieldBlock, part: Block) -> tuple[slice, ...]:
    """The same part in voxels of the wanted block, with all channels."""
    here = (slice(p.start - w.start, p.stop - w.start) for p, w in zip(part, field.wanted, strict=True))
    return (slice(None), *here)
