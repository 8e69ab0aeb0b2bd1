"""Roughen the border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span
from napari_segrobust.perturb.smooth import SmoothField

if TYPE_CHECKING:
    from napari_segrobust.perturb.edits._piece import Piece

#: No border moves farther than this many amounts; a normal number beyond it is rare.
_REACH = 4.0


def _roughen(piece: Piece, edit: MaskEdit) -> Piece:
    if piece.empty:
        return piece
    extent = np.multiply(piece.shape, piece.spacing)
    bumps = [max(1, round(length)) for length in extent / EDIT.radius_of(edit)]
    field = SmoothField.draw(generator(EDIT.name, edit.seed), bumps)
    around = piece.widened(_REACH * edit.amount)
    height = field.at([np.ravel(axis) / length for axis, length in zip(around.axes(), extent, strict=True)])[0]
    # The border runs half a voxel outside the centres of the outermost voxels.
    half = min(piece.spacing) / 2
    signed = np.where(around.mask, half - around.depth(), around.distance() - half)
    return around.with_mask(signed < edit.amount * np.clip(height, -_REACH, _REACH))


EDIT = EditSpec(
    name='roughen',
    title='Roughen the border',
    summary='Moves the border in and out by a smooth random height; the amount is its standard deviation.',
    unit='mm',
    amount=Span('Height', 1.0, 0.0, 5.0),
    apply=_roughen,
    radius=Span('Width of a bump', 4.0, 1.0, 30.0),
    seed=True,
)
