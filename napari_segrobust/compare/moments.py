"""Centre and spread of the voxels of a mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare.surfaces import Surface


@dataclass(frozen=True, eq=False)
class Moments:
    """Centre and spread, in voxels.

    Attributes
    ----------
    size : int
        Number of voxels.
    origin : tuple of int
        First voxel of the mask's crop.
    mean : ndarray of float64, shape (ndim,)
        Mean index on the crop.
    covariance : ndarray of float64, shape (ndim, ndim)
        With 1 / (size - 1); zero for a single voxel.
    """

    size: int
    origin: tuple[int, ...]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @property
    def centre(self) -> NDArray[np.float64]:
        """Mean index in the image."""
        return self.mean + self.origin

    def step_to(self, other: Moments) -> NDArray[np.float64]:
        """From this centre to another; of the same bits wherever both lie in the image."""
        return other.mean - self.mean + np.subtract(other.origin, self.origin)


def moments(surface: Surface) -> Moments:
    """Centre and spread of a mask that is not empty."""

    def make() -> Moments:
        points = np.argwhere(surface.mask).astype(float)
        mean = points.mean(axis=0)
        points -= mean
        covariance = points.T @ points / max(len(points) - 1, 1)
        return Moments(len(points), surface.origin, mean, covariance)

    return surface.kept('moments', make)
