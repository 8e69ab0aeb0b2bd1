"""Synthetic lesion: a smooth spot that the reference knows nothing of."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.families._facts import labelled, on_scale
from napari_segrobust.perturb.families.content._grid import inside, offsets, touched
from napari_segrobust.perturb.spec import RANGE, Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

_LOBES, _BUMP, _EDGE = 6, 0.12, 0.25
#: Voxels on which the depth inside the organ is measured, and places that the seed chooses from.
_COARSE, _PLACES = 2**20, 4096


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Which place, and the directions of lobes with how far they stand out."""
    direction = rng.standard_normal((_LOBES, len(shape)))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    bump = rng.uniform(-_BUMP, _BUMP, (_LOBES, 1))
    return {
        'place': rng.random(1, dtype=np.float32),
        'lobes': np.concatenate([direction, bump], axis=1).astype(np.float32),
    }


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Voxels in which a lesion of that diameter lies inside the organ; the deepest ones where it is too large."""
    from scipy.ndimage import distance_transform_edt

    organ = labelled(clean, record, amounts['label']) if clean.references else _body(clean, record)
    step = ceil((organ.size / _COARSE) ** (1 / organ.ndim))
    coarse = organ[(slice(step // 2, None, step),) * organ.ndim] if min(organ.shape) >= step else organ
    step = step if coarse is not organ else 1
    if not coarse.any():  # thinner than the coarse grid, or nothing at all
        places = np.argwhere(organ) if organ.any() else np.array([[n // 2 for n in organ.shape]])
    else:
        depth = distance_transform_edt(np.pad(coarse, 1), sampling=[s * step for s in clean.spacing])
        depth = depth[(slice(1, -1),) * organ.ndim]
        places = np.argwhere(depth >= min(amounts['diameter'] / 2, 0.8 * depth.max())) * step + step // 2 * (step > 1)
    chosen = np.linspace(0, len(places) - 1, min(len(places), _PLACES)).astype(int)
    return {'places': places[chosen].astype(np.float32)}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Add the contrast inside the spot; what texture there is stays."""
    places = field.facts['places']
    centre = places[min(int(float(field.arrays['place'][0, 0]) * len(places)), len(places) - 1)].tolist()
    radius = amounts['diameter'] / 2
    reach = radius * (1 + _LOBES * _BUMP) * (1 + _EDGE)
    part = touched(field, centre, [reach] * len(centre))
    if part is not None:
        u[inside(field, part)] += _spot(radius, centre, part, field, u).mul_(amounts['contrast'])
    return u


def _spot(radius: float, centre: list[float], part: Any, field: FieldBlock, like: torch.Tensor) -> torch.Tensor:
    """Weight from 1 inside to 0 outside; the border lies where a sphere with lobes has it and is smooth."""
    lines = offsets(field, part, centre, like)
    distance = sum((line.square() for line in lines), start=0 * lines[0]).sqrt_()
    border = radius + 0 * distance
    for *direction, bump in field.arrays['lobes'][0].tolist():
        along = sum((line * share for line, share in zip(lines, direction, strict=True)), start=0 * lines[0])
        cosine = along.div_(distance.clamp(min=1e-6))
        border += cosine.square().mul_(cosine).mul_(bump * radius)
    ramp = (distance / border).sub_(1 - _EDGE).div_(2 * _EDGE).clamp_(0, 1)
    return ramp.square().mul_(ramp.mul_(2).sub_(3)).add_(1)  # 1 - 3 t^2 + 2 t^3


def _body(clean: Clean, record: Perturbation) -> NDArray[np.bool_]:
    """Whatever is brighter than Otsu's threshold in the first channel."""
    from skimage.filters import threshold_otsu

    u = on_scale(clean, record, 0).clip(0, 1)
    body = u > threshold_otsu(u)
    return body if body.any() else np.ones(u.shape, bool)


SPEC = PerturbationSpec(
    name='synthetic_lesion',
    title='synthetic lesion',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        Parameter(
            'contrast',
            'contrast',
            RANGE,
            (0, 0.04, 0.08, 0.12, 0.16, 0.2),
            -2,
            2,
            'chosen: from barely seen to plain; below 0 the lesion is dark',
        ),
        Parameter('diameter', 'diameter', 'mm', (20,) * 6, 1, 500, 'chosen: RECIST 1.1 measures lesions from 10 mm'),
        Parameter('label', 'in label, 0 = any', '', (0,) * 6, 0, 65535, 'chosen: any label of the reference'),
    ),
    summary='Inserts a bright or dark smooth spot into the organ of the reference, or into the body without one.',
    model="u' = u + c w(r), w = 1 - 3 t^2 + 2 t^3 across the border of a sphere whose radius varies with direction",
    source='Eisenhauer et al., Eur J Cancer 45:228 (2009) (RECIST 1.1) for the size; shape and edge are our own',
    apply=apply,
    draw=draw,
    measure=measure,
    per_channel=False,
    modalities=('MR', 'CT', 'US', 'X-ray'),
    caution='The lesion is NOT in the reference: a network that finds it is counted as wrong. The old texture stays.',
)
