"""Window shift: a CT shown to the network in a window with another centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Move what the window shows against its ends, where it saturates; what lies far outside stays."""
    lo, hi = field.intensity_range
    bottom, top = ((amounts['centre'] + side * amounts['width'] / 2 - lo) / (hi - lo) for side in (-1, 1))
    shown = u.clamp(bottom, top)
    return (u - amounts['shift'] / (hi - lo)).clamp_(bottom, top).sub_(shown).add_(u)


SPEC = PerturbationSpec(
    name='window_shift',
    title='window shift',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='nonlinear',
    parameters=(
        Parameter(
            'shift',
            'centre too high by',
            'HU',
            (0, 20, 40, 80, 120, 160),
            -4000,
            4000,
            'chosen: 5 to 40 % of the width; usual centres are 40 (abdomen), 60 (liver), 150 (arteries)',
        ),
        Parameter('centre', 'centre', 'HU', (40,) * 6, -2000, 4000, 'abdominal window, 40 / 400'),
        Parameter('width', 'width', 'HU', (400,) * 6, 1, 8000, 'abdominal window, 40 / 400'),
    ),
    summary='Shows a CT through a window whose centre is wrong: tissue darkens and drowns at the lower end.',
    model="x' = x + cut(x - s) - cut(x), cut to centre - width / 2 and centre + width / 2",
    source='DICOM PS3.3 C.11.2.1.2, window centre and width',
    apply=apply,
    expects='HU',
    modalities=('CT',),
    caution='Give centre and width of the window that the model cuts to. Below 0, tissue drowns at the upper end.',
)
