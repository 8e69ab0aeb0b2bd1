"""From the grid of a case to that of a model: cropped to the foreground, then resampled to the model's voxel size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.context.plan import bounds
from napari_segrobust.segment.axes import model_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Box
    from napari_segrobust.segment.spec import ModelSpec

#: Voxel sizes that differ by no more, in mm, are one: nothing is resampled (as in MONAI, ``AFFINE_TOL``).
SAME_MM = 1e-3
#: Voxels this many times as long as wide are resampled slice by slice, as nnU-Net does.
_ANISOTROPIC = 3.0
#: Half-way between two voxels the upper one is the nearer, as it is to SciPy.
UPWARD = 1e-6
#: Coordinates this close to a voxel, in voxels, are that voxel.
_ON_VOXEL = 1e-9


@dataclass(frozen=True, slots=True)
class GridAxis:
    """One axis of a model's grid, which lies along an axis of the case.

    Voxel ``j`` of ``size`` lies at ``start + first + step * j`` of the case, limited to the crop.

    Attributes
    ----------
    start, length : int
        The crop on this axis, in voxels of the case.
    size : int
        Voxels of the model.
    first : float
        Where its voxel 0 lies, in voxels of the case from `start`.
    step : float
        Its voxel size in voxels of the case.
    """

    start: int
    length: int
    size: int
    first: float = 0.0
    step: float = 1.0

    @property
    def is_native(self) -> bool:
        """Whether its voxels are voxels of the case."""
        return self.step == 1.0

    def case_places(self, start: int, stop: int) -> NDArray[np.float64]:
        """Where its voxels ``start`` to ``stop`` lie, in voxels of the crop; its ends may lie just outside."""
        return self.first + self.step * np.arange(start, stop, dtype=np.float64)

    def model_places(self, start: int, stop: int) -> NDArray[np.float64]:
        """Where voxels ``start`` to ``stop`` of the case, inside the crop, lie in its own voxels."""
        places = (np.arange(start, stop) - self.start - self.first) / self.step
        nearest = np.rint(places)
        return np.clip(np.where(abs(places - nearest) < _ON_VOXEL, nearest, places), 0, self.size - 1)

    def inside(self, start: int, stop: int) -> tuple[int, int]:
        """Cut a range of the case to the crop; empty where they do not meet."""
        lo, hi = max(start, self.start), min(stop, self.start + self.length)
        return lo, max(lo, hi)

    def around(self, start: int, stop: int) -> tuple[int, int]:
        """Its voxels between which the case's voxels ``start`` to ``stop`` lie; empty outside the crop."""
        lo, hi = self.inside(start, stop)
        if lo >= hi:
            return 0, 0
        first, last = self.model_places(lo, lo + 1)[0], self.model_places(hi - 1, hi)[0]
        return math.floor(first), math.ceil(last) + 1


@dataclass(frozen=True)
class ModelGrid:
    """The grid on which a model sees a case; `grid_of` makes it.

    Attributes
    ----------
    case_shape : tuple of int
        Spatial shape of the case.
    axes : tuple of GridAxis
        In the order of the case's axes: the model's own order and direction come after.
    spacing : tuple of float
        Voxel size of the model's grid in mm, 1 where unknown.
    coarse, coarse_back : int or None
        Axis along which nothing is mixed on the way there, and on the way back: the nearest voxel's is taken.
    """

    case_shape: tuple[int, ...]
    axes: tuple[GridAxis, ...]
    spacing: tuple[float, ...]
    coarse: int | None = None
    coarse_back: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape of the model's grid."""
        return tuple(axis.size for axis in self.axes)

    @property
    def is_native(self) -> bool:
        """Whether its voxels are voxels of the case; it may be cropped."""
        return all(axis.is_native for axis in self.axes)

    @property
    def is_case(self) -> bool:
        """Whether it is the grid of the case itself."""
        return self.is_native and self.shape == self.case_shape

    @property
    def shrinking(self) -> tuple[int, ...]:
        """Its axes, those of the largest voxels, against the case's, first."""
        return tuple(sorted(range(len(self.axes)), key=lambda axis: -self.axes[axis].step))

    @property
    def crop(self) -> Box:
        """What of the case it covers, half-open, in voxels of the case."""
        return tuple((axis.start, axis.start + axis.length) for axis in self.axes)

    @property
    def scale(self) -> tuple[float, ...]:
        """Its voxel size in voxels of the case."""
        return tuple(axis.step for axis in self.axes)

    @property
    def origin(self) -> tuple[float, ...]:
        """Where its first voxel lies, in voxels of the case."""
        return tuple(axis.start + axis.first for axis in self.axes)

    def around(self, block: Block) -> Block | None:
        """The model's voxels between which a block of the case lies; None where it lies outside the crop."""
        edges = [axis.around(*edge) for axis, edge in zip(self.axes, bounds(block, self.case_shape), strict=True)]
        return None if any(a >= b for a, b in edges) else tuple(slice(a, b) for a, b in edges)

    def to_model(self, place: Sequence[float]) -> tuple[float, ...]:
        """A place in voxels of the case, in voxels of the model; it may lie outside."""
        return tuple((p - o) / s for p, o, s in zip(place, self.origin, self.scale, strict=True))

    def nearest(self, axis: int, index: int) -> int | None:
        """The model's plane that lies nearest to plane `index` of the case; None outside the crop."""
        mine = self.axes[axis]
        lo, hi = mine.inside(index, index + 1)
        return None if lo >= hi else int(np.rint(mine.model_places(lo, hi)[0]))


