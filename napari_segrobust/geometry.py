"""Where voxels are: shape, affine, spacing and orientation of a grid, and how the file stored it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Two grids are the same when every corner voxel centre agrees within this many voxels.
SAME_GRID_TOLERANCE = 0.05
_POSITIVE = 'RAS'
_NEGATIVE = 'LPI'


@dataclass(frozen=True, slots=True)
class AxisOrder:
    """An exact re-ordering of axes: a permutation, then flips. It never interpolates.

    Attributes
    ----------
    permutation : tuple of int
        ``permutation[i]`` is the axis of the stored array that becomes axis ``i`` here.
    flips : tuple of bool
        Whether axis ``i`` of the *result* is reversed.
    """

    permutation: tuple[int, ...]
    flips: tuple[bool, ...]

    @classmethod
    def identity(cls, ndim: int) -> Self:
        """Leave an array of `ndim` axes as it is."""
        return cls(tuple(range(ndim)), (False,) * ndim)

    @property
    def is_identity(self) -> bool:
        """Whether applying it changes nothing."""
        return self == AxisOrder.identity(len(self.permutation))

    def apply(self, array: NDArray) -> NDArray:
        """Re-order the last ``len(permutation)`` axes of a stored array; a view where possible."""
        ndim = len(self.permutation)
        lead = array.ndim - ndim
        moved = array.transpose(*range(lead), *(lead + p for p in self.permutation))
        return moved[(..., *(slice(None, None, -1 if flip else 1) for flip in self.flips))]

    def undo(self, array: NDArray) -> NDArray:
        """Bring an array of ours back to the stored order; the inverse of `apply`."""
        ndim = len(self.permutation)
        lead = array.ndim - ndim
        flipped = array[(..., *(slice(None, None, -1 if flip else 1) for flip in self.flips))]
        inverse = np.argsort(self.permutation)
        return flipped.transpose(*range(lead), *(lead + int(p) for p in inverse))


@dataclass(frozen=True, eq=False)
class GridGeometry:
    """Where the voxels of an array lie.

    Attributes
    ----------
    shape : tuple of int
        Spatial shape in array order, ([Z,] Y, X).
    affine : ndarray, shape (4, 4), float64, read-only
        ``affine @ (i0, i1, i2, 1)`` takes array-order indices to (R, A, S) in mm. For a 2D image
        the first two columns belong to its two axes and the third is their unit normal.
    has_spacing : bool
        False when nothing said how large a voxel is: lengths are then in voxels or pixels.
    has_orientation : bool
        False when nothing said where the patient lies: no letters are shown.
    order : AxisOrder
        How the stored array was re-ordered to become ours; `AxisOrder.undo` restores it.
    """

    shape: tuple[int, ...]
    affine: NDArray[np.float64]
    has_spacing: bool = True
    has_orientation: bool = True
    order: AxisOrder = field(default=None)  # type: ignore[assignment]  # filled in __post_init__

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise CaseError(
                'Geometry unusable',
                'the affine holds NaN or infinity' if affine.shape == (4, 4) else f'the affine is {affine.shape}',
                'Repair the header, or load the array with spacing=... instead.',
            )
        if abs(np.linalg.det(affine[:3, :3])) < 1e-12:
            raise CaseError(
                'Geometry unusable', 'the affine is singular', 'Repair the header, or load the array with spacing=... instead.'
            )
        affine.flags.writeable = False
        object.__setattr__(self, 'affine', affine)
        object.__setattr__(self, 'shape', tuple(int(n) for n in self.shape))
        if self.order is None:
            object.__setattr__(self, 'order', AxisOrder.identity(len(self.shape)))

    @classmethod
    def from_spacing(cls, shape: Sequence[int], spacing: Sequence[float] | None = None) -> Self:
        """Geometry of a bare array: known spacing at most, unknown orientation.

        Parameters
        ----------
        shape : sequence of int
            Spatial shape, ([Z,] Y, X).
        spacing : sequence of float, optional
            Spacing in mm in array order; None when it is unknown.
        """
        ndim = len(shape)
        if spacing is not None and (len(spacing) != ndim or not all(np.isfinite(s) and s > 0 for s in spacing)):
            raise CaseError(
                'Spacing unusable',
                f'{tuple(spacing)} for an array with {ndim} spatial axes',
                f'Give {ndim} positive numbers in mm, in array order.',
            )
        steps = np.ones(3)
        steps[:ndim] = 1.0 if spacing is None else spacing
        # Array order of a volume is nearest (S, P, L); a 2D image is an axial slice (P, L) with normal S.
        directions = np.array([[0, 0, -1], [0, -1, 0], [1, 0, 0]], float) if ndim == 3 else np.array(
            [[0, -1, 0], [-1, 0, 0], [0, 0, 1]], float
        )
        affine = np.eye(4)
        affine[:3, :3] = directions * steps
        return cls(tuple(shape), affine, has_spacing=spacing is not None, has_orientation=False)

    @property
    def ndim(self) -> int:
        """Number of spatial axes, 2 or 3."""
        return len(self.shape)

    @property
    def spacing(self) -> tuple[float, ...]:
        """Voxel size in array order, from the affine: mm, or 1 where the spacing is unknown."""
        lengths = np.linalg.norm(self.affine[:3, : self.ndim], axis=0)
        return tuple(float(round(length, 6)) for length in lengths)

    @property
    def spacing_mm(self) -> tuple[float, ...] | None:
        """Voxel size in mm in array order, None where it is unknown."""
        return self.spacing if self.has_spacing else None

    @property
    def voxel_ml(self) -> float | None:
        """Volume of a voxel in ml; None without spacing or for a 2D image."""
        if not self.has_spacing or self.ndim != 3:
            return None
        return float(np.prod(self.spacing)) / 1000.0

    @property
    def letters(self) -> tuple[tuple[str, str], ...] | None:
        """Patient directions at the (start, end) of each axis, such as (('I', 'S'), ('A', 'P'), ('R', 'L')).

        The letter is that of the nearest patient axis; `obliquity` says how far off it is.
        None where the orientation is unknown.
        """
        if not self.has_orientation:
            return None
        pairs = []
        for axis, sign in self._nearest():
            ends = (_NEGATIVE[axis], _POSITIVE[axis])
            pairs.append(ends if sign > 0 else ends[::-1])
        return tuple(pairs)

    @property
    def obliquity(self) -> float:
        """Largest angle in degrees between an array axis and its nearest patient axis."""
        unit = self.affine[:3, : self.ndim] / np.linalg.norm(self.affine[:3, : self.ndim], axis=0)
        cosines = [abs(unit[axis, i]) for i, (axis, _) in enumerate(self._nearest())]
        return float(np.degrees(np.arccos(np.clip(min(cosines), -1, 1))))

    def _nearest(self) -> list[tuple[int, int]]:
        """(patient axis, sign) of each array axis, by the assignment with the largest total cosine."""
        from scipy.optimize import linear_sum_assignment

        unit = self.affine[:3, : self.ndim] / np.linalg.norm(self.affine[:3, : self.ndim], axis=0)
        columns, rows = linear_sum_assignment(-np.abs(unit.T))
        chosen = dict(zip(columns.tolist(), rows.tolist(), strict=True))
        return [(chosen[i], 1 if unit[chosen[i], i] > 0 else -1) for i in range(self.ndim)]

    def canonical(self) -> Self:
        """The same grid with its axes permuted and flipped to the order nearest (Superior, Posterior, Left).

        An axial slice then shows anterior up and the patient's right on the viewer's left. Arrays
        follow with ``result.order.apply(stored_array)``. Without known orientation nothing moves.
        """
        if not self.has_orientation or self.ndim != 3:
            return self
        nearest = self._nearest()
        wanted = ((2, 1), (1, -1), (0, -1))  # S, P, L as (patient axis, sign)
        permutation = tuple(next(i for i, (axis, _) in enumerate(nearest) if axis == target) for target, _ in wanted)
        flips = tuple(nearest[p][1] != sign for p, (_, sign) in zip(permutation, wanted, strict=True))
        return self.reordered(AxisOrder(permutation, flips))

    def reordered(self, order: AxisOrder) -> Self:
        """Geometry of ``order.apply(array)`` for an array on this grid; remembers `order`."""
        shape = tuple(self.shape[p] for p in order.permutation)
        affine = np.array(self.affine)
        affine[:, : self.ndim] = self.affine[:, list(order.permutation)]
        for axis, flip in enumerate(order.flips):
            if flip:
                affine[:3, 3] += affine[:3, axis] * (shape[axis] - 1)
                affine[:3, axis] *= -1
        return type(self)(shape, affine, self.has_spacing, self.has_orientation, order)

    def stored(self) -> Self:
        """Geometry of the array as the file stores it, before `order` was applied."""
        inverse = tuple(int(p) for p in np.argsort(self.order.permutation))
        unflipped = self.reordered(AxisOrder(tuple(range(self.ndim)), self.order.flips))
        back = unflipped.reordered(AxisOrder(inverse, (False,) * self.ndim))
        return type(self)(back.shape, back.affine, self.has_spacing, self.has_orientation)

    def corners(self) -> NDArray[np.float64]:
        """(R, A, S) of the corner voxel centres in mm, shape (2 ** ndim, 3)."""
        grid = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape], indexing='ij')).reshape(self.ndim, -1).T
        return grid @ self.affine[:3, : self.ndim].T + self.affine[:3, 3]

    def differences(self, other: GridGeometry, tolerance: float = SAME_GRID_TOLERANCE) -> list[str]:
        """Say in words in what `other` differs: shape, spacing, direction, origin. Empty when the grids agree.

        Two grids are the same when all corner voxel centres agree within `tolerance` voxels.
        Spacing, direction and origin are only compared where both sides know them.
        """
        if self.shape != other.shape:
            return [f'shape {_times(other.shape)} against {_times(self.shape)}']
        if not (self.has_spacing and other.has_spacing):
            return []
        found = []
        if not np.allclose(self.spacing, other.spacing, rtol=0, atol=tolerance * min(self.spacing) / max(*self.shape, 2)):
            found.append(f'spacing {_times(other.spacing)} mm against {_times(self.spacing)} mm')
        if not (self.has_orientation and other.has_orientation):
            return found
        if np.abs(self.corners() - other.corners()).max() <= tolerance * min(self.spacing):
            return []
        mine, theirs = (g.affine[:3, : g.ndim] / np.array(g.spacing) for g in (self, other))
        if not np.allclose(mine, theirs, atol=1e-3):
            found.append(f'direction {_letters(other)} against {_letters(self)}')
        if np.abs(self.affine[:3, 3] - other.affine[:3, 3]).max() > tolerance * min(self.spacing):
            offset = float(np.linalg.norm(self.affine[:3, 3] - other.affine[:3, 3]))
            found.append(f'origin {offset:.3g} mm apart')
        return found or ['position of the corner voxels']

    def same_grid(self, other: GridGeometry) -> bool:
        """Whether `other` has its voxels in the same places."""
        return not self.differences(other)


def _times(values: Sequence[float]) -> str:
    return ' x '.join(f'{value:.4g}' if isinstance(value, float) else str(value) for value in values)


def _letters(geometry: GridGeometry) -> str:
    letters = geometry.letters
    name = 'unknown' if letters is None else ''.join(end for _, end in letters)
    return f'{name} ({geometry.obliquity:.0f} degrees oblique)' if geometry.obliquity > 1 else name
