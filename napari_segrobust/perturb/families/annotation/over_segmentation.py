"""Over-segmentation: everything drawn too large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.edits import MaskEdit, edit_mask
from napari_segrobust.perturb.families.annotation._mask import mask_spec
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Spacing


def edit(labels: NDArray[Any], amounts: Mapping[str, float], seed: int, spacing: Spacing) -> NDArray[Any]:
    """Let every label grow into the background; what another label holds stays that label's."""
    grown = edit_mask(labels, [MaskEdit(name='over_under', amount=amounts['distance'])], spacing)
    held = labels != 0
    grown[held] = labels[held]
    return grown


SPEC = mask_spec(
    'over_segmentation',
    'over-segmentation',
    (
        Parameter(
            'distance', 'border out by', 'mm', (0, 1, 2, 3, 4, 6), 0, 50, 'chosen: a voxel of a fine grid to a margin'
        ),
    ),
    edit,
    summary='Draws the reference too large: every border lies farther out by the same distance.',
    model='mask = {distance to the mask <= d}, exact, into the background alone',
)
