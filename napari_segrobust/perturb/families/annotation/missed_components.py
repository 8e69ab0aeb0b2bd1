"""Missed components: small objects that a rater did not see."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.edits import MaskEdit, Piece, edit_mask
from napari_segrobust.perturb.families.annotation._mask import mask_spec
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Spacing


def edit(labels: NDArray[Any], amounts: Mapping[str, float], seed: int, spacing: Spacing) -> NDArray[Any]:
    """Drop the objects of each label that are smaller than a ball (in 2D a disk) of the diameter."""
    diameter = amounts['diameter']
    smallest = pi / 6 * diameter**3 if labels.ndim == 3 else pi / 4 * diameter**2
    edits = []
    for label in np.unique(labels):
        if label:
            number = int((_volumes(labels, int(label), spacing) < smallest).sum())
            edits.append(MaskEdit(name='drop_objects', amount=number, label=int(label)))
    return edit_mask(labels, edits, spacing)


def _volumes(labels: NDArray[Any], label: int, spacing: Spacing) -> NDArray[np.float64]:
    from scipy import ndimage

    mask = Piece.cut(labels, label, spacing).mask
    objects, _ = ndimage.label(mask, np.ones((3,) * mask.ndim))
    return np.asarray(np.bincount(objects.ravel())[1:] * float(np.prod(spacing)), np.float64)


SPEC = mask_spec(
    'missed_components',
    'missed components',
    (
        Parameter(
            'diameter',
            'seen from',
            'mm',
            (0, 3, 5, 8, 12, 20),
            0,
            500,
            'chosen: 3 mm is the least that criteria for lesions in MS count, 8 and 12 mm decide on lung nodules',
        ),
    ),
    edit,
    summary='Leaves out the components that are smaller than a ball of the diameter, as a rater who missed them.',
    model='components (8 or 26 neighbours) with a volume below that of the ball become background',
)
