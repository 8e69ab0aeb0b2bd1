"""Shift the mask by whole voxels."""

from __future__ import annotations

from dataclasses import replace
from math import floor
from typing import TYPE_CHECKING

from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span

if TYPE_CHECKING:
    from napari_segrobust.perturb.edits._piece import Piece


def _shift(piece: Piece, edit: MaskEdit) -> Piece:
    offset = edit.offset or (*(0.0,) * (len(piece.shape) - 1), 1.0)
    steps = [floor(edit.amount * o / s + 0.5) for o, s in zip(offset, piece.spacing, strict=True)]
    return replace(piece, origin=tuple(o + step for o, step in zip(piece.origin, steps, strict=True)))


EDIT = EditSpec(
    name='shift',
    title='Shift',
    summary='Moves the mask by amount x offset, to the nearest whole voxel; along the last axis by default.',
    unit='times',
    amount=Span('Amount', 1.0, 0.0, 20.0),
    apply=_shift,
    offset=True,
)
