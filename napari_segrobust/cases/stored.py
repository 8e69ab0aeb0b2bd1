"""What a reader hands over: an array as its file means it, where its voxels lie, and facts worth keeping."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from napari_segrobust.errors import CaseError, SegmentsError
from napari_segrobust.geometry import AxisOrder, GridGeometry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Label
    from napari_segrobust.cases.segments import Segment

#: Share of the free memory that the voxels of one file may take, as float32 or as stored.
MEMORY_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class StoredImage:
    """An image before anyone decided what it is for.

    Attributes
    ----------
    name : str
        File name without folder and suffixes.
    array : ndarray
        Spatial axes with at most one extra axis before or behind them.
    geometry : GridGeometry or None
        Grid of the spatial axes, in the order of `array`. Its ``order`` leads from the header's own
        order, fastest axis first. None for a bare array that may have an extra axis.
    channel_axis : int or None
        Axis of `array` that the file declares to be channels.
    facts : mapping
        Header facts for the provenance: format, dtype, modality. No patient data.
    labels : mapping of int to Label
        Segment names and colours, where the file holds them.
    segments : tuple of Segment
        Named segments, in a format that has them. What lies outside of its voxels is background.
    notes : tuple of str
        What a person must know about how it was read.
    """

    name: str
    array: NDArray[Any]
    geometry: GridGeometry | None
    channel_axis: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[int, Label] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    notes: tuple[str, ...] = ()

    def spatial(self, extra_axis: int | None = None, *, role: str = 'channel') -> Self:
        """Move the extra axis to the front and make sure that the rest is 2 or 3 spatial axes with a grid.

        Parameters
        ----------
        extra_axis : int, optional
            The axis that is not spatial; by default the one that the file declares.
        role : {'channel', 'rater'}
            What the extra axis is asked to be, for messages.

        Returns
        -------
        StoredImage
            Array of shape (N, [Z,] Y, X) in the order of its geometry, N = 1 without an extra axis.

        Raises
        ------
        CaseError
            More than three axes and nobody said which one is not spatial, or the wrong one was named.
        SegmentsError
            The same of a mask: the axis may be one of raters.
        """
        array, axis = self.array, self.channel_axis if extra_axis is None else extra_axis
        spatial_ndim = self.geometry.ndim if self.geometry else array.ndim - (axis is not None)
        if axis is None and (array.ndim > spatial_ndim or array.ndim > 3):
            error = SegmentsError if role == 'rater' else CaseError
            raise error(
                f'{self.name} has {array.ndim} axes',
                f'shape {" x ".join(map(str, array.shape))}, where at most 3 are spatial',
                f'Say which axis holds channels (channel_axis={array.ndim - 1}) or raters (rater_axis=...).',
            )
        if axis is None:
            array = array[np.newaxis]
        elif not -array.ndim <= axis < array.ndim or array.ndim - 1 not in (2, 3):
            raise CaseError(
                f'{role}_axis={axis} does not fit {self.name}',
                f'its shape is {" x ".join(map(str, array.shape))}',
                f'Give an axis that leaves 2 or 3 spatial ones, or no {role}_axis.',
            )
        else:
            array = np.moveaxis(array, axis, 0)
        geometry = self.geometry or bare_geometry(array.shape[1:])
        if array.shape[1:] != geometry.shape:
            raise CaseError(
                f'{role}_axis={axis} does not fit {self.name}',
                f'the spatial shape of the file is {" x ".join(map(str, geometry.shape))}, not {array.shape[1:]}',
                f'Name the axis that is not spatial, or give no {role}_axis.',
            )
        return replace(self, array=array, geometry=geometry, channel_axis=0)

    @property
    def grid(self) -> GridGeometry:
        """The geometry of an image that went through `spatial`."""
        if self.geometry is None:
            raise TypeError('call spatial() first')
        return self.geometry

    def reordered(self, geometry: GridGeometry) -> Self:
        """Follow a geometry that was derived from ours by permuting and flipping axes."""
        array = geometry.order.apply(self.grid.order.undo(self.array))
        return replace(self, array=array, geometry=geometry)


@dataclass(frozen=True)
class Format:
    """A file format: how it is recognised and read.

    Attributes
    ----------
    name : str
        For people ("NIfTI").
    suffixes : tuple of str
        Lower-case endings, ".nii.gz" among them. Empty where the content decides.
    accepts : callable
        Whether a path is of this format; it must be quick.
    read : callable
        Path to `StoredImage`.
    """

    name: str
    suffixes: tuple[str, ...]
    accepts: Callable[[Path], bool]
    read: Callable[[Path], StoredImage]


def bare_geometry(shape: Sequence[int], spacing: Sequence[float] | None = None) -> GridGeometry:
    """Grid of an array without orientation; files hold it reversed, fastest axis first."""
    geometry = GridGeometry.from_spacing(shape, spacing)
    return replace(geometry, order=AxisOrder.reversal(len(shape)))


#: Endings that are no part of an image's name, the longer before the shorter.
_SUFFIXES = (
    *('.gz', '.nii', '.seg.nrrd', '.nrrd', '.nhdr', '.mha', '.mhd'),
    *('.ome.tiff', '.tiff', '.ome.tif', '.tif', '.png', '.npy', '.npz', '.dcm'),
)


def stem(path: Path) -> str:
    """File name without folder and without its suffixes of format ("ct.nii.gz" is "ct")."""
    name = path.name
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
    return name


def counted(count: int, noun: str) -> str:
    """Put a number before a noun: "1 slice", "2 slices"."""
    return f'{count:,} {noun}{"" if count == 1 else "s"}'


def has_suffix(path: Path, suffixes: Sequence[str]) -> bool:
    """Whether a file name ends in one of `suffixes`, whatever the case."""
    return path.name.lower().endswith(tuple(suffixes))


def not_readable(path: Path, why: str, remedy: str = 'Export it, or copy it, again from its source.') -> CaseError:
    """Make the error for a file that cannot be read; it names the file, never its folder."""
    return CaseError(f'{path.name} cannot be read', why, remedy)


def check_voxels(path: Path, shape: Sequence[int], itemsize: int) -> int:
    """Refuse shapes that are not shapes, or that would not fit in memory, before anything is allocated.

    Parameters
    ----------
    shape : sequence of int
        As the header claims.
    itemsize : int
        Bytes of a stored voxel.

    Returns
    -------
    int
        Bytes of all voxels as stored.

    Raises
    ------
    CaseError
    """
    if not shape or any(n < 1 for n in shape):
        raise not_readable(path, f'its header claims a shape of {" x ".join(map(str, shape)) or "nothing"}')
    memory_for(path.name, shape, itemsize)
    return math.prod(int(n) for n in shape) * itemsize


def memory_for(name: str, shape: Sequence[int], itemsize: int) -> int:
    """Return the bytes of an image as float32 or wider; refuse what would take more than a share of the free memory."""
    import psutil

    needed = math.prod(int(n) for n in shape) * max(itemsize, 4)
    free = psutil.virtual_memory().available
    if needed > MEMORY_SHARE * free:
        raise CaseError(
            f'{name} is too large',
            f'{" x ".join(map(str, shape))} voxels need {needed / 2**30:,.3g} GiB, with {free / 2**30:.3g} GiB free',
            'Crop the image, or close other programs; if neither helps, its header may be damaged.',
        )
    return needed


def file_geometry(path: Path, shape: Sequence[int], affine: NDArray[np.float64]) -> GridGeometry:
    """Grid of a file's voxels; what is wrong with its affine is said with the file's name."""
    try:
        return GridGeometry(tuple(shape), affine)
    except CaseError as error:
        raise not_readable(path, error.why, error.remedy) from error


def millimetres(unit: str) -> tuple[float, tuple[str, ...]]:
    """Millimetres per unit of length, 1 for unknown units, and the note to show when it is not 1."""
    factor = {'meter': 1000.0, 'm': 1000.0, 'cm': 10.0, 'micron': 0.001, 'um': 0.001, 'nm': 1e-6}.get(unit, 1.0)
    return factor, () if factor == 1 else (f'lengths were in {unit} and were converted to mm (factor {factor:g})',)
