"""Memory that is used again: fresh memory costs as much as a simple change of the voxels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def room(shape: tuple[int, ...], like: torch.Tensor, spare: torch.Tensor | None) -> torch.Tensor:
    """Memory for a tensor of a shape: the beginning of the spare one where that is large enough, else fresh."""
    count = math.prod(shape)
    if spare is None or not spare.is_contiguous() or spare.numel() < count:
        return like.new_empty(shape)
    return spare.view(-1)[:count].view(shape)
