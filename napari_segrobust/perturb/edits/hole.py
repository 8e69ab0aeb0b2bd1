"""Cut a hole into the mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.edits._piece import EQUAL
from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span

if TYPE_CHECKING:
    from napari_segrobust.perturb.edits._piece import Piece


def _hole(piece: Piece, edit: MaskEdit) -> Piece:
    place = edit.place or piece.deepest()
    return piece.with_mask(piece.mask & (piece.distance_from(place) > edit.amount * (1 + EQUAL)))


EDIT = EditSpec(
    name='hole',
    title='Hole',
    summary='Removes a ball around a place; at the deepest voxel of the mask by default.',
    unit='mm',
    amount=Span('Radius', 3.0, 0.0, 20.0),
    apply=_hole,
    place=True,
)
