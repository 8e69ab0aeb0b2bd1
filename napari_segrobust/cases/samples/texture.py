"""Kamath's synthetic task: a blob of one texture on another, and a dial that makes them alike."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.cases.samples._spec import Choice, Range, SampleSpec
from napari_segrobust.geometry import GridGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 256
TEXTURES = ('brick', 'grass', 'gravel')
REFERENCE = 'blob'

_STREAM = 0x74657874
_SOURCE = 'Kamath et al., MICCAI 2023, pp. 302-311; Comput. Biol. Med. 184:109364, 2025'


@cache
def texture(name: str) -> NDArray[np.float32]:
    """Texture photograph that ships with scikit-image (CC0), shape (512, 512), from 0 to 1."""
    from skimage import data

    photograph: NDArray[np.float32] = getattr(data, name)().astype(np.float32) / 255
    photograph.flags.writeable = False
    return photograph


def blob(rng: np.random.Generator, points: int = 4, roundness: float = 0.4, size: int = SIZE) -> NDArray[np.bool_]:
    """Mask of a smooth closed curve: cubic Bezier pieces through random points, sorted by angle.

    Parameters
    ----------
    rng : Generator
    points : int
        Corners of the curve.
    roundness : float
        Length of a Bezier handle over the length of its piece; 0 is a polygon.
    size : int
        Edge of the square mask, pixels.
    """
    from skimage.draw import polygon2mask

    turn = np.sort(rng.uniform(0, 2 * np.pi / points, points) * 0.7 + np.arange(points) * 2 * np.pi / points)
    radius = rng.uniform(0.14, 0.34, points) * size
    centre = size / 2 + rng.uniform(-0.1, 0.1, 2) * size
    corners = centre + radius[:, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    # The tangent at a corner runs along the chord between its neighbours.
    tangents = np.roll(corners, -1, axis=0) - np.roll(corners, 1, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    ends, end_tangents = np.roll(corners, -1, axis=0), np.roll(tangents, -1, axis=0)
    handle = roundness * np.linalg.norm(ends - corners, axis=1, keepdims=True)
    control = np.stack([corners, corners + handle * tangents, ends - handle * end_tangents, ends])
    t = np.linspace(0, 1, 40, endpoint=False)[:, None, None]
    bernstein = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    curve = sum(weight * piece for weight, piece in zip(bernstein, control, strict=True))
    mask: NDArray[np.bool_] = polygon2mask((size, size), curve.transpose(1, 0, 2).reshape(-1, 2))
    return mask


def blend(
    mask: NDArray[np.bool_],
    foreground: NDArray[np.float32],
    background: NDArray[np.float32],
    alpha: float,
    blended: str = 'foreground',
) -> NDArray[np.float32]:
    """Put one texture into another, and mix the other into it.

    Parameters
    ----------
    mask : ndarray of bool, shape (Y, X)
    foreground, background : ndarray, shape (Y, X)
    alpha : float
        0 keeps both textures apart, 1 makes them the same: larger is harder.
    blended : {'foreground', 'background'}
        Which of the two takes the other in:
        ``m ((1 - a) fg + a bg) + (1 - m) bg``, or ``m fg + (1 - m) ((1 - a) bg + a fg)``.

    Returns
    -------
    ndarray, shape (Y, X), float32

    References
    ----------
    Kamath et al., "Do we really need that skip-connection? Understanding its interplay with task complexity",
    MICCAI 2023, pp. 302-311, in the direction of its code: the text prints the opposite one.
    """
    a = np.float32(alpha)
    if blended == 'foreground':
        return np.where(mask, (1 - a) * foreground + a * background, background)
    return np.where(mask, foreground, (1 - a) * background + a * foreground)


def crop(rng: np.random.Generator, name: str) -> NDArray[np.float32]:
    """Random square of a texture, (256, 256)."""
    photograph = texture(name)
    top, left = rng.integers(0, np.array(photograph.shape) - SIZE + 1)
    return photograph[top : top + SIZE, left : left + SIZE]


def make(seed: int, alpha: float, foreground: str, background: str, blended: str) -> Case:
    """Make the image; the blob and both crops depend on `seed` alone."""
    rng = np.random.default_rng([_STREAM, seed])
    mask, inside, outside = blob(rng), crop(rng, foreground), crop(rng, background)
    return Case(
        name=f'{foreground} on {background}, seed {seed}',
        image=blend(mask, inside, outside, alpha, blended)[None],
        geometry=GridGeometry.from_spacing((SIZE, SIZE)),
        references={REFERENCE: mask.astype(np.uint8)},
        labels={1: Label('blob', (86, 180, 233))},
        modality='photograph',
        provenance={'source': "scikit-image's own textures (CC0), blended", 'task': _SOURCE},
        notes=('generated from photographs of textures',),
    )


SAMPLE = SampleSpec(
    name='texture',
    title='Texture (synthetic task of Kamath 2023)',
    summary='A blob of one texture on another; alpha mixes them until no network can tell them apart.',
    make=make,
    parameters=(
        Range('seed', 'Seed', '', 1, 0, 99_999, whole=True),
        Range('alpha', 'Blend', '', 0.1, 0.0, 1.0, source=_SOURCE),
        Choice('foreground', 'Texture inside', 'brick', TEXTURES),
        Choice('background', 'Texture outside', 'grass', TEXTURES),
        Choice('blended', 'Which takes the other in', 'foreground', ('foreground', 'background'), source=_SOURCE),
    ),
)
