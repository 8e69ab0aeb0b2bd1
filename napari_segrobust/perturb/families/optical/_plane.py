"""The image plane: places in it, smooth random surfaces over it, and maps that every slice shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.perturb.spec import FieldBlock, Shape, Spacing


@dataclass(frozen=True)
class Plane:
    """The last two axes of a case; lengths are fractions of its shorter side, so that round things are round in mm.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    step : (float, float)
        From one row and one column to the next.
    """

    shape: tuple[int, int]
    step: tuple[float, float]

    @classmethod
    def of(cls, shape: Shape, spacing: Spacing) -> Plane:
        """Plane of a case."""
        rows, columns = shape[-2:]
        side = min(rows * spacing[-2], columns * spacing[-1])
        return cls((rows, columns), (spacing[-2] / side, spacing[-1] / side))

    @property
    def lines(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places of the rows (H, 1) and of the columns (1, W); 0 is the middle."""
        y, x = (np.linspace(-0.5, 0.5, n) * (n - 1) * step for n, step in zip(self.shape, self.step, strict=True))
        return y[:, None], x[None, :]

    def pixel(self, rng: np.random.Generator) -> tuple[int, int]:
        """Any pixel."""
        return int(rng.integers(self.shape[0])), int(rng.integers(self.shape[1]))

    def distance(self, centre: tuple[float, float]) -> NDArray[np.float64]:
        """Distance of every pixel from a place, (H, W)."""
        y, x = self.lines
        return np.hypot(y - centre[0], x - centre[1])


@dataclass(frozen=True)
class Waves:
    """A smooth random surface: a sum of plane waves of random direction and phase.

    Attributes
    ----------
    amplitude : ndarray, shape (K,), complex
        Height and phase of each wave.
    along : ndarray, shape (2, K)
        Wave numbers along rows and columns, in radians.
    """

    amplitude: NDArray[np.complex128]
    along: NDArray[np.float64]

    @classmethod
    def drawn(
        cls, rng: np.random.Generator, longest: float, shortest: float, *, count: int = 64, slope: float = 0.0
    ) -> Waves:
        """Draw waves with lengths between two, evenly in their logarithm, and heights that go with length^slope."""
        length = np.exp(rng.uniform(np.log(shortest), np.log(longest), count))
        angle, phase = rng.uniform(0, 2 * np.pi, (2, count))
        along = 2 * np.pi / length * np.stack([np.sin(angle), np.cos(angle)])
        return cls(length**slope * np.exp(1j * phase), along)

    def height(self, plane: Plane, weights: NDArray[np.complex128] | float = 1.0) -> NDArray[np.float64]:
        """Height of every pixel, (H, W); each wave is a product of one along rows and one along columns."""
        y, x = plane.lines
        rows, columns = np.exp(1j * y * self.along[0]), np.exp(1j * x.T * self.along[1])
        height: NDArray[np.float64] = ((rows * (self.amplitude * weights)) @ columns.T).real
        return height

    def slopes(self, plane: Plane) -> NDArray[np.float64]:
        """Slope along rows and along columns of every pixel, (2, H, W)."""
        return np.stack([self.height(plane, 1j * along) for along in self.along])


def smooth_step(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rise from 0 to 1 between 0 and 1 without a corner."""
    x = np.clip(x, 0, 1)
    rising: NDArray[np.float64] = x * x * (3 - 2 * x)
    return rising


def drawn_map(field: FieldBlock, name: str) -> torch.Tensor:
    """Drawn map (1, H, W) on the given block, ready to act on ``u``: the same in every channel and slice."""
    values = field.arrays[name][0][field.block[-2:]]
    return values[(None,) * (len(field.shape) - 1)]


def whole_plane(amounts: Mapping[str, float], shape: Shape, spacing: Spacing) -> tuple[int, ...]:
    """Halo of what looks at all of a slice and at no other slice."""
    return (*(0,) * (len(shape) - 2), *shape[-2:])
