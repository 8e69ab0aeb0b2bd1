"""Lesions whose volume is known exactly: star-shaped bodies with spikes, stretched and turned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Exponent of a spike ((1 + cos angle) / 2) ** 24: about 40 degrees wide at half height.
SPIKE_POWER = 24
SPIKES = 9
#: Points per voxel edge along axes of 2.5, 1 and 1 mm when fractions are counted.
SUBSAMPLES = (5, 2, 2)


@dataclass(frozen=True, eq=False)
class Lesion:
    """The body r(n) <= c (1 + s sum_k a_k ((1 + n.u_k) / 2) ** 24), then stretched and turned.

    Attributes
    ----------
    centre : ndarray, shape (3,)
        In mm, array order.
    diameter : float
        Of the sphere of the same volume, mm.
    spikiness : float
        s: 0 is smooth.
    frame : ndarray, shape (3, 3)
        Takes offsets in mm to the body's own, unstretched axes; its determinant is 1, so the volume stays.
    directions, heights : ndarray, shapes (SPIKES, 3) and (SPIKES,)
        Unit vectors u_k and heights a_k.
    """

    centre: NDArray[np.float64]
    diameter: float
    spikiness: float
    frame: NDArray[np.float64]
    directions: NDArray[np.float64]
    heights: NDArray[np.float64]

    @classmethod
    def draw(
        cls, rng: np.random.Generator, centre: NDArray[np.float64], diameter: float, elongation: float, spikiness: float
    ) -> Self:
        """Draw orientation and spikes; `elongation` is the long over the short axis."""
        turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        axes = elongation ** np.array([2 / 3, -1 / 3, -1 / 3])
        directions = rng.standard_normal((SPIKES, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        return cls(centre, diameter, spikiness, turn / axes[:, None], directions, rng.uniform(0.5, 1.0, SPIKES))

    @property
    def volume_ml(self) -> float:
        """Exact volume: pi d^3 / 6, whatever the spikes, the stretch and the turn."""
        return float(np.pi * self.diameter**3 / 6000)

    @property
    def reach(self) -> NDArray[np.float64]:
        """Half edges (3,) in mm of a box around `centre` that holds the whole body."""
        unit, _ = _sphere()
        surface = self._core() * self._relief(unit)[:, None] * unit @ np.linalg.inv(self.frame).T
        half: NDArray[np.float64] = 1.02 * np.abs(surface).max(axis=0)
        return half

    def _tallest(self) -> float:
        """Return an upper bound of the relief."""
        # The nodes lie 5 degrees apart and a spike is 40 wide: its top is at most 2 % above the nearest node.
        return float(1.02 * self._relief(_sphere()[0]).max())

    def _relief(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        cosines = unit @ self.directions.T
        relief: NDArray[np.float64] = 1 + self.spikiness * (((1 + cosines) / 2) ** SPIKE_POWER @ self.heights)
        return relief

    def _core(self) -> float:
        """Radius c that gives the body its volume, from the mean of relief ** 3 over the sphere."""
        unit, weights = _sphere()
        return self.diameter / 2 / float(np.cbrt(weights @ self._relief(unit) ** 3))

    def contains(self, offsets: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points at offsets (..., 3) in mm from the centre lie inside."""
        own = offsets @ self.frame.T
        length = np.linalg.norm(own, axis=-1)
        core = self._core()
        inside: NDArray[np.bool_] = length <= core
        # Spikes only ever add: nothing but the shell that they reach needs their shape.
        shell = ~inside & (length <= core * self._tallest())
        inside[shell] = length[shell] <= core * self._relief(own[shell] / length[shell][:, None])
        return inside

    def fraction(self, axes_mm: Sequence[NDArray[np.float64]]) -> tuple[tuple[slice, ...], NDArray[np.float32]]:
        """Share of each voxel that the body fills, counted on a fine grid.

        Parameters
        ----------
        axes_mm : sequence of ndarray
            Voxel centres along each axis in mm, evenly spaced.

        Returns
        -------
        block : tuple of slice
            Bounding box of the body on the grid.
        fraction : ndarray
            Over that block, from 0 to 1.
        """
        block, fine = [], []
        for axis, (centres, count) in enumerate(zip(axes_mm, SUBSAMPLES, strict=True)):
            step = centres[1] - centres[0]
            near = np.flatnonzero(np.abs(centres - self.centre[axis]) <= self.reach[axis] + step)
            block.append(slice(int(near[0]), int(near[-1]) + 1))
            within = (np.arange(count) + 0.5) / count - 0.5
            fine.append((centres[near][:, None] + within * step).ravel() - self.centre[axis])
        inside = self.contains(np.stack(np.meshgrid(*fine, indexing='ij'), axis=-1))
        shape = [n for part, count in zip(block, SUBSAMPLES, strict=True) for n in (part.stop - part.start, count)]
        return tuple(block), inside.reshape(shape).mean(axis=(1, 3, 5), dtype=np.float32)


@cache
def _sphere() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Directions (N, 3) and weights (N,) whose sum is the mean over the sphere, exact up to degree 72 (relief ** 3).

    Gauss-Legendre in the polar cosine, evenly spaced in longitude.
    """
    degree = 3 * SPIKE_POWER
    nodes, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    angles = np.arange(degree + 1) * (2 * np.pi / (degree + 1))
    ring = np.sqrt(1 - nodes**2)[:, None]
    unit = np.stack(np.broadcast_arrays(ring * np.cos(angles), ring * np.sin(angles), nodes[:, None]), axis=-1)
    return unit.reshape(-1, 3), np.repeat(weights / 2 / len(angles), len(angles))


def spread_out(rng: np.random.Generator, radii: Sequence[float], count: int) -> NDArray[np.float64]:
    """Places (count, 3) in an ellipsoid, each as far from the earlier ones as 200 random candidates allow.

    A larger `count` keeps the earlier places, so that a slider adds lesions without moving any.
    """
    candidates = rng.standard_normal((200, 3))
    candidates *= (rng.uniform(size=200) ** (1 / 3) / np.linalg.norm(candidates, axis=1))[:, None]
    candidates *= np.asarray(radii)
    chosen = [0]
    while len(chosen) < count:
        distance = np.linalg.norm(candidates[:, None] - candidates[chosen], axis=-1).min(axis=1)
        chosen.append(int(distance.argmax()))
    return candidates[chosen]
