"""Add objects where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.edits._piece import EQUAL
from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.perturb.edits._piece import Piece

#: Places that are tried for one object before the image counts as full.
_TRIES = 200


def _add(piece: Piece, edit: MaskEdit) -> Piece:
    rng, radius = generator(EDIT.name, edit.seed), EDIT.radius_of(edit)
    whole = piece.over_image()
    for number in range(round(edit.amount)):
        if number == 0 and edit.place is not None:
            ball: NDArray[np.bool_] | None = whole.distance_from(edit.place) <= radius * (1 + EQUAL)
        else:
            ball = _free_ball(whole, radius, rng)
        if ball is None:
            break
        whole = whole.with_mask(whole.mask | ball)
    return whole


def _free_ball(whole: Piece, radius: float, rng: np.random.Generator) -> NDArray[np.bool_] | None:
    """Draw a ball that lies in the image and touches nothing; None when there is no room."""
    extent = np.multiply(whole.shape, whole.spacing)
    margin = np.minimum(radius, extent / 2)
    for _ in range(_TRIES):
        distance = whole.distance_from(tuple(margin + rng.random(len(extent)) * (extent - 2 * margin)))
        # A voxel's diagonal of room: two objects never become one.
        if not whole.mask[distance <= radius + float(np.linalg.norm(whole.spacing))].any():
            return distance <= radius
    return None


EDIT = EditSpec(
    name='add_objects',
    title='Add objects',
    summary='Adds that many balls at random places that touch nothing; the first one at a place, where one is given.',
    unit='objects',
    amount=Span('Objects', 1, 0, 20),
    apply=_add,
    place=True,
    radius=Span('Radius', 2.0, 0.5, 10.0),
    seed=True,
)
