"""The sphere task of Kamath 2022: one bright ball in noise, and the windows that a network is shown of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Region = Literal['smaller', 'inside', 'larger']
REGIONS: tuple[Region, ...] = ('smaller', 'inside', 'larger')

#: First word of the seed of every stream of this task.
_STREAM = 0x73706865


@dataclass(frozen=True, slots=True)
class SphereTask:
    """Cubes, radii and noise.

    Attributes
    ----------
    size : int
        Edge of the cube, voxels. The paper's is 96; all lengths here are its lengths times ``size / 96``.
    train_radii, test_radii : (float, float)
        Smallest and largest radius, voxels, both included; radii are multiples of `step`.
    step : float
        Between radii, voxels.
    noise : float
        Upper bound of the uniform noise of the background, where the ball is between 0.5 and 1.
    """

    size: int = 48
    train_radii: tuple[float, float] = (12.5, 17.0)
    test_radii: tuple[float, float] = (2.5, 23.5)
    step: float = 0.5
    noise: float = 0.8

    def radii(self, bounds: tuple[float, float]) -> NDArray[np.float64]:
        """All radii between two bounds."""
        return np.arange(bounds[0], bounds[1] + self.step / 2, self.step)

    def region(self, radius: float) -> Region:
        """Where a radius lies against those of the training."""
        low, high = self.train_radii
        return 'smaller' if radius < low else 'larger' if radius > high else 'inside'


def sphere(rng: np.random.Generator, radius: float, task: SphereTask) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Draw one cube.

    Parameters
    ----------
    rng : Generator
    radius : float
        In voxels.
    task : SphereTask

    Returns
    -------
    image : ndarray, shape (Z, Y, X), float32
        From 0 to 1: the ball is 1, the background uniform noise up to ``noise / max(noise, level)``, where the level
        of the ball before scaling is uniform from 0.5 to 1.
    mask : ndarray, shape (Z, Y, X), uint8

    References
    ----------
    Kamath et al., Med-NeurIPS 2022; the formula of their code (amithjkamath/context_vs_fbr): the largest of ball and
    noise, scaled to 0 to 1, the ball then set to 1; centres anywhere where the ball fits.
    """
    margin = int(np.ceil(radius))
    centre = rng.integers(margin, max(margin + 1, task.size - margin), 3)
    axes = np.ogrid[: task.size, : task.size, : task.size]
    mask = sum((axis - place) ** 2 for axis, place in zip(axes, centre, strict=True)) <= radius**2
    level = rng.uniform(0.5, 1.0)
    image = rng.random((task.size,) * 3, dtype=np.float32) * np.float32(task.noise / max(task.noise, level))
    image[mask] = 1
    return image, mask.astype(np.uint8)


def training_set(task: SphereTask, images: int, seed: int) -> list[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Draw the cubes of one training: radii at random from the training range."""
    rng = np.random.default_rng([_STREAM, 1, seed])
    return [sphere(rng, float(rng.choice(task.radii(task.train_radii))), task) for _ in range(images)]


def exam_cubes(task: SphereTask, every: int = 1) -> Iterator[tuple[float, NDArray[np.float32], NDArray[np.uint8]]]:
    """Draw the cubes of the test, the same for all networks: each radius of the test range once.

    Parameters
    ----------
    task : SphereTask
    every : int
        Keep one radius in so many.

    Yields
    ------
    radius : float
    image, mask : ndarray, shape (Z, Y, X)
    """
    for number, radius in enumerate(task.radii(task.test_radii)[::every]):
        yield float(radius), *sphere(np.random.default_rng([_STREAM, 2, number, every]), float(radius), task)


def window_at(
    rng: np.random.Generator, mask: NDArray[np.uint8], window: int, positive: float = 0.5
) -> tuple[slice, ...]:
    """Place a training window: its middle on a voxel of the ball, or with chance ``1 - positive`` on one outside.

    Parameters
    ----------
    rng : Generator
    mask : ndarray, shape (Z, Y, X)
    window : int
        Edge, voxels; moved inside the cube where it would stick out, as MONAI's `RandCropByPosNegLabel` does.
    positive : float
        Share of windows around foreground: 0.5 is the paper's 1 to 1.
    """
    inside = rng.random() < positive
    places = np.flatnonzero(mask.ravel() > 0 if inside else mask.ravel() == 0)
    middle = np.unravel_index(int(places[rng.integers(len(places))]), mask.shape)
    corners = [int(np.clip(m - window // 2, 0, n - window)) for m, n in zip(middle, mask.shape, strict=True)]
    return tuple(slice(corner, corner + window) for corner in corners)


def window_batches(
    cubes: Sequence[tuple[NDArray[np.float32], NDArray[np.uint8]]],
    window: int,
    seed: int,
    images: int = 2,
    windows: int = 2,
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Draw batches without end.

    Parameters
    ----------
    cubes : sequence of (image, mask)
    window : int
    seed : int
    images, windows : int
        Cubes in a batch, and windows from each.

    Yields
    ------
    images : ndarray, shape (B, 1, window, window, window), float32
    labels : ndarray of the same shape, uint8
    """
    rng = np.random.default_rng([_STREAM, 3, seed, window])
    while True:
        chosen = []
        for number in rng.choice(len(cubes), images, replace=False):
            image, mask = cubes[number]
            parts = [window_at(rng, mask, window) for _ in range(windows)]
            chosen += [(image[part], mask[part]) for part in parts]
        yield np.stack([image for image, _ in chosen])[:, None], np.stack([mask for _, mask in chosen])[:, None]
