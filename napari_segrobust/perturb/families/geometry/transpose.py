"""Transpose: rows and columns exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.geometry._moves import reordered
from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def reorder(amounts: Mapping[str, float], ndim: int) -> tuple[list[int], list[bool]]:
    """Exchange the last two axes."""
    exchanged = [*range(ndim - 2), ndim - 1, ndim - 2]
    return exchanged if round(amounts['on']) else list(range(ndim)), [False] * ndim


def coordinates(amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Where voxels come from."""
    return reordered(field, *reorder(amounts, len(field.shape)))


SPEC = PerturbationSpec(
    name='transpose',
    title='transpose',
    group='geometry',
    kind='discrete',
    stage='geometry',
    response='nonlinear',
    parameters=(
        Parameter(
            'on',
            'on',
            '',
            (0, 1, 1, 1, 1, 1),
            0,
            1,
            'one step: it is on or off',
            steps=True,
            words=('no', *('rows and columns exchanged',) * 5),
        ),
    ),
    summary='Exchanges rows and columns about the centre, as a file does that was read in the other axis order.',
    model="x'(i, j) = x(j, i) about the centre, on the same grid; what comes from outside is lo",
    source='Row-major files read as column-major ones; every voxel is copied',
    coordinates=coordinates,
    reorder=reorder,
    per_channel=False,
    modalities=MODALITIES,
    caution='Severity is no amount. Where rows and columns differ in number, the ends of the longer ones are lost.',
)
