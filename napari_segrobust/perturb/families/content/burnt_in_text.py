"""Burnt-in text: the annotation that scanners and viewers write into the pixels, and that cannot be turned off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.families.content._font import HEIGHT, printed
from napari_segrobust.perturb.spec import Parameter, PerturbationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing

_POSITIONS = ('SUPINE', 'PRONE', 'ERECT', 'LATERAL')


def draw(rng: np.random.Generator, shape: Shape, spacing: Spacing) -> dict[str, NDArray[np.float32]]:
    """Which corner, which side of the body, which position, and the figures of an invented number and time."""
    return {
        'corner': rng.integers(0, 2, 2).astype(np.float32),
        'words': rng.integers(0, (2, len(_POSITIONS))).astype(np.float32),
        'figures': rng.integers(0, 10, 12).astype(np.float32),
    }


def lines(field: FieldBlock) -> list[str]:
    """Three lines of dummy text, such as TEST 0412345, L 12:34 SUPINE, SE 3 IM 42."""
    figures = ''.join(str(int(figure)) for figure in field.arrays['figures'][0].tolist())
    side, position = (int(word) for word in field.arrays['words'][0].tolist())
    minutes = int(figures[7:11]) % 1440
    clock = f'{minutes // 60:02d}:{minutes % 60:02d}'
    return [
        f'TEST {figures[:7]}',
        f'{"LR"[side]} {clock} {_POSITIONS[position]}',
        f'SE {figures[11]} IM {figures[5:7]}',
    ]


def apply(u: torch.Tensor, amounts: Mapping[str, float], field: FieldBlock) -> torch.Tensor:
    """Write letters in hi with an edge in lo, so that they can be read on anything, into the last two axes."""
    import torch

    letters, edge, place = _written(amounts['height'] / 100, field)
    block = field.wanted[-2:]
    part = [slice(max(p.start, b.start), min(p.stop, b.stop)) for p, b in zip(place, block, strict=True)]
    if any(p.start >= p.stop for p in part):
        return u
    own = tuple(slice(p.start - q.start, p.stop - q.start) for p, q in zip(part, place, strict=True))
    rows, columns = (slice(p.start - b.start, p.stop - b.start) for p, b in zip(part, block, strict=True))
    value = torch.from_numpy(letters[own].astype(np.float32)).to(u.device)
    ink = torch.from_numpy((letters | edge)[own].astype(np.float32)).to(u.device)
    here = u[..., rows, columns]
    here += (value - here) * (ink * (amounts['opacity'] / 100))
    return u


def _written(height: float, field: FieldBlock) -> tuple[NDArray[np.bool_], NDArray[np.bool_], tuple[slice, slice]]:
    """Letters, their edges, and where in the plane they stand; what would leave the plane is cut off."""
    from scipy.ndimage import binary_dilation

    letters = printed(lines(field))
    edge = binary_dilation(letters, np.ones((3, 3)))
    rows, columns = field.shape[-2:]
    dot = max(1, round(height * rows / HEIGHT))
    wide = max(1, round(dot * field.spacing[-2] / field.spacing[-1]))
    beside, above = columns // 50, rows // 50
    down, right = (bool(side) for side in field.arrays['corner'][0].tolist())
    letters, edge = (dots.repeat(dot, 0).repeat(wide, 1) for dots in (letters, edge))
    free = max(rows - 2 * above, 1), max(columns - 2 * beside, 1)
    letters, edge = (dots[: free[0], : free[1]] for dots in (letters, edge))
    top = rows - above - len(letters) if down else above
    left = columns - beside - letters.shape[1] if right else beside
    return letters, edge, (slice(top, top + len(letters)), slice(left, left + letters.shape[1]))


SPEC = PerturbationSpec(
    name='burnt_in_text',
    title='burnt-in text',
    group='content',
    kind='continuous',
    stage='content',
    response='linear',
    parameters=(
        Parameter('opacity', 'opacity', '%', (0, 20, 40, 60, 80, 100), 0, 100, 'chosen: even steps to opaque'),
        Parameter('height', 'line', '% of the height', (4,) * 6, 1, 50, 'chosen: 25 lines would fill the image'),
    ),
    summary='Writes three lines of invented text into a corner that the seed chooses, on every slice.',
    model="u' = u + a m (t - u), m = 1 on letters and edge, t = 1 on letters and 0 on their edge",
    source='DICOM (0028,0301) Burned In Annotation; Zech et al., PLoS Med 15:e1002683 (2018): networks use such tokens',
    apply=apply,
    draw=draw,
    per_channel=False,
    modalities=('US', 'X-ray', 'endoscopy', 'fundus', 'CT', 'MR'),
    caution='The text is invented. It stands on the last two axes of the array, the axial plane of volumes.',
)
