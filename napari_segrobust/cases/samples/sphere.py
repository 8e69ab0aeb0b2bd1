"""Kamath's synthetic task of 2022: one bright sphere in uniform noise, whose size sets the foreground fraction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.cases.samples._spec import Range, SampleSpec
from napari_segrobust.geometry import GridGeometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SIZE = 96
REFERENCE = 'sphere'
#: Radii in voxels of the published experiment: those trained on, and those tested on.
TRAINED, TESTED = (25, 34), (5, 47)
NOISE = 0.8

_STREAM = 0x73706865
_SOURCE = 'Kamath et al., Med-NeurIPS 2022: 96 cubed, radius 25 to 34 in training and 5 to 47 in testing'


def ball(shape: Sequence[int], centre: Sequence[float], radius: float) -> NDArray[np.bool_]:
    """Mask of the voxels whose centres lie within `radius` voxels of `centre`."""
    squares = np.zeros((1,) * len(shape))
    for axis, (n, c) in enumerate(zip(shape, centre, strict=True)):
        squares = squares + ((np.arange(n) - c) ** 2).reshape([-1 if a == axis else 1 for a in range(len(shape))])
    mask: NDArray[np.bool_] = squares <= radius**2
    return mask


def dress(mask: NDArray[np.bool_], intensity: float, noise: NDArray[np.floating]) -> NDArray[np.float32]:
    """Image of a mask: the larger of signal and noise, scaled to 0 to 1.

    References
    ----------
    `monai.data.create_test_image_3d`, by which the published images were made.
    """
    image = np.maximum(np.where(mask, intensity, 0), noise)
    lo, hi = image.min(), image.max()
    scaled: NDArray[np.float32] = ((image - lo) / (hi - lo)).astype(np.float32)
    return scaled


def make(seed: int, radius: int, z: float, y: float, x: float, noise: float) -> Case:
    """Make the image; intensity and noise depend on `seed` alone, and `noise` scales one draw."""
    rng = np.random.default_rng([_STREAM, seed])
    intensity, draw = rng.uniform(0.5, 1), rng.random((SIZE,) * 3)
    middle = (SIZE - 1) / 2
    centre = [int(np.rint(middle + share * (middle - radius))) for share in (z, y, x)]
    mask = ball(draw.shape, centre, radius)
    return Case(
        name=f'sphere, radius {radius}, seed {seed}',
        image=dress(mask, intensity, noise * draw)[None],
        geometry=GridGeometry.from_spacing(mask.shape),
        references={REFERENCE: mask.astype(np.uint8)},
        labels={1: Label('sphere', (86, 180, 233))},
        provenance={'source': 'generated sphere in uniform noise', 'task': _SOURCE, 'centre': centre},
        notes=('generated sphere in uniform noise',),
    )


SAMPLE = SampleSpec(
    name='sphere',
    title='Sphere (synthetic task of Kamath 2022)',
    summary='One sphere in uniform noise: its radius sets the share of foreground, from nearly nothing to half.',
    make=make,
    parameters=(
        Range('seed', 'Seed', '', 1, 0, 99_999, whole=True),
        Range('radius', 'Radius in voxels', '', 30, *TESTED, whole=True, source=_SOURCE),
        Range('z', 'Place along axis 0', '', 0.0, -1.0, 1.0, source='0 is the middle, 1 touches the border'),
        Range('y', 'Place along axis 1', '', 0.0, -1.0, 1.0, source='0 is the middle, 1 touches the border'),
        Range('x', 'Place along axis 2', '', 0.0, -1.0, 1.0, source='0 is the middle, 1 touches the border'),
        Range('noise', 'Largest noise', '', NOISE, 0.0, 1.0, source=_SOURCE),
    ),
)
