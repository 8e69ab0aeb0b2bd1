"""Smooth random fields: cubic B-splines on a coarse lattice, evaluated on any grid without the whole volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def bspline_weights(knots: NDArray[np.float64], intervals: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The four uniform cubic B-splines that reach a place, and the first of them.

    Parameters
    ----------
    knots : ndarray, shape (N,)
        Places in units of the lattice, 0 to `intervals`.
    intervals : int
        Number of lattice intervals along the axis, which ``intervals + 3`` control points belong to.

    Returns
    -------
    ndarray of int, shape (N,), ndarray of float32, shape (4, N)
        Weights sum to 1. Source: Rueckert et al., IEEE Trans. Med. Imaging 18(8), 1999, eq. 2.
    """
    scaled = np.clip(knots, 0, intervals)
    cell = np.minimum(scaled.astype(int), intervals - 1)
    t = scaled - cell
    r = 1 - t
    weights = np.stack([r * r * r, (3 * t - 6) * t * t + 4, ((3 - 3 * t) * t + 3) * t + 1, t * t * t]) / 6
    return cell, weights.astype(np.float32)


def bspline_basis(position: NDArray[np.float64], intervals: int) -> NDArray[np.float32]:
    """Values of the ``intervals + 3`` uniform cubic B-splines at positions in [0, 1].

    Parameters
    ----------
    position : ndarray, shape (N,)
        0 is the first end of the axis and 1 the other.
    intervals : int
        Number of lattice intervals along the axis.

    Returns
    -------
    ndarray, shape (N, intervals + 3), float32
        Rows sum to 1.
    """
    cell, weights = bspline_weights(position * intervals, intervals)
    basis = np.zeros((len(position), intervals + 3), np.float32)
    np.put_along_axis(basis, cell[:, None] + np.arange(4), weights.T, axis=1)
    return basis


@dataclass(frozen=True, eq=False)
class SmoothField:
    """A random smooth function over a box.

    Attributes
    ----------
    coefficients : ndarray, shape (components, k0 + 3[, k1 + 3[, k2 + 3]]), float32
        Weights of the B-splines, per component.
    """

    coefficients: NDArray[np.float32]

    @classmethod
    def draw(cls, rng: np.random.Generator, intervals: Sequence[int], components: int = 1) -> Self:
        """Draw a field with that many lattice intervals per axis; its values have variance 1 on average."""
        weights = rng.standard_normal((components, *(k + 3 for k in intervals)))
        # The mean over a cell of the sum of squares of the four B-splines is 151 / 315 per axis.
        return cls((weights / (151 / 315) ** (len(intervals) / 2)).astype(np.float32))

    def at(self, positions: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
        """Values on the grid spanned by per-axis positions in [0, 1]; shape (components, *lengths)."""
        values: NDArray[np.float32] = self.coefficients
        for position in positions:
            # Contracting axis 1 and appending the new one last walks through the axes in order.
            values = np.tensordot(values, bspline_basis(position, values.shape[1] - 3), axes=((1,), (1,)))
        return np.ascontiguousarray(values)

    def over(self, shape: Sequence[int]) -> NDArray[np.float32]:
        """Values at the voxels of a whole grid of that shape; shape (components, *shape)."""
        return self.at([np.linspace(0, 1, n) for n in shape])
