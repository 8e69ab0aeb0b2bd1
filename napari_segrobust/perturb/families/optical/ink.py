"""Ink: a pathologist's marks on the slide."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.optical._plane import Plane, Waves, drawn_map, smooth_step
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Share of the pen's density in red, green and blue light: black, blue, green and red pens.
_PENS = ((1.0, 1.0, 1.0), (1.0, 0.7, 0.15), (1.0, 0.25, 0.7), (0.15, 1.0, 0.8))


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """One to three strokes of one pen.

    Returns
    -------
    dict
        ``ink`` (H, W): thickness of the ink, about 1 in a stroke; ``pen`` (3,): its density in each colour.
    """
    from scipy.ndimage import distance_transform_edt

    plane = Plane.of(shape, spacing)
    paper = np.ones(plane.shape, bool)
    half_width = rng.uniform(0.009, 0.022)
    for _ in range(int(rng.integers(1, 4))):
        paper[_stroke(rng, plane)] = False
    distance = distance_transform_edt(paper, sampling=plane.step)
    edge = smooth_step((half_width - distance) / (0.25 * half_width + max(plane.step)) + 0.5)
    dried = 0.8 + 0.2 * smooth_step(distance / half_width)  # ink gathers at the edge while it dries
    grain = Waves.drawn(rng, 0.1, 0.02).height(plane)
    pen = _PENS[int(rng.integers(len(_PENS)))]
    return {'ink': (edge * dried * (1 + 0.01 * grain)).astype(np.float32), 'pen': np.array(pen, np.float32)}


def _stroke(rng: np.random.Generator, plane: Plane) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pixels of a hand-drawn curve around a place: an open ring, or a part of a wide one that looks like a line."""
    turn = np.linspace(0, rng.uniform(0.25, 1.0), 8 * sum(plane.shape)) * 2 * np.pi + rng.uniform(0, 2 * np.pi)
    wobble = sum(rng.normal(0, 0.12 / n**1.5) * np.cos(n * turn + rng.uniform(0, 2 * np.pi)) for n in range(1, 6))
    radius = rng.uniform(0.15, 0.45) * (1 + wobble)
    middle = rng.uniform(-0.25, 0.25, 2) * np.multiply(plane.shape, plane.step)
    way = middle[:, None] + radius * np.stack([np.sin(turn), np.cos(turn)])
    row, column = (np.rint(w / s + (n - 1) / 2) for w, s, n in zip(way, plane.step, plane.shape, strict=True))
    inside = (row >= 0) & (row < plane.shape[0]) & (column >= 0) & (column < plane.shape[1])
    return row[inside].astype(np.intp), column[inside].astype(np.intp)


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Absorb light by the law of Beer and Lambert; a grey image is seen in red light."""
    ink = drawn_map(field, 'ink')[0] * (-log(10) * amounts['density'])
    pen = field.arrays['pen'][0].tolist()
    for channel, values in enumerate(u):
        values.mul_((ink * pen[min(channel, 2)]).exp_())
    return u


SPEC = PerturbationSpec(
    name='ink',
    title='pen marks',
    group='optical',
    kind='continuous',
    stage='content',
    response='log',
    parameters=(
        Parameter(
            'density',
            'optical density',
            '',
            (0, 0.15, 0.3, 0.6, 1, 2),
            0,
            6,
            'chosen: from a pale stroke that passes 70 % of the light to an opaque one that passes 1 %',
        ),
    ),
    summary='Strokes of a black, blue, green or red pen, at places of the seed; the same in every slice.',
    model="u' = u 10^(-D k_c m(r)), m the thickness of the ink, k_c the pen's share in red, green and blue light",
    source='law of Beer and Lambert; pen marks: Janowczyk et al., JCO Clin Cancer Inform 3:1 (2019) (HistoQC)',
    apply=apply,
    draw=draw,
    per_channel=False,
    expects='magnitude',
    modalities=('histology',),
)
