"""Thick slices: an acquisition with few thick slices, on the grid of the fine one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.resolution._slabs import reach, shown, slabs
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average slabs along the first axis."""
    how = 0, 1 + amounts['thicker'] / field.spacing[0], field, amounts['interpolation']
    return shown(slabs(u, *how), *how)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Slices of the slabs that a slice may depend on."""
    factor = 1 + amounts['thicker'] / spacing[0]
    return (reach(factor, shape[0], amounts['interpolation']), *(0,) * (len(shape) - 1))


SPEC = PerturbationSpec(
    name='anisotropic',
    title='thick slices',
    group='resolution',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(
        Parameter(
            'thicker',
            'thicker by',
            'mm',
            (0, 1.8, 3.6, 5.4, 7.2, 9),
            0,
            100,
            'ROOD-MRI, downsampling by 2.8 to 10 of slices of 1 mm',
        ),
        Parameter(
            'interpolation',
            'interpolated',
            '',
            (0,) * 6,
            0,
            1,
            'chosen: 0, stairs, as nnU-Net resamples thick slices; 1 is linear, as ROOD-MRI and TorchIO do',
        ),
    ),
    summary='Averages neighbouring slices into thicker ones along the first axis (rows of a 2D image).',
    model="u' = (1 - w) P_n u + w P_2n u, P_n the mean over slabs of n slices, n = 1, 2, 4, ...; (1 + w) n = 1 + T / h",
    source='Boone et al. 2023 (ROOD-MRI); box profile instead of every n-th slice',
    apply=apply,
    homogeneous=True,
    halo=halo,
    modalities=('MR', 'CT', 'OCT', 'EM'),
)
