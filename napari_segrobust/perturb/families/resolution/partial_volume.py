"""Partial volume at the interfaces of labels: voxels that hold a little of both tissues."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Block, FieldBlock, Shape, Spacing

#: Widest profile, in mm: so far from an interface is anything measured.
_WIDEST = 10.0


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Steps from every voxel to the nearest one of another label, as far as any profile reaches.

    Returns
    -------
    dict
        ``step`` (ndim, *shape) int8: in voxels along each axis; 0 far from every interface.
    """
    from scipy.ndimage import distance_transform_edt

    labels, spacing = clean.labels(record), clean.spacing
    step = np.zeros((labels.ndim, *labels.shape), np.int8)
    for value, box in _boxes(labels, spacing):
        inside = labels[box] == value
        if inside.all():
            continue
        nearest = distance_transform_edt(inside, spacing, return_distances=False, return_indices=True)
        away = nearest - np.indices(inside.shape, np.int32)
        size = np.array(spacing).reshape(-1, *(1,) * labels.ndim)
        near = inside & (np.abs(away) * size <= _WIDEST + size).all(axis=0) & (np.abs(away) <= 127).all(axis=0)
        step[:, *box][:, near] = away[:, near]
    return {'step': step}


def _boxes(labels: NDArray[Any], spacing: Spacing) -> Iterator[tuple[int, Block]]:
    """Every label with a block that holds it and its neighbours, and the background as far as it matters."""
    from scipy.ndimage import find_objects

    found = [(value, box) for value, box in enumerate(find_objects(labels.astype(np.int32)), start=1) if box]
    if not found:
        return
    for value, box in found:
        yield value, _grown(box, (1,) * labels.ndim, labels.shape)
    around = tuple(
        slice(min(box[a].start for _, box in found), max(box[a].stop for _, box in found)) for a in range(labels.ndim)
    )
    yield 0, _grown(around, tuple(ceil(_WIDEST / step) + 1 for step in spacing), labels.shape)


def _grown(box: Block, margin: tuple[int, ...], shape: Shape) -> Block:
    return tuple(slice(max(s.start - m, 0), min(s.stop + m, n)) for s, m, n in zip(box, margin, shape, strict=True))


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Let every voxel near an interface take its share of the nearest voxel beyond it."""
    import torch

    out = u[(slice(None), *field.keep)].clone(memory_format=torch.contiguous_format)
    step = field.facts['step'][(slice(None), *field.wanted)]
    near = torch.nonzero(step.any(dim=0)).T
    away = step.flatten(1)[:, _flat(near, step.shape[1:])].long()
    # to the face of the other voxel, where the interface lies
    half = torch.tensor(field.spacing, device=u.device)[:, None] * (away.abs() - 0.5).clamp_(min=0.0)
    squared = torch.zeros_like(half[0])
    for along in half:
        squared += along.square_()
    share = squared.sqrt_().div_(-max(amounts['width'], 1e-6)).add_(1.0)
    mixed = share > 0
    near, away, share = near[:, mixed], away[:, mixed], share[mixed].square_().mul_(0.5)
    origin = torch.tensor([[keep.start] for keep in field.keep], device=u.device)
    beyond = u.reshape(len(u), -1)[:, _flat(near + origin + away, u.shape[1:])]
    here = _flat(near, out.shape[1:])
    flat = out.view(len(out), -1)
    own = flat[:, here]
    flat[:, here] = own.add_((beyond - own).mul_(share))
    return out


def _flat(places: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Places (ndim, n) in a block as their numbers in it, (n,)."""
    number = places[0].clone()
    for place, size in zip(places[1:], shape[1:], strict=True):
        number.mul_(size).add_(place)
    return number


def halo(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """As far as a voxel beyond an interface may lie."""
    return tuple(ceil(amounts['width'] / step + 0.5) for step in spacing)


SPEC = PerturbationSpec(
    name='partial_volume',
    title='partial volume',
    group='resolution',
    kind='continuous',
    stage='resolution',
    response='nonlinear',
    parameters=(
        Parameter(
            'width',
            'width at half maximum',
            'mm',
            (0, 1, 2, 3, 4.5, 6),
            0,
            _WIDEST,
            'chosen: from the resolution of CT and MR to that of PET',
        ),
    ),
    summary='Mixes intensities across the interfaces of the reference, and leaves all else sharp.',
    model="u' = u + (1 - d / T)^2 / 2 (v - u) for d < T: v of the nearest voxel of another label, d mm to its face",
    source='share beyond a flat interface under a triangular profile of T mm; Tohka, World J Radiol 6:855 (2014)',
    apply=apply,
    measure=measure,
    halo=halo,
    needs=('reference',),
    modalities=('MR', 'CT', 'OCT', 'US'),
    caution='It uses the reference: no scanner knows where the label ends, and no voxel elsewhere gets blurred.',
)
