"""Drop whole objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span

if TYPE_CHECKING:
    from napari_segrobust.perturb.edits._piece import Piece


def _drop(piece: Piece, edit: MaskEdit) -> Piece:
    from scipy.ndimage import label

    if piece.empty:
        return piece
    objects, number = label(piece.mask, np.ones((3,) * piece.mask.ndim))
    if edit.place is None:
        cost = np.bincount(objects.ravel())[1:]
    else:
        distance = piece.distance_from(edit.place)
        cost = np.array([distance[objects == i].min() for i in range(1, number + 1)])
    dropped = 1 + np.argsort(cost, kind='stable')[: round(edit.amount)]
    return piece.with_mask(piece.mask & ~np.isin(objects, dropped))


EDIT = EditSpec(
    name='drop_objects',
    title='Drop objects',
    summary='Removes that many objects, the smallest first, or those nearest to a place (8 or 26 neighbours).',
    unit='objects',
    amount=Span('Objects', 1, 0, 20),
    apply=_drop,
    place=True,
)
