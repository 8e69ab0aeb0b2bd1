"""Coarser grid: a reference drawn on larger voxels."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Any

from napari_segrobust.perturb.edits import MaskEdit, edit_mask
from napari_segrobust.perturb.families.annotation._mask import mask_spec
from napari_segrobust.perturb.spec import Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import Spacing


def edit(labels: NDArray[Any], amounts: Mapping[str, float], seed: int, spacing: Spacing) -> NDArray[Any]:
    """Show every label as a grid of larger voxels holds it."""
    return edit_mask(labels, [MaskEdit(name='coarsen', amount=log2(amounts['factor']))], spacing)


SPEC = mask_spec(
    'coarser_grid',
    'coarser grid',
    (
        Parameter(
            'factor', 'voxel size times', '', (1, 1.5, 2, 3, 4, 6), 1, 64, 'chosen: masks of downsampled copies have 2'
        ),
    ),
    edit,
    summary='Shows the reference as a grid of larger voxels holds it: a voxel belongs to it when half of it does.',
    model='mask averaged over the larger voxel >= 1/2, then copied to the smaller ones',
)
