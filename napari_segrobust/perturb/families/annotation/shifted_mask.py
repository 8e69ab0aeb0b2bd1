"""Shifted mask: a reference that lies beside its image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.edits import MaskEdit, edit_mask
from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.families.annotation._mask import mask_spec
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Spacing


def edit(labels: NDArray[Any], amounts: Mapping[str, float], seed: int, spacing: Spacing) -> NDArray[Any]:
    """Move the mask in a direction that the seed draws, to the nearest whole voxel."""
    way = generator('shifted_mask', seed).standard_normal(labels.ndim) * [n > 1 for n in labels.shape]
    offset = tuple((way / max(float(np.linalg.norm(way)), 1e-9)).tolist())
    return edit_mask(labels, [MaskEdit(name='shift', amount=amounts['distance'], offset=offset)], spacing)


SPEC = mask_spec(
    'shifted_mask',
    'shifted mask',
    (
        Parameter(
            'distance', 'moved by', 'mm', (0, 1, 2, 3, 5, 8), 0, 200, 'chosen: breathing moves organs by 5 mm and more'
        ),
    ),
    edit,
    summary='Moves the reference against the image, as masks drawn on another series lie.',
    model='mask(r - d e), e a random direction, to the nearest whole voxel',
    seeded=True,
)
