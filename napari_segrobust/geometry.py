"""Where voxels are: shape, affine, spacing and orientation of a grid, and how the file stored it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from napari_segrobust.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Two grids are the same when every corner voxel centre agrees within this many voxels.
SAME_GRID_TOLERANCE = 0.05
_POSITIVE = 'RAS'
_NEGATIVE = 'LPI'
_Scalar = TypeVar('_Scalar', bound=np.generic)


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

    @classmethod
    def reversal(cls, ndim: int) -> Self:
        """Turn fastest-axis-first, as headers count, into fastest-axis-last, as arrays do."""
        return cls(tuple(reversed(range(ndim))), (False,) * ndim)

    @property
    def is_identity(self) -> bool:
        """Whether applying it changes nothing."""
        return self == AxisOrder.identity(len(self.permutation))

    def then(self, later: AxisOrder) -> AxisOrder:
        """Join two re-orderings: this one, then `later`."""
        return AxisOrder(
            tuple(self.permutation[p] for p in later.permutation),
            tuple(flip != self.flips[p] for p, flip in zip(later.permutation, later.flips, strict=True)),
        )

    def apply(self, array: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Re-order the last ``len(permutation)`` axes of a stored array; a view where possible."""
        if self.is_identity:
            return array
        lead = array.ndim - len(self.permutation)
        moved = array.transpose(*range(lead), *(lead + p for p in self.permutation))
        return self._flipped(moved)

    def undo(self, array: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Bring an array of ours back to the stored order; the inverse of `apply`."""
        if self.is_identity:
            return array
        lead = array.ndim - len(self.permutation)
        inverse = sorted(range(len(self.permutation)), key=self.permutation.__getitem__)
        return self._flipped(array).transpose(*range(lead), *(lead + p for p in inverse))

    def _flipped(self, array: NDArray[_Scalar]) -> NDArray[_Scalar]:
        lead = array.ndim - len(self.flips)
        return array[(slice(None),) * lead + tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]


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

    Notes
    -----
    Geometries are equal when every field is; `same_grid` asks whether the voxels lie in the same places.
    """

    shape: tuple[int, ...]
    affine: NDArray[np.float64]
    has_spacing: bool = True
    has_orientation: bool = True
    order: AxisOrder = AxisOrder((), ())  # stands for the identity

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise CaseError(
                'Geometry unusable',
                'the affine holds NaN or infinity' if affine.shape == (4, 4) else f'the affine is {affine.shape}',
                'Repair the header, or load the array with spacing=... instead.',
            )
        # Volume of the cell against that of the box with the same edges: independent of the voxel size.
        box = float(np.prod(np.linalg.norm(affine[:3, :3], axis=0)))
        if not abs(np.linalg.det(affine[:3, :3])) > 1e-6 * box:
            raise CaseError(
                'Geometry unusable',
                'the affine is singular',
                'Repair the header, or load the array with spacing=... instead.',
            )
        affine.flags.writeable = False
        if len(self.shape) not in (2, 3):
            raise CaseError('Geometry unusable', f'{len(self.shape)} spatial axes', 'Use 2 or 3 spatial axes.')
        object.__setattr__(self, 'affine', affine)
        object.__setattr__(self, 'shape', tuple(int(n) for n in self.shape))
        if not self.order.permutation:
            object.__setattr__(self, 'order', AxisOrder.identity(len(self.shape)))

    def _fields(self) -> tuple[object, ...]:
        return self.shape, self.affine.tobytes(), self.has_spacing, self.has_orientation, self.order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GridGeometry) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

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
        if ndim not in (2, 3):
            raise CaseError('Geometry unusable', f'{ndim} spatial axes', 'Use 2 or 3 spatial axes.')
        steps = np.ones(3)
        steps[:ndim] = 1.0 if spacing is None else spacing
        # Array order of a volume is nearest (S, P, L); a 2D image is an axial slice (P, L) with normal S.
        rows = [[0, 0, -1], [0, -1, 0], [1, 0, 0]] if ndim == 3 else [[0, -1, 0], [-1, 0, 0], [0, 0, 1]]
        directions = np.array(rows, dtype=np.float64)
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
        # Headers hold float32: seven significant digits are what they can say.
        return tuple(float(f'{length:.7g}') for length in lengths)

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
        unit = self.directions
        cosines = [abs(unit[axis, i]) for i, (axis, _) in enumerate(self._nearest())]
        return float(np.degrees(np.arccos(np.clip(min(cosines), -1, 1))))

    @property
    def shear(self) -> float:
        """Largest departure in degrees of two array axes from a right angle; 0 for every orthogonal grid."""
        unit = self.directions
        cosines = np.abs(unit.T @ unit)[np.triu_indices(self.ndim, 1)]
        return float(np.degrees(np.arcsin(np.clip(cosines.max(), 0, 1))))

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit (R, A, S) vector of each array axis, one per column, shape (3, ndim)."""
        columns = self.affine[:3, : self.ndim]
        return np.asarray(columns / np.linalg.norm(columns, axis=0))

    def _nearest(self) -> list[tuple[int, int]]:
        """(patient axis, sign) of each array axis, by the assignment with the largest total cosine."""
        from scipy.optimize import linear_sum_assignment

        unit = self.directions
        columns, rows = linear_sum_assignment(-np.abs(unit.T))
        chosen = dict(zip(columns.tolist(), rows.tolist(), strict=True))
        return [(chosen[i], 1 if unit[chosen[i], i] > 0 else -1) for i in range(self.ndim)]

    def canonical(self) -> Self:
        """Permute and flip the axes to the order nearest (Superior, Posterior, Left); the voxels stay where they are.

        An axial slice then shows anterior up and the patient's right on the viewer's left. A single
        coronal or sagittal slice is turned head up. Arrays follow with ``result.order.apply(stored_array)``.
        Without known orientation nothing moves.
        """
        if not self.has_orientation:
            return self
        nearest = self._nearest()
        axes = [axis for axis, _ in nearest]
        # S, P, L as (patient axis, sign); of a single slice the two that it has, the head up.
        up = -1 if self.ndim == 2 else 1
        wanted = [(axis, sign) for axis, sign in ((2, up), (1, -1), (0, -1)) if axis in axes]
        permutation = tuple(axes.index(axis) for axis, _ in wanted)
        flips = tuple(nearest[p][1] != sign for p, (_, sign) in zip(permutation, wanted, strict=True))
        return self.reordered(AxisOrder(permutation, flips))

    def towards(self, target: GridGeometry) -> Self:
        """Permute and flip the axes to run as nearly as possible along those of `target`."""
        from scipy.optimize import linear_sum_assignment

        cosines = target.directions.T @ self.directions
        _, permutation = linear_sum_assignment(-np.abs(cosines))
        flips = tuple(bool(cosines[i, p] < 0) for i, p in enumerate(permutation))
        return self.reordered(AxisOrder(tuple(int(p) for p in permutation), flips))

    def reordered(self, order: AxisOrder) -> Self:
        """Geometry of ``order.apply(array)`` for an array on this grid; `order` is added to what it remembers."""
        shape = tuple(self.shape[p] for p in order.permutation)
        affine = np.array(self.affine)
        affine[:, : self.ndim] = self.affine[:, list(order.permutation)]
        for axis, flip in enumerate(order.flips):
            if flip:
                affine[:3, 3] += affine[:3, axis] * (shape[axis] - 1)
                affine[:3, axis] *= -1
        return type(self)(shape, affine, self.has_spacing, self.has_orientation, self.order.then(order))

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
        Spacing, direction and origin are only compared where both sides know them. Shapes and
        spacings are written x first, as headers and viewers do.
        """
        if self.shape != other.shape:
            return [f'shape {_times(other.shape)} against {_times(self.shape)}']
        if not (self.has_spacing and other.has_spacing):
            return []
        found = []
        drift = np.abs(np.subtract(self.spacing, other.spacing)) * np.maximum(np.array(self.shape) - 1, 1)
        if (drift > tolerance * np.array(self.spacing)).any():
            found.append(f'spacing {_times(other.spacing)} mm against {_times(self.spacing)} mm')
        if not (self.has_orientation and other.has_orientation):
            return found
        inverse = np.linalg.inv(self.affine[:3, :3])
        if np.abs((other.corners() - self.corners()) @ inverse.T).max() <= tolerance:
            return []
        angle = float(np.degrees(np.arccos(np.clip((self.directions * other.directions).sum(axis=0).min(), -1, 1))))
        if angle > 0.1:
            mine, theirs = _letters(self), _letters(other)
            found.append(
                f'direction {theirs} against {mine}' if mine != theirs else f'direction {angle:.2g} degrees apart'
            )
        offset = other.affine[:3, 3] - self.affine[:3, 3]
        if np.abs(inverse @ offset).max() > tolerance:
            found.append(f'origin {np.linalg.norm(offset):.3g} mm apart')
        return found or ['position of the corner voxels']

    def same_grid(self, other: GridGeometry) -> bool:
        """Whether `other` has its voxels in the same places."""
        return not self.differences(other)


def _times(values: Sequence[float]) -> str:
    return ' x '.join(f'{value:.5g}' for value in reversed(values))


def _letters(geometry: GridGeometry) -> str:
    letters = geometry.letters
    name = 'unknown' if letters is None else ''.join(end for _, end in letters)
    return f'{name} ({geometry.obliquity:.0f} degrees oblique)' if geometry.obliquity > 1 else name
