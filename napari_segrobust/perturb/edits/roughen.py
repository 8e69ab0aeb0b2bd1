"""Roughen the border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.edits._spec import EditSpec, MaskEdit, Span
from napari_segrobust.perturb.smooth import SmoothField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.perturb.edits._piece import Piece

#: No border moves farther than this many amounts; a normal number beyond it is rare.
REACH = 4.0


def _roughen(piece: Piece, edit: MaskEdit) -> Piece:
    if piece.empty:
        return piece
    around = piece.widened(REACH * edit.amount)
    height = bumps(generator(EDIT.name, edit.seed), piece.shape, piece.spacing, EDIT.radius_of(edit))(around.axes())
    return around.with_mask(around.signed() < edit.amount * height)


def bumps(
    rng: np.random.Generator, shape: Sequence[int], spacing: Sequence[float], width: float, components: int = 1
) -> Callable[..., NDArray[np.float32]]:
    """Draw smooth random heights over an image, of variance 1 on average.

    Parameters
    ----------
    rng : Generator
    shape, spacing : sequence
        Of the image; spacing in mm.
    width : float
        Correlation length in mm: at this distance the correlation has fallen to a half.
    components : int
        Number of heights.

    Returns
    -------
    callable
        ``heights(axes, component=0)``: one of them on the grid spanned by places along each axis, in mm from the corner
        of the image; at most `REACH`.
    """
    extent = np.multiply(shape, spacing)
    field = SmoothField.draw(rng, [max(1, round(length)) for length in extent / width], components)

    def heights(axes: Sequence[NDArray[np.float64]], component: int = 0) -> NDArray[np.float32]:
        one = SmoothField(field.coefficients[component : component + 1])
        found = one.at([np.ravel(axis) / length for axis, length in zip(axes, extent, strict=True)])[0]
        return np.asarray(found.clip(-REACH, REACH))

    return heights


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
