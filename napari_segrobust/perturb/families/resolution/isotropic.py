"""Low resolution: larger voxels in every direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.resolution._slabs import reach, shown, slabs
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Average along one axis after the other, then go back, so that every step works on as little as can be."""
    factors, means = list(enumerate(_factors(amounts, field.spacing))), u
    for axis, factor in factors:
        means = slabs(means, axis, factor, field, amounts['interpolation'])
    for axis, factor in reversed(factors):
        means = shown(means, axis, factor, field, amounts['interpolation'], None if axis else u)
    return means


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Voxels of the larger voxels that a voxel may depend on."""
    factors = _factors(amounts, spacing)
    return tuple(reach(f, size, amounts['interpolation']) for f, size in zip(factors, shape, strict=True))


def _factors(amounts: Mapping[str, float], spacing: Spacing) -> tuple[float, ...]:
    """Voxels in a larger one along each axis: it is a cube, and no axis gets finer."""
    edge = min(spacing) + amounts['larger']
    return tuple(edge / step for step in spacing)


SPEC = PerturbationSpec(
    name='isotropic',
    title='low resolution',
    group='resolution',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(
        Parameter(
            'larger',
            'voxels larger by',
            'mm',
            (0, 0.6, 1.2, 1.8, 2.4, 3),
            0,
            100,
            'ROOD-MRI, downsampling by 1.6 to 4 of voxels of 1 mm; ImageNet-C, pixelate: 0.67, 1, 1.5, 2.33, 3 pixels',
        ),
        Parameter(
            'interpolation', 'interpolated', '', (0,) * 6, 0, 1, 'ImageNet-C, pixelate: 0, stairs; ROOD-MRI: 1, linear'
        ),
    ),
    summary='Averages voxels into larger cubes; an axis that is coarse already stays as it is.',
    model="u' = mean over cubes whose edge is that of the smallest voxel plus the amount, blended as thick slices are",
    source='Boone et al. 2023 (ROOD-MRI); Hendrycks & Dietterich, ICLR 2019 (ImageNet-C, pixelate)',
    apply=apply,
    homogeneous=True,
    halo=halo,
    modalities=('MR', 'CT', 'US', 'X-ray', 'fundus', 'endoscopy', 'histology', 'EM', 'photograph'),
)
