"""Masks cut out of an image, their borders, and exact distances between the borders of two masks.

The border of a mask is its inner border: mask voxels with a face neighbour (4 in 2D, 6 in 3D) outside the mask;
outside the image is background. An axis along which the image has one voxel is no neighbourhood. Distances run from
voxel centre to voxel centre in physical space.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from napari_segrobust.compare.distances import Distances as Distances
from napari_segrobust.compare.packed import inner_border
from napari_segrobust.compare.search import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

T = TypeVar('T')
A = TypeVar('A', bound=np.generic)
B = TypeVar('B', bound=np.generic)


@dataclass(frozen=True, eq=False)
class Surface:
    """One label's mask, cropped to its bounding box, with what depends on it alone.

    Attributes
    ----------
    mask : ndarray of bool
        The crop; no voxel of the mask lies outside it. Size 0 for an empty mask.
    origin : tuple of int
        Index of the crop's first voxel in the image.
    image_shape : tuple of int
        Shape of the image.
    """

    mask: NDArray[np.bool_]
    origin: tuple[int, ...]
    image_shape: tuple[int, ...]
    _kept: dict[str, tuple[object, Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, labels: NDArray[Any], label: int, planes: slice = slice(None), valid: NDArray[np.bool_] | None = None
    ) -> Surface:
        """Cut `label` out of a label mask.

        Parameters
        ----------
        labels : ndarray of int, shape ([Z,] Y, X)
        label : int
        planes : slice
            Where along axis 0 to look, when the label is known to be absent elsewhere.
        valid : ndarray of bool, same shape, optional
            Voxels that take part.
        """
        # Slice by slice, as the cache holds them; only the crop is ever held as a mask.
        block = labels if labels.ndim == 3 else labels[None]
        inside = None if valid is None else valid.reshape(block.shape)
        face, buffer = np.zeros((2, *labels.shape[-2:]), bool)
        found = []
        for z in range(*planes.indices(len(block))):
            # Where nothing is known, most slices have no such label, and their largest value is quick to find.
            top = block[z].max(initial=0) if planes == slice(None) else None
            if top is not None and top < label:
                continue
            if top == label == 1 and labels.itemsize == 1:
                hit = block[z].view(bool)
            else:
                hit = np.equal(block[z], label, out=buffer)
            if inside is not None:
                hit = np.logical_and(hit, inside[z], out=buffer)
            if hit.any():
                face |= hit
                found.append(z)
        box = bounding_box(face)
        if box is None:
            return cls(np.zeros((0,) * labels.ndim, bool), (0,) * labels.ndim, labels.shape)
        box = (*[slice(found[0], found[-1] + 1)][: labels.ndim - 2], *box)
        mask = np.ascontiguousarray(labels[box]) == label
        if valid is not None:
            mask &= valid[box]
        return cls(mask, tuple(s.start for s in box), labels.shape)

    @classmethod
    def crop(cls, mask: NDArray[np.bool_], origin: tuple[int, ...], image_shape: tuple[int, ...]) -> Surface:
        """Crop a mask whose first voxel lies at `origin` in the image."""
        box = bounding_box(mask) if mask.size else None
        if box is None:
            return cls(np.zeros((0,) * mask.ndim, bool), (0,) * mask.ndim, image_shape)
        return cls(mask[box], tuple(s.start + o for s, o in zip(box, origin, strict=True)), image_shape)

    @property
    def empty(self) -> bool:
        """Whether the mask has no voxel."""
        return self.mask.size == 0

    @property
    def box(self) -> tuple[slice, ...]:
        """Bounding box in the image."""
        return tuple(slice(o, o + n) for o, n in zip(self.origin, self.mask.shape, strict=True))

    @cached_property
    def slice_sizes(self) -> NDArray[np.int64]:
        """Voxels of each slice along axis 0 of the crop, shape (S,); of the whole, shape (1,), for a 2D image."""
        return slice_sizes(self.mask)

    @cached_property
    def axes(self) -> tuple[int, ...]:
        """Axes along which voxels have neighbours: those along which the image has more than one voxel."""
        return tuple(axis for axis, n in enumerate(self.image_shape) if n > 1) or (len(self.image_shape) - 1,)

    @cached_property
    def plane_axes(self) -> tuple[int, ...]:
        """`axes`, and another where they are not two: contours and centre lines need a plane, even of a single row."""
        others = [axis for axis in range(len(self.image_shape)) if axis not in self.axes]
        return self.axes if len(self.axes) > 1 else tuple(sorted((*self.axes, others[-1])))

    @cached_property
    def flat(self) -> NDArray[np.bool_]:
        """The mask with `axes` only."""
        return self.mask.reshape([self.mask.shape[axis] for axis in self.axes])

    @cached_property
    def border(self) -> NDArray[np.bool_]:
        """Inner border, on the same crop as `mask`."""
        return inner_border(self.flat).reshape(self.mask.shape)

    @cached_property
    def border_size(self) -> int:
        """Number of border voxels."""
        return int(np.count_nonzero(self.border))

    def kept(self, name: str, make: Callable[[], T], setting: object = None) -> T:
        """Return what `make` returned last, if for the same setting: it depends on the mask and on that alone."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != setting:
            kept = self._kept[name] = setting, make()
        return cast('T', kept[1])


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, ...] | None:
    """Smallest box that holds the mask, None for an empty one."""
    face: NDArray[np.bool_] = np.any(mask, axis=0) if mask.ndim == 3 else mask
    planes = [np.any(mask, axis=(1, 2))] if mask.ndim == 3 else []
    ranges = [np.flatnonzero(profile) for profile in (*planes, np.any(face, axis=1), np.any(face, axis=0))]
    if not len(ranges[0]):
        return None
    return tuple(slice(int(r[0]), int(r[-1]) + 1) for r in ranges)


