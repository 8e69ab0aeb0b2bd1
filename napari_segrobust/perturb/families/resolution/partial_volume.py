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
#: Standard deviation of the neighbourhood whose mean is the intensity of a tissue, in mm.
_AROUND = 2.0


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Find for every voxel near an interface how far it lies from it, and how bright the tissue beyond is.

    Returns
    -------
    dict
        ``distance`` (1, *shape) float16: to the face of the nearest voxel of another label, in mm; infinite far from
        every interface. ``beyond`` (C, *shape) float16: mean of that label around that voxel, on the scale of u.
    """
    from scipy.ndimage import distance_transform_edt

    labels, spacing = clean.labels(record), clean.spacing
    boxes = list(_boxes(labels, spacing))
    tissue = _tissue(clean, record, boxes)
    distance = np.full((1, *labels.shape), np.inf, np.float16)
    beyond = np.zeros(clean.image.shape, np.float16)
    for value, box in boxes:
        inside = labels[box] == value
        if inside.all():
            continue
        nearest = distance_transform_edt(inside, spacing, return_distances=False, return_indices=True)
        for index, there in enumerate(nearest.swapaxes(0, 1)):  # slice by slice: less memory than the case has voxels
            square = np.zeros(inside.shape[1:], np.float32)
            for axis, (places, step) in enumerate(zip(there, spacing, strict=True)):
                shape = [-1 if a == axis else 1 for a in range(1, inside.ndim)]
                own = np.arange(inside.shape[axis], dtype=np.float32).reshape(shape) if axis else np.float32(index)
                square += np.square(np.maximum(np.abs(places - own) - np.float32(0.5), 0) * np.float32(step))
            near = np.flatnonzero(inside[index] & (square < _WIDEST**2))
            distance[0][box][index].flat[near] = np.sqrt(square.flat[near])
            sources = np.ravel_multi_index(there.reshape(len(there), -1)[:, near], inside.shape)
            for target, source in zip(beyond, tissue, strict=True):
                target[box][index].flat[near] = source[box].flat[sources]
    return {'distance': distance, 'beyond': beyond}


def _tissue(clean: Clean, record: Perturbation, boxes: list[tuple[int, Block]]) -> NDArray[np.float16]:
    """Mean of every voxel's own label around it, weighted by a Gaussian: (C, *shape) on the scale of u."""
    from scipy.ndimage import gaussian_filter

    labels, (lo, hi) = clean.labels(record), clean.scale(record)
    sigma = [_AROUND / step for step in clean.spacing]
    top = np.finfo(np.float16).max
    tissue = np.zeros(clean.image.shape, np.float16)
    for value, box in boxes:
        inside = labels[box] == value
        weight = gaussian_filter(inside.astype(np.float32), sigma, mode='constant')[inside]
        for channel, image in zip(tissue, clean.image, strict=True):
            u = np.where(inside & np.isfinite(image[box]), (image[box] - lo) / (hi - lo), 0).astype(np.float32)
            mean = gaussian_filter(u, sigma, mode='constant')[inside] / weight
            channel[box][inside] = np.clip(mean, -top, top)
    return tissue


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
    """Let every voxel near an interface take its share of the tissue beyond."""
    far = field.fact('distance').float().div_(-max(amounts['width'], 1e-6))
    share = far.add_(1.0).clamp_(min=0.0).square_().mul_(0.5)
    return u.add_((field.fact('beyond') - u).mul_(share))


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
    model="u' = u + (1 - d / T)^2 / 2 (v - u) for d < T: d mm to the nearest other label, v its local mean",
    source='share beyond a flat interface under a triangular profile of T mm; Tohka, World J Radiol 6:855 (2014)',
    apply=apply,
    measure=measure,
    needs=('reference',),
    modalities=('MR', 'CT', 'OCT', 'US'),
    caution='It uses the reference: no scanner knows where the label ends, and no voxel elsewhere gets blurred.',
)
