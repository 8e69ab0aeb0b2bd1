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
_WIDEST = 15.0
#: How deep in the other tissue its intensity is taken, in mm.
_PURE = 2.0


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Find for every voxel near an interface how far it lies from it, and a voxel of the tissue beyond.

    Returns
    -------
    dict
        ``distance`` (1, *shape) float16: to the face of the nearest voxel of another label, in mm; a large number far
        from every interface. ``step`` (ndim, *shape) int8: from the voxel to that one, or up to 2 mm deeper into its
        label, where the image shows less of the partial volume that it has already.
    """
    from scipy.ndimage import distance_transform_edt

    labels, spacing = clean.labels(record), clean.spacing
    size = np.array(spacing)[:, None]
    distance = np.full(labels.shape, np.inf, np.float16)
    step = np.zeros((labels.ndim, *labels.shape), np.int8)
    for value, box in _boxes(labels, spacing):
        inside = labels[box] == value
        if inside.all():
            continue
        nearest = distance_transform_edt(inside, spacing, return_distances=False, return_indices=True)
        here = np.stack(np.nonzero(inside))
        away = nearest[:, *here] - here
        to_face = np.linalg.norm(np.maximum(np.abs(away) - 0.5, 0) * size, axis=0)
        near = (to_face < _WIDEST) & (np.abs(away) + _PURE / size <= 127).all(axis=0)
        here, away = here[:, near], away[:, near]
        distance[box][tuple(here)] = to_face[near]
        step[:, *box][:, *here] = _deeper(labels[box], here, away, size)
    return {'distance': distance[None], 'step': step}


def _deeper(
    labels: NDArray[Any], here: NDArray[np.intp], away: NDArray[np.intp], size: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Steps (ndim, n) that go on for 2 mm where that leads to the same label."""
    way = away * size
    on = away + np.rint(way / np.linalg.norm(way, axis=0) * _PURE / size).astype(away.dtype)
    top = np.array(labels.shape)[:, None] - 1
    there = here + on
    same = ((there >= 0) & (there <= top)).all(axis=0)
    same &= labels[tuple(np.clip(there, 0, top))] == labels[tuple(here + away)]
    deeper: NDArray[np.intp] = np.where(same, on, away)
    return deeper


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
    distance = field.facts['distance'][0][field.wanted].float()
    near = torch.nonzero(distance < amounts['width']).T
    here = _flat(near, distance.shape)
    share = distance.ravel()[here].div_(-amounts['width']).add_(1.0).square_().mul_(0.5)
    away = field.facts['step'][(slice(None), *field.wanted)].flatten(1)[:, here]
    origin = torch.tensor([[keep.start] for keep in field.keep], device=u.device)
    beyond = u.reshape(len(u), -1)[:, _flat(near + origin + away, u.shape[1:])]
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
    return tuple(ceil((amounts['width'] + _PURE) / step + 1) for step in spacing)


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
            (0, 1.5, 3, 4.5, 6.5, 9),
            0,
            _WIDEST,
            'chosen: from the resolution of CT and MR to that of PET',
        ),
    ),
    summary='Mixes intensities across the interfaces of the reference, and leaves all else sharp.',
    model="u' = u + (1 - d / T)^2 / 2 (v - u) for d < T: d mm to another label, v the image up to 2 mm inside of it",
    source='share beyond a flat interface under a triangular profile of T mm; Tohka, World J Radiol 6:855 (2014)',
    apply=apply,
    measure=measure,
    halo=halo,
    needs=('reference',),
    modalities=('MR', 'CT', 'OCT', 'US'),
    caution='It uses the reference: no scanner knows where the label ends, and no voxel elsewhere gets blurred.',
)
