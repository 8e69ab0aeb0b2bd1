"""Generated heads: the tissue atlas bent into another anatomy, and dressed in another contrast.

The way of SynthSeg (Billot et al., Medical Image Analysis 86, 2023): labels come first, the image is drawn from
them, so the reference is exact. Tissues stay probabilities, so that partial volume comes with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from napari_segrobust.cases.samples.brain import template
from napari_segrobust.perturb.smooth import SmoothField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Lattice spacing in mm of the deformation; twice the largest displacement, so that nothing folds.
LATTICE_MM = 32.0


def tissue_maps() -> NDArray[np.float32]:
    """Fractions of fluid, grey and white matter of the MNI template, shape (3, 189, 233, 197); 0 outside the brain."""
    image, probabilities, _ = template()
    return np.concatenate([np.where(image > 0, probabilities[:1], 0), probabilities[1:]])


@dataclass(frozen=True, eq=False)
class Anatomy:
    """One deformation of the atlas.

    Attributes
    ----------
    bend : SmoothField
        Displacement, one component per axis, not scaled.
    scale : float
        Voxels per unit of `bend`.
    linear : ndarray, shape (ndim, ndim)
        Rotation and growth about the centre.
    mirrored : bool
        Whether left and right (the last axis) are swapped.
    """

    bend: SmoothField
    scale: float
    linear: NDArray[np.float64]
    mirrored: bool

    @classmethod
    def draw(cls, rng: np.random.Generator, shape: Sequence[int], largest: float, mirrored: bool | None = None) -> Self:
        """Draw an anatomy for atlas maps of spatial `shape` at 1 mm.

        Parameters
        ----------
        largest : float
            Length in mm of the largest non-linear displacement over the grid.
        mirrored : bool, optional
            Left and right swapped; by a coin when None.
        """
        ndim = len(shape)
        bend = SmoothField.draw(rng, [max(1, round(n / LATTICE_MM)) for n in shape], ndim)
        coarse = bend.over([max(2, n // 4) for n in shape])
        longest = float(np.sqrt((coarse**2).sum(axis=0)).max())
        growth = np.diag(rng.uniform(0.92, 1.08, ndim))
        tilt = np.triu(rng.uniform(-0.1, 0.1, (ndim, ndim)), 1)
        coin = bool(rng.integers(2))
        return cls(
            bend, largest / longest, growth @ (np.eye(ndim) + tilt - tilt.T), coin if mirrored is None else mirrored
        )

    def apply(self, maps: NDArray[np.float32], block: Sequence[slice] | None = None) -> NDArray[np.float32]:
        """Bend maps (K, *spatial) by linear interpolation; only `block` of the result when it is given."""
        from scipy.ndimage import map_coordinates

        shape = maps.shape[1:]
        block = [slice(0, n) for n in shape] if block is None else block
        index = [np.arange(n)[part] for n, part in zip(shape, block, strict=True)]
        displacement = self.bend.at([i / (n - 1) for i, n in zip(index, shape, strict=True)])
        centre = [(n - 1) / 2 for n in shape]
        signs = [*[1] * (len(shape) - 1), -1 if self.mirrored else 1]
        offsets = [(sign * (i - c)).astype(np.float32) for sign, i, c in zip(signs, index, centre, strict=True)]
        centred = np.meshgrid(*offsets, indexing='ij', sparse=True)
        coordinates = np.empty((len(shape), *(len(i) for i in index)), np.float32)
        for axis, middle in enumerate(centre):
            straight = sum(float(a) * offset for a, offset in zip(self.linear[axis], centred, strict=True))
            coordinates[axis] = middle + straight + self.scale * displacement[axis]
        return np.stack([map_coordinates(m, coordinates, order=1) for m in maps])


@dataclass(frozen=True, eq=False)
class Contrast:
    """How tissues look: T1-like, drawn anew for every head.

    Attributes
    ----------
    means : ndarray, shape (3,)
        Intensity of fluid, grey and white matter; white matter is 1.
    sharpness : float
        Exponent on the tissue fractions: 1 keeps the atlas's own softness.
    bias : SmoothField
        Logarithm of the multiplicative bias field, not scaled.
    bias_strength : float
    blur : float
        Standard deviation in voxels of a Gaussian point spread.
    noise : float
        Standard deviation of additive Gaussian noise; white matter is 1.
    """

    means: NDArray[np.float32]
    sharpness: float
    bias: SmoothField
    bias_strength: float
    blur: float
    noise: float

    @classmethod
    def draw(cls, rng: np.random.Generator, ndim: int, noise: float = 0.02) -> Self:
        """Draw a contrast; the noise level is uniform up to `noise`."""
        grey = rng.uniform(0.66, 0.86)
        return cls(
            means=np.array([grey * rng.uniform(0.25, 0.7), grey, 1.0], np.float32),
            sharpness=rng.uniform(1.0, 1.6),
            bias=SmoothField.draw(rng, [2] * ndim),
            bias_strength=rng.uniform(0.0, 0.06),
            blur=rng.uniform(0.0, 0.6),
            noise=rng.uniform(0.0, noise),
        )

    def render(
        self,
        maps: NDArray[np.float32],
        rng: np.random.Generator,
        positions: Sequence[NDArray[np.float64]] | None = None,
    ) -> NDArray[np.float32]:
        """Turn tissue maps (3, *spatial) into an image (*spatial).

        Parameters
        ----------
        rng : Generator
            Draws the noise.
        positions : sequence of ndarray, optional
            Where the grid lies in the whole head, per axis in [0, 1]; the whole head when None.
        """
        from scipy.ndimage import gaussian_filter

        maps = sharpen(maps, self.sharpness)
        image = np.tensordot(self.means, maps, axes=1)
        field = self.bias.over(image.shape) if positions is None else self.bias.at(positions)
        image *= np.exp(self.bias_strength * field[0])
        image = gaussian_filter(image, self.blur)
        noisy: NDArray[np.float32] = image + self.noise * rng.standard_normal(image.shape, dtype=np.float32)
        return noisy


def sharpen(maps: NDArray[np.float32], exponent: float) -> NDArray[np.float32]:
    """Raise tissue fractions to a power and share their sum out again; the most probable tissue stays."""
    powered: NDArray[np.float32] = maps**exponent
    powered *= maps.sum(axis=0) / np.maximum(powered.sum(axis=0), 1e-6)
    return powered


def with_background(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (3, *spatial) of background (with fluid), grey and white matter from tissue maps."""
    return np.stack([np.clip(1 - maps[1] - maps[2], 0, 1), maps[1], maps[2]])