def grid_of(spec: ModelSpec, shape: Sequence[int], spacing: Sequence[float], crop: Box | None = None) -> ModelGrid:
    """Lay the grid of a model over a case.

    The convention is that of MONAI's ``Spacing`` (``scale_extent=False``, ``compute_shape_offset``): the first voxel
    of the crop, in the direction of the model's axes, keeps its place; the others follow at the model's spacing, and
    there are ``round((n - 1) * spacing / wanted + 1)`` of them. What would lie beyond the last voxel of the case
    takes its value (``padding_mode="border"``).

    With ``grid='nnunet'`` it is nnU-Net's (`skimage.transform.resize`): the crop keeps its extent,
    ``round(n * spacing / wanted)`` voxels share it evenly, and their centres lie half a voxel within its ends. Nothing
    is mixed across slices that are more than three times as far apart as voxels in them.

    Parameters
    ----------
    spec : ModelSpec
    shape : sequence of int
        Spatial shape of the case.
    spacing : sequence of float
        Its voxel size in mm, array order.
    crop : sequence of (int, int), optional
        What the model sees of it, half-open; None is all.

    Raises
    ------
    ModelError
        The orientation names other axes than the image or its slices have.
    """
    shape = tuple(int(n) for n in shape)
    wanted, flipped = list(spacing), [False] * len(shape)
    if spec.spacing != 'native':
        order = model_axes(spec, len(shape))
        seen = axes_of(spec, len(shape))
        for mm, place, flip in zip(spec.spacing, order.permutation, order.flips, strict=True):
            wanted[seen[place]], flipped[seen[place]] = mm, flip
    axes = tuple(
        _axis(lo, hi - lo, found, asked, flip, evenly=spec.grid == 'nnunet')
        for (lo, hi), found, asked, flip in zip(
            crop or tuple((0, n) for n in shape), spacing, wanted, flipped, strict=True
        )
    )
    own = tuple(mm * axis.step for mm, axis in zip(spacing, axes, strict=True))
    if spec.grid == 'monai':
        return ModelGrid(shape, axes, own)
    return ModelGrid(shape, axes, own, _coarse(spacing, wanted), _coarse(wanted, spacing))


def _coarse(before: Sequence[float], after: Sequence[float]) -> int | None:
    """The one axis along which voxels are much longer than along another, before or else after resampling."""
    for spacing in (before, after):
        if max(spacing) > _ANISOTROPIC * min(spacing):
            longest = [axis for axis, mm in enumerate(spacing) if mm == max(spacing)]
            return longest[0] if len(longest) == 1 else None
    return None


def axes_of(spec: ModelSpec, ndim: int) -> tuple[int, ...]:
    """Axes of an image that a model sees: all but the one along which it runs slice by slice."""
    return tuple(axis for axis in range(ndim) if not (ndim > spec.dimensions and axis == spec.slice_axis))


def _axis(start: int, length: int, found: float, wanted: float, flip: bool, evenly: bool) -> GridAxis:
    if abs(found - wanted) <= SAME_MM:
        return GridAxis(start, length, length)
    if evenly:
        size = max(round(found / wanted * length), 1)
        return GridAxis(start, length, size, (length / size - 1) / 2, length / size)
    size = round((length - 1) * found / wanted + 1)
    step = wanted / found
    return GridAxis(start, length, size, (length - 1) - step * (size - 1) if flip else 0.0, step)
