"""Show the mask as a coarser grid would hold it."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.edits._piece import EQUAL
from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb.edits._piece import Piece


def _coarsen(piece: Piece, edit: MaskEdit) -> Piece:
    factor = 2.0**edit.amount
    share: NDArray[np.float64] = piece.mask.astype(np.float64)
    origin, back = [], []
    for length, start in zip(piece.mask.shape, piece.origin, strict=True):
        first, last = floor(start / factor), ceil((start + length) / factor)
        # Contracting axis 0 and appending the coarse one last walks through the axes in order.
        share = np.tensordot(share, _overlaps(np.arange(start, start + length), first, last, factor), ((0,), (1,)))
        # The fine voxels whose centres lie in these coarse ones.
        stop = ceil(last * factor - 0.5)
        origin.append(ceil(first * factor - 0.5))
        back.append(np.floor((np.arange(origin[-1], stop) + 0.5) / factor).astype(int) - first)
    return replace(piece, mask=(share >= 0.5 - EQUAL)[np.ix_(*back)], origin=tuple(origin))


def _overlaps(fine: NDArray[np.intp], first: int, last: int, factor: float) -> NDArray[np.float64]:
    """Share of each coarse voxel from `first` to `last` that each fine one fills, shape (coarse, fine)."""
    coarse = np.arange(first, last)[:, None] * factor
    return np.asarray(np.clip(np.minimum(coarse + factor, fine + 1) - np.maximum(coarse, fine), 0, None) / factor)


EDIT = EditSpec(
    name='coarsen',
    title='Coarsen the grid',
    summary='Shows the mask as a grid of larger voxels holds it: a voxel belongs to it when half of it does.',
    unit='doublings',
    amount=Span('Doublings of the voxel size', 1.0, 0.0, 4.0),
    apply=_coarsen,
)
