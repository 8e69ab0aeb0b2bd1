"""Occlusion: opaque things before the camera or the detector, such as an instrument, a hand or a coin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.content._grid import inside, offsets, touched
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

#: Shades that are drawn for each thing; channels beyond take them again.
_SHADES = 4


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Two to four things: where (share of each axis), how long against the mean, round or not, how bright."""
    count = int(rng.integers(2, 5))
    drawn = {
        'centre': rng.uniform(0.1, 0.9, (count, len(shape))),
        'stretch': rng.uniform(0.6, 1.4, (count, len(shape))),
        'round': rng.integers(0, 2, count),
        'shade': rng.random((count, _SHADES)),
    }
    return {name: array.astype(np.float32) for name, array in drawn.items()}


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Lay one thing over the other, then fade all of them in."""
    sides = [n * step for n, step in zip(field.shape, field.spacing, strict=True)]
    size = amounts['size'] / 100 * min(sides[-2:])
    scene = u.clone()
    things = (field.arrays[name][0].tolist() for name in ('centre', 'stretch', 'round', 'shade'))
    for where, stretch, is_round, shades in zip(*things, strict=True):
        centre = [share * (n - 1) for share, n in zip(where, field.shape, strict=True)]
        _lay(scene, centre, [size / 2 * s for s in stretch], bool(is_round), shades, field)
    return scene.sub_(u).mul_(amounts['opacity'] / 100).add_(u)


def _lay(
    scene: torch.Tensor,
    centre: Sequence[float],
    half: Sequence[float],
    is_round: bool,
    shades: Sequence[float],
    field: FieldBlock,
) -> None:
    """Cover a scene with one thing of half lengths in mm; its edge is one pixel soft."""
    pixel = min(field.spacing[-2:])
    part = touched(field, centre, [length + pixel for length in half])
    if part is None:
        return
    lines = offsets(field, part, centre, scene)
    if is_round:
        square = sum(((line / length).square() for line, length in zip(lines, half, strict=True)), start=0 * lines[0])
        beyond = square.sqrt_().sub_(1).mul_(min(half))
    else:
        beyond = lines[0].abs() - half[0]
        for line, length in zip(lines[1:], half[1:], strict=True):
            beyond = beyond.maximum(line.abs() - length)
    cover = (0.5 - beyond / pixel).clamp_(0, 1)
    for channel, covered in enumerate(scene[inside(field, part)]):
        covered.add_((shades[channel % _SHADES] - covered) * cover)


SPEC = PerturbationSpec(
    name='occlusion',
    title='occlusion',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        Parameter('opacity', 'opacity', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to opaque'),
        Parameter(
            'size',
            'size',
            '% of the shorter side',
            (25,) * 6,
            1,
            200,
            'chosen: as random erasing, whose boxes cover 2 to 40 % of the image',
        ),
    ),
    summary='Lays two to four even things, round or square, over the image; the seed says where and how bright.',
    model="u' = u + a c(r) (s - u), c = 1 on the thing, s its shade, a = opacity",
    source='Zeiler & Fergus, ECCV 2014 (occluding square); Zhong et al., AAAI 2020 (random erasing)',
    apply=apply,
    draw=draw,
    per_channel=False,
    modalities=('endoscopy', 'fundus', 'X-ray', 'histology', 'US', 'photograph'),
    caution='In a volume the things are solid and lie in some slices only.',
)
