"""A generated head with lesions of known volume and five simulated raters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.cases.case import Case, Label
from napari_segrobust.cases.samples._lesions import Lesion, spread_out
from napari_segrobust.cases.samples._raters import HABITS, draw_mask
from napari_segrobust.cases.samples._spec import Range, SampleSpec
from napari_segrobust.geometry import GridGeometry
from napari_segrobust.perturb.smooth import SmoothField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHAPE = (56, 176, 144)
SPACING = (2.5, 1.0, 1.0)
REFERENCE = 'phantom'
#: Diameter of each lesion over that of the first.
RELATIVE_SIZES = (1.0, 0.6, 0.36, 0.8, 0.5, 0.3, 0.7, 0.42)

_STREAM = 0x6C657369
_HEAD_MM = (66.0, 84.0, 68.0)
_LESIONS_WITHIN_MM = (34.0, 46.0, 34.0)
#: FLAIR-like intensities.
_AIR, _SCALP, _SKULL, _FLUID, _GREY, _WHITE, _LESION = 0.0, 0.7, 0.06, 0.12, 0.55, 0.44, 0.7
_BIAS, _NOISE = 0.04, 0.015


def geometry() -> GridGeometry:
    """Grid of the phantom: axial slices 2.5 mm apart, the head's centre at the origin."""
    affine = np.zeros((4, 4))
    affine[[2, 1, 0], [0, 1, 2]] = SPACING * np.array([1, -1, -1])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    affine[3, 3] = 1
    return GridGeometry(SHAPE, affine)


def axes_mm() -> list[NDArray[np.float64]]:
    """Voxel centres along each axis, in mm from the head's centre."""
    return [(np.arange(n, dtype=np.float64) - (n - 1) / 2) * s for n, s in zip(SHAPE, SPACING, strict=True)]


def _fill(depth_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of a voxel behind a boundary `depth_mm` in front of its centre: partial volume over 1.5 mm."""
    share: NDArray[np.float32] = np.clip(0.5 + depth_mm / 1.5, 0, 1)
    return share


def _ellipsoid(radii: Sequence[float], centre: Sequence[float] = (0, 0, 0)) -> NDArray[np.float32]:
    """Depth in mm under the surface of an ellipsoid, to first order; negative outside."""
    parts = [((a - c) / r) ** 2 for a, c, r in zip(axes_mm(), centre, radii, strict=True)]
    length = np.sqrt(parts[0][:, None, None] + parts[1][:, None] + parts[2]).astype(np.float32)
    depth: NDArray[np.float32] = (1 - length) * min(radii)
    return depth


def head(rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise-free head without lesions: scalp, skull, fluid, a folded brain in two halves, ventricles."""
    field = SmoothField.draw(rng, [4, 5, 4]).over(SHAPE)[0]
    folds = SmoothField.draw(rng, [14, 20, 17]).over(SHAPE)[0]
    outer = _ellipsoid(_HEAD_MM)
    brain = outer - 10 + field
    # The fissure between the halves closes 28 mm under the surface.
    fissure = np.abs(axes_mm()[2].astype(np.float32) + 1.5 * field) - 1 + np.maximum(brain - 28, 0)
    brain = np.minimum(brain, fissure)
    image = np.full(SHAPE, _AIR, np.float32)
    # From outside to inside: each tissue covers the last where its depth is positive.
    for depth, intensity in ((outer, _SCALP), (outer - 4, _SKULL), (outer - 7, _FLUID), (brain + 2.5 * folds, _GREY),
                             (brain - 7 + 4 * folds, _WHITE)):  # fmt: skip
        image += _fill(depth) * (intensity - image)
    gap, height = rng.uniform(6, 9), rng.uniform(18, 26)
    for side in (-gap, gap):
        image += _fill(_ellipsoid((height / 2, height, 5), (4, 2, side))) * (_FLUID - image)
    return image


def lesions(rng: np.random.Generator, size: float, elongation: float, spikiness: float, number: int) -> list[Lesion]:
    """Draw the lesions, largest first; `size` is the diameter in mm of a sphere of the first one's volume."""
    places = spread_out(rng, _LESIONS_WITHIN_MM, len(RELATIVE_SIZES))
    bodies = [
        Lesion.draw(rng, place, size * relative, elongation, spikiness)
        for place, relative in zip(places, RELATIVE_SIZES, strict=True)
    ]
    return bodies[:number]


def insert(
    image: NDArray[np.float32], bodies: Sequence[Lesion]
) -> tuple[NDArray[np.float32], list[NDArray[np.bool_]], NDArray[np.float32]]:
    """Put lesions into a head; return the image, a mask per lesion and the filled share of every voxel."""
    fraction, masks = np.zeros(SHAPE, np.float32), []
    for body in bodies:
        block, share = body.fraction(axes_mm())
        mask = np.zeros(SHAPE, bool)
        mask[block] = share >= 0.5
        masks.append(mask)
        fraction[block] = np.maximum(fraction[block], share)
    return image + fraction * (_LESION - image), masks, fraction


def dress(image: NDArray[np.float32], rng: np.random.Generator, noise: float = _NOISE) -> NDArray[np.float32]:
    """Add bias field and Rician noise, as a magnitude image has them."""
    bias = np.exp(_BIAS * SmoothField.draw(rng, [2, 2, 2]).over(SHAPE)[0])
    real, imaginary = noise * rng.standard_normal((2, *SHAPE), dtype=np.float32)
    magnitude: NDArray[np.float32] = np.hypot(image * bias + real, imaginary)
    return magnitude


def make(seed: int, size: float, elongation: float, spikiness: float, number: int) -> Case:
    """Make the phantom; anatomy, places, spikes, noise and raters depend on `seed` alone."""
    of_head, of_lesions, of_noise, of_raters = (np.random.default_rng([_STREAM, seed, part]) for part in range(4))
    bodies = lesions(of_lesions, size, elongation, spikiness, number)
    image, masks, fraction = insert(head(of_head), bodies)
    raters = {habit.name: draw_mask(masks, habit, SPACING, of_raters) for habit in HABITS}
    return Case(
        name=f'lesion phantom, seed {seed}',
        image=dress(image, of_noise)[None],
        geometry=geometry(),
        references={REFERENCE: (fraction >= 0.5).astype(np.uint8), **raters},
        soft_references={REFERENCE: np.stack([1 - fraction, fraction])},
        labels={1: Label('lesion', (230, 159, 0))},
        raters=tuple(raters),
        modality='MR',
        provenance={
            'source': 'generated phantom; its raters are simulated',
            'lesions': [
                {
                    'centre_mm': [round(float(c), 3) for c in body.centre],
                    'diameter_mm': body.diameter,
                    'volume_ml': body.volume_ml,
                }
                for body in bodies
            ],
        },
        notes=('generated phantom; all five raters are simulated',),
    )


SAMPLE = SampleSpec(
    name='lesion',
    title='Lesions (generated phantom, simulated raters)',
    summary='MR-like phantom: lesions of exactly known volume, and five simulated raters who disagree.',
    make=make,
    parameters=(
        Range('seed', 'Seed', '', 1, 0, 99_999, whole=True),
        Range('size', 'Diameter of the largest lesion', 'mm', 22.0, 8.0, 32.0, source='of a sphere of the same volume'),
        Range('elongation', 'Elongation', '', 1.3, 1.0, 3.0, source='long over short axis, volume kept'),
        Range('spikiness', 'Spikiness', '', 0.3, 0.0, 1.0, source='height of a spike over the radius, volume kept'),
        Range('number', 'Number of lesions', '', 3, 1, len(RELATIVE_SIZES), whole=True),
    ),
)