def slice_sizes(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Voxels of each slice along axis 0, shape (S,); of the whole, shape (1,), for a 2D mask."""
    return np.array([np.count_nonzero(plane) for plane in (mask if mask.ndim == 3 else mask[None])], np.int64)


def overlap_views(one: Surface, two: Surface, first: NDArray[A], second: NDArray[B]) -> tuple[NDArray[A], NDArray[B]]:
    """Views of two arrays, each on the crop of its surface, where the two crops overlap; of size 0 where they do not.

    Parameters
    ----------
    one, two : Surface
    first, second : ndarray
        Of the shapes of ``one.mask`` and ``two.mask``.
    """
    starts = [max(a.start, b.start) for a, b in zip(one.box, two.box, strict=True)]
    stops = [max(low, min(a.stop, b.stop)) for low, a, b in zip(starts, one.box, two.box, strict=True)]
    here, there = (
        tuple(slice(low - o, high - o) for low, high, o in zip(starts, stops, surface.origin, strict=True))
        for surface in (one, two)
    )
    return first[here], second[there]


def surface_distances(first: Surface, second: Surface, spacing: tuple[float, ...]) -> tuple[Distances, Distances]:
    """Exact distances between two borders, in both directions.

    Parameters
    ----------
    first, second : Surface
        Neither is empty.
    spacing : tuple of float
        In array order; distances come in its unit.

    Returns
    -------
    tuple of Distances
        From `first` to `second`, and back. Each equals what `scipy.ndimage.distance_transform_edt` of the other
        border's complement holds at the border voxels.
    """
    if first is second:
        nowhere = Distances(np.zeros(1), np.array([first.border_size], np.int64))
        return nowhere, nowhere
    frame = Frame.around(first.box, second.box, spacing)
    one, two = frame.embed(first.border, first.origin), frame.embed(second.border, second.origin)
    return frame.histograms(one, two)


def mask_distances(first: Surface, second: Surface, spacing: tuple[float, ...]) -> tuple[Distances, Distances]:
    """Exact distances of all voxels of one mask to the other mask, in both directions; as `surface_distances`."""
    frame = Frame.around(first.box, second.box, spacing)
    one, two = frame.embed(first.mask, first.origin), frame.embed(second.mask, second.origin)
    return frame.histograms(one, two)


def voxel_distances(voxels: Surface, target: Surface, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance of every voxel of a mask to the border of another.

    Parameters
    ----------
    voxels, target : Surface
        Neither is empty.
    spacing : tuple of float

    Returns
    -------
    ndarray of float64, shape (N,)
        One distance per voxel of ``voxels.mask``, in array order.
    """
    frame = Frame.around(voxels.box, target.box, spacing)
    where = np.flatnonzero(frame.embed(voxels.mask, voxels.origin))
    return frame.each(where, frame.embed(target.border, target.origin))


def border_distances(start: Surface, target: Surface, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance of every border voxel of a mask to the border of another.

    Parameters
    ----------
    start, target : Surface
        Neither is empty.
    spacing : tuple of float

    Returns
    -------
    ndarray of float64, shape (N,)
        One distance per voxel of ``start.border``, in array order.
    """
    frame = Frame.around(start.box, target.box, spacing)
    where = np.flatnonzero(frame.embed(start.border, start.origin))
    return frame.each(where, frame.embed(target.border, target.origin))


def surface_distance_map(
    reference: NDArray[np.bool_],
    prediction: NDArray[np.bool_],
    spacing: Sequence[float] | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Signed distance of the prediction's border to the border of the reference.

    Parameters
    ----------
    reference, prediction : ndarray of bool, shape ([Z,] Y, X)
    spacing : sequence of float, optional
        In mm in array order; distances in voxels when None.
    valid : ndarray of bool, same shape, optional
        Voxels that take part; the image ends where they do.

    Returns
    -------
    ndarray of float32, same shape
        At border voxels of the prediction the distance: 0 on the border of the reference, negative inside the
        reference (the prediction is too small there), positive outside (too large). NaN everywhere else, and
        everywhere when the reference is empty.
    """
    steps = (1.0,) * reference.ndim if spacing is None else tuple(float(step) for step in spacing)
    target, start = (Surface.of(mask, True, valid=valid) for mask in (reference, prediction))
    result = np.full(reference.shape, np.nan, np.float32)
    if not target.empty and not start.empty:
        distances = border_distances(start, target, steps)
        inside = reference[start.box][start.border]
        result[start.box][start.border] = np.where(inside, -distances, distances)
    return result
