"""Gibbs ringing: k-space acquired up to a lower frequency and filled with zeros, seen as ripples beside edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families._planes import by_plane, plane_halo
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Keep the middle of k-space of every plane; the outermost line is kept in part, so that the cut moves smoothly."""
    import torch

    height, width = field.shape[-2:]
    kept = amounts['kept'] / 100
    rows = _kept_lines(torch.fft.fftfreq(height, 1 / height, device=u.device), height, kept)
    columns = _kept_lines(torch.fft.rfftfreq(width, 1 / width, device=u.device), width, kept)

    def cut(plane: torch.Tensor, channel: int, index: int) -> torch.Tensor:
        spectrum = torch.fft.rfft2(plane).mul_(rows[:, None]).mul_(columns)
        back: torch.Tensor = torch.fft.irfft2(spectrum, (height, width))
        return back

    return by_plane(u, field, cut)


def _kept_lines(frequency: torch.Tensor, size: int, kept: float) -> torch.Tensor:
    """Weight 0 to 1 of every line: 1 up to the share `kept` of the highest frequency, 0 one line farther out."""
    return (kept * (size // 2) + 1 - frequency.abs()).clamp_(0, 1)


SPEC = PerturbationSpec(
    name='gibbs',
    title='gibbs ringing',
    group='mr',
    kind='continuous',
    stage='acquisition',
    response='nonlinear',
    parameters=(
        Parameter(
            'kept',
            'k-space kept along each axis',
            '%',
            (100, 70, 52, 40, 31, 25),
            1,
            100,
            'chosen: from a usual zero-filled acquisition to voxels four times as wide',
        ),
    ),
    summary='Cuts off the outer part of k-space, which blurs the image and adds ripples beside its edges.',
    model="K'(k) = K(k) for |k_y| <= f N_y / 2 and |k_x| <= f N_x / 2, else 0",
    source='Morelli et al., RadioGraphics 31:849 (2011)',
    apply=apply,
    homogeneous=True,
    halo=plane_halo,
    modalities=('MR',),
)
