"""Wrong orientation: the case turned as a whole, as by a header that names the wrong patient position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.geometry._moves import reordered
from napari_segrobust.perturb.spec import MODALITIES, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock

#: What each step mirrors, counted from the last axis, and whether it exchanges rows and columns too.
TURNS = {
    0: ((), False),
    1: ((1, 2), False),
    2: ((1, 3), False),
    3: ((2, 3), False),
    4: ((1, 2, 3), False),
    5: ((1,), True),
}


def reorder(amounts: Mapping[str, float], ndim: int) -> tuple[list[int], list[bool]]:
    """Mirror and exchange axes; in 2D what concerns slices falls away."""
    backwards, exchanged = TURNS[round(amounts['turn'])]
    axes = [*range(ndim - 2), ndim - 1, ndim - 2] if exchanged else list(range(ndim))
    return axes, [ndim - a in backwards for a in range(ndim)]


def coordinates(amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Where voxels come from."""
    return reordered(field, *reorder(amounts, len(field.shape)))


SPEC = PerturbationSpec(
    name='wrong_orientation',
    title='wrong orientation',
    group='geometry',
    kind='discrete',
    stage='geometry',
    response='nonlinear',
    parameters=(
        Parameter(
            'turn',
            'turn',
            '',
            (0, 1, 2, 3, 4, 5),
            0,
            5,
            'steps: 1 half turn in the plane (prone for supine), 2 half turn about the rows axis (feet first for head '
            'first), 3 half turn about the columns axis, 4 all axes reversed, 5 quarter turn in the plane',
            steps=True,
            words=(
                'none',
                'half turn in the plane',
                'half turn about the rows',
                'half turn about the columns',
                'all axes reversed',
                'quarter turn in the plane',
            ),
        ),
    ),
    summary='Turns the case by half or quarter turns, as a header does that names the wrong patient position.',
    model='axes mirrored or exchanged about the centre, on the same grid; what comes from outside is lo',
    source='DICOM PS3.3 C.7.3.1.1.2, patient position (HFS, HFP, FFS, FFP); every voxel is copied',
    coordinates=coordinates,
    reorder=reorder,
    per_channel=False,
    modalities=MODALITIES,
    caution='Severity chooses the turn; it is no amount. In 2D the steps 2 and 3 mirror one axis.',
)
