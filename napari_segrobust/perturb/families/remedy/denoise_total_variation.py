"""Total variation denoising: flattens regions and keeps the steps between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_segrobust.perturb.families.remedy._remedy import EVERYWHERE, STRENGTH, blended, in_plane
from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Steps of the descent. Each looks one voxel farther, so their number is also the halo.
STEPS = 20


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Denoise plane by plane: a plane and its dual variables stay in the processor's cache."""
    import torch

    u = u[(slice(None), *field.keep[:-2])]
    rows, columns = field.keep[-2:]
    planes = u.reshape(-1, *u.shape[-2:])
    after = torch.stack([_denoised(plane, amounts['weight'])[rows, columns] for plane in planes])
    before = u[..., rows, columns]
    return blended(before, after.reshape(before.shape), amounts)


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """One voxel for each step, and one for the last divergence."""
    return in_plane(spacing, (STEPS + 1, STEPS + 1))


def _denoised(plane: torch.Tensor, weight: float) -> torch.Tensor:
    """Chambolle's projection with 1/4 as its step: u minus the divergence of the dual field (2, rows, columns).

    All of it in units of the weight: what is left to multiply with is 1/4, exact and so the same bits everywhere.
    """
    import torch

    plane = plane / weight
    dual, slope = (torch.zeros((2, *plane.shape), device=plane.device) for _ in range(2))
    image, norm = torch.empty_like(plane), torch.empty_like(plane)
    one = torch.ones((), device=plane.device)
    for _ in range(STEPS):
        _primal(plane, dual, image)
        torch.sub(image[1:], image[:-1], out=slope[0, :-1])
        torch.sub(image[:, 1:], image[:, :-1], out=slope[1, :, :-1])
        torch.mul(slope[0], slope[0], out=norm).addcmul_(slope[1], slope[1]).sqrt_()
        dual.sub_(slope, alpha=0.25).div_(torch.add(one, norm, alpha=0.25, out=norm))
    return _primal(plane, dual, image).mul_(weight)


def _primal(plane: torch.Tensor, dual: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    import torch

    torch.sub(plane, dual[0], out=image).sub_(dual[1])
    image[1:] += dual[0, :-1]
    image[:, 1:] += dual[1, :, :-1]
    return image


SPEC = PerturbationSpec(
    name='denoise_total_variation',
    title='denoise, total variation',
    group='remedy',
    kind='continuous',
    stage='remedy',
    response='linear',
    parameters=(
        STRENGTH,
        Parameter('weight', 'weight', RANGE, (0.1,) * 6, 0.001, 10, 'scikit-image, denoise_tv_chambolle'),
    ),
    summary='A remedy: smooths each plane into flat regions with sharp borders.',
    model="u' = u + w (argmin_v |v - u|^2 / 2 + weight TV(v) - u), 20 steps, w = strength",
    source='Rudin et al., Physica D 60:259 (1992); Chambolle, J Math Imaging Vis 20:89 (2004)',
    apply=apply,
    halo=halo,
    modalities=EVERYWHERE,
)
