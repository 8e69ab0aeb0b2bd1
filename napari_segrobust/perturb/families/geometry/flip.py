"""Flip: the image mirrored along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.geometry._moves import reordered
from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def reorder(amounts: Mapping[str, float], ndim: int) -> tuple[list[int], list[bool]]:
    """Mirror one axis, counted from the last."""
    chosen = min(round(amounts['axis']), ndim)
    return list(range(ndim)), [ndim - axis == chosen for axis in range(ndim)]


def coordinates(amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Where voxels come from."""
    return reordered(field, *reorder(amounts, len(field.shape)))


SPEC = PerturbationSpec(
    name='flip',
    title='flip',
    group='geometry',
    kind='discrete',
    stage='geometry',
    response='nonlinear',
    parameters=(
        Parameter(
            'axis',
            'axis from the last',
            '',
            (0, 1, 2, 3, 3, 3),
            0,
            3,
            'steps: 1 mirrors columns (left and right), 2 rows, 3 slices (rows in 2D)',
            steps=True,
            words=('none', 'left and right', 'rows', *('slices',) * 3),
        ),
    ),
    summary='Mirrors the image along one axis, as a file does whose sign of an axis was lost.',
    model="x'(i) = x(n - 1 - i) along the axis",
    source='Every voxel is copied; left-right flips are the classic loss of a NIfTI sign',
    coordinates=coordinates,
    reorder=reorder,
    per_channel=False,
    modalities=MODALITIES,
    caution='Severity chooses the axis; it is no amount.',
)
