"""Wrong spacing: a header that tells the network a wrong voxel size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_segrobust.perturb.spec import Spacing


def header(spacing: Spacing, amounts: Mapping[str, float]) -> Spacing:
    """Spacing along one axis, or along all of them, times the factor."""
    axis = round(amounts['axis'])
    return tuple(s * amounts['factor'] if axis in (-1, a) else s for a, s in enumerate(spacing))


SPEC = PerturbationSpec(
    name='wrong_spacing',
    title='wrong spacing',
    group='geometry',
    kind='header',
    stage='geometry',
    response='nonlinear',
    parameters=(
        Parameter(
            'factor',
            'factor',
            '',
            (1, 1.1, 1.25, 1.5, 2, 3),
            0.05,
            20,
            'chosen: 1.1 to 1.5 is a gap between slices that the slice thickness leaves out, 2 and 3 are lost slices',
        ),
        Parameter('axis', 'axis, -1 for all', '', (0,) * 6, -1, 2, 'chosen: slices, whose distance is lost most often'),
    ),
    summary='Tells the network a wrong voxel size; the voxels stay, and every number stays in true mm.',
    model="spacing' = factor x spacing along the axis",
    source='DICOM PS3.3 C.7.6.2.1.1: slice thickness is not the distance between slices',
    header=header,
    modalities=MODALITIES,
    caution='A network that takes voxels as they come ("native" spacing) never looks at it, and nothing changes; one '
    'that was made for a fixed spacing refuses.',
)
