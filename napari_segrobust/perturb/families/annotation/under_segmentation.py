"""Under-segmentation: everything drawn too small."""

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
    """Let every label shrink, each by itself."""
    return edit_mask(labels, [MaskEdit(name='over_under', amount=-amounts['distance'])], spacing)


SPEC = mask_spec(
    'under_segmentation',
    'under-segmentation',
    (
        Parameter(
            'distance', 'border in by', 'mm', (0, 1, 2, 3, 4, 6), 0, 50, 'chosen: a voxel of a fine grid to a margin'
        ),
    ),
    edit,
    summary='Draws the reference too small: every border lies farther in by the same distance.',
    model='mask = {distance to the outside > d}, exact, each label by itself',
)
