"""Gamma: another display or detector curve, which changes contrast and keeps the order of intensities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock

#: Smallest number whose logarithm is quick.
_TINY = 2.0**-126


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Raise the size of u to the power gamma and keep its sign, so that values outside 0 to 1 stay in order."""
    import torch

    # exp(gamma log |u|), because the last bits of torch's pow depend on where in the array a voxel lies. Logarithms of
    # 0 and exponentials of what vanishes take thirty times as long: they are kept off; the sign brings zeros back.
    size = torch.abs(u).clamp_(min=_TINY).log_().mul_(amounts['gamma']).clamp_(min=-87.0).exp_()
    return torch.sign(u, out=u).mul_(size)


SPEC = PerturbationSpec(
    name='gamma',
    title='gamma',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='log',
    parameters=(
        Parameter('gamma', 'gamma', '', (1, 1.4, 1.8, 2.2, 2.6, 3), 0.1, 10, 'ROOD-MRI; below 1 it uses 0.86 to 0.30'),
    ),
    summary='Darkens the middle tones (gamma above 1) or lightens them (below 1).',
    model="u' = sign(u) |u|^gamma",
    source='Boone et al. 2023 (ROOD-MRI)',
    apply=apply,
    modalities=('MR', 'X-ray', 'US', 'fundus', 'endoscopy', 'histology', 'photograph'),
)
