"""Label contrast: two structures of the reference become alike, while their texture stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.perturb.clean import unmet
from napari_segrobust.perturb.families.intensity._clean import mean_of, median_of
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import FieldBlock, Spacing


def measure(clean: Clean, record: Perturbation, amounts: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """Where the two labels lie (1, *shape), 1 for a and 2 for b, and by how much u of either moves (C, 2).

    Two labels meet half-way. Against label 0, what has no label and lies around a stays, and a goes all the way to
    its median, for which a little air beside an organ does not count.
    """
    labels = clean.labels(record)
    first, second = round(amounts['label']), round(amounts['other'])
    where = (labels == first).astype(np.uint8)
    for label in (first, second):
        if label and not (labels == label).any():
            there = ', '.join(str(int(value)) for value in np.unique(labels) if value)
            raise unmet(SPEC, f'the reference has no label {label}', f'Choose of: {there}.')
    if second:
        where[labels == second] = 2
        shares = np.array([0.5, 0.5])
    else:
        where[_around(where == 1, amounts['margin'], clean.spacing) & (labels == 0)] = 2
        shares = np.array([1.0, 0.0])
    lo, hi = clean.scale(record)
    moves = np.zeros((len(clean.image), 2), np.float32)
    sides = [where == 1, where == 2]
    if all(side.any() for side in sides):
        for move, channel in zip(moves, clean.image, strict=True):
            one, two = mean_of(channel[sides[0]], lo), (mean_of if second else median_of)(channel[sides[1]], lo)
            move[:] = shares * [two - one, one - two] / (hi - lo)
    return {'where': where[None], 'moves': moves}


def _around(mask: NDArray[np.bool_], margin: float, spacing: Spacing) -> NDArray[np.bool_]:
    """Voxels outside of a mask, up to `margin` mm away from it."""
    from scipy import ndimage

    reach = [int(margin / step) + 1 for step in spacing]
    box = tuple(
        slice(max(int(hit.min()) - far, 0), int(hit.max()) + far + 1)
        for hit, far in zip(np.nonzero(mask), reach, strict=True)
    )
    distance = ndimage.distance_transform_edt(~mask[box], sampling=spacing)
    ring = np.zeros_like(mask)
    ring[box] = (distance > 0) & (distance <= margin)
    return ring


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Shift either label towards the other's mean."""
    where = field.fact('where')
    moves = (field.facts['moves'] * (amounts['share'] / 100)).reshape(*field.facts['moves'].shape, *(1,) * (u.ndim - 1))
    for label in (1, 2):
        u.add_((where == label) * moves[:, label - 1])
    return u


SPEC = PerturbationSpec(
    name='label_contrast',
    title='label contrast',
    group='intensity',
    kind='continuous',
    stage='contrast',
    response='linear',
    parameters=(
        Parameter(
            'share',
            'contrast taken away',
            '%',
            (0, 20, 40, 60, 80, 100),
            0,
            200,
            'chosen: even steps to equal means; above 100 the contrast turns',
        ),
        Parameter('label', 'label', '', (1,) * 6, 1, 65535, 'chosen: the first label'),
        Parameter('other', 'other label', '', (0,) * 6, 0, 65535, 'chosen: 0, what lies around the label unlabelled'),
        Parameter('margin', 'surroundings', 'mm', (10,) * 6, 1, 1000, 'chosen: what the eye compares an edge with'),
    ),
    summary='Moves the mean grey values of two labels together; noise and texture in each stay as they are.',
    model="u' = u + c (m_b - m_a) / 2 in a, u - c (m_b - m_a) / 2 in b; b = 0: u + c (median_b - m_a) in a alone",
    source='chosen; isolates contrast at a border from every other change of the image',
    apply=apply,
    measure=measure,
    needs=('reference',),
    modalities=('MR', 'CT', 'US', 'X-ray', 'OCT', 'fundus', 'endoscopy', 'histology', 'EM'),
    caution='Uses the reference: what is made alike is what the rater drew. It is no degradation of any scanner.',
)
