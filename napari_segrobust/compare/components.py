"""Connected objects of a mask, how those of two masks overlap, and what can be said of a mask's topology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.surfaces import overlap_views

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import Connectivity
    from napari_segrobust.compare.surfaces import Surface


@dataclass(frozen=True, eq=False)
class Components:
    """Connected objects of a mask.

    Attributes
    ----------
    numbers : ndarray of int32
        Number of each voxel's object from 1, in array order of their first voxels; on the crop of the surface.
    sizes : ndarray of int64, shape (N,)
        Voxels of each object.
    """

    numbers: NDArray[np.int32]
    sizes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Pairs of objects of two masks that share voxels.

    Attributes
    ----------
    reference, prediction : ndarray of int, shape (M,)
        Index of the object, from 0.
    voxels : ndarray of int64, shape (M,)
        Voxels they share.
    iou : ndarray of float64, shape (M,)
    """

    reference: NDArray[np.intp]
    prediction: NDArray[np.intp]
    voxels: NDArray[np.int64]
    iou: NDArray[np.float64]


def components(surface: Surface, connectivity: Connectivity) -> Components:
    """Connected objects of a mask.

    Parameters
    ----------
    surface : Surface
        May be empty.
    connectivity : {'full', 'face'}
        Which voxels make one object: all neighbours (8 in 2D, 26 in 3D), or those that share a face (4, 6).
    """

    def make() -> Components:
        if surface.empty:
            return Components(np.zeros(surface.mask.shape, np.int32), np.zeros(0, np.int64))
        numbers, _ = label(surface.mask, connectivity)
        return Components(numbers, np.bincount(numbers.ravel())[1:])

    return surface.kept('components', make, connectivity)


def label(mask: NDArray[np.bool_], connectivity: Connectivity) -> tuple[NDArray[np.int32], int]:
    """Number the connected objects of a mask from 1, and count them."""
    from scipy import ndimage  # 0.2 s to load

    checkpoint()
    reach = mask.ndim if connectivity == 'full' else 1
    numbers, count = ndimage.label(mask, ndimage.generate_binary_structure(mask.ndim, reach))
    return numbers, int(count)


def overlaps(pair: MaskPair, connectivity: Connectivity) -> Overlaps:
    """Which objects of the reference and of the prediction share voxels, and how many."""

    def make() -> Overlaps:
        ours, theirs = (components(surface, connectivity) for surface in (pair.reference, pair.prediction))
        first, second = overlap_views(pair.reference, pair.prediction, ours.numbers, theirs.numbers)
        both = (first > 0) & (second > 0)
        codes = (first[both].astype(np.int64) - 1) * len(theirs) + second[both] - 1
        found, voxels = np.unique(codes, return_counts=True)
        reference, prediction = np.divmod(found, max(len(theirs), 1))
        union = ours.sizes[reference] + theirs.sizes[prediction] - voxels
        return Overlaps(reference, prediction, voxels, voxels / union)

    return pair.shared(f'overlaps {connectivity}', make)


def hole_count(surface: Surface, connectivity: Connectivity) -> int:
    """Regions of background that a mask encloses: holes in 2D, cavities in 3D.

    Background is connected the other way round: with objects of full connectivity across faces, and vice versa.
    """
    if surface.empty:
        return 0
    other: Connectivity = 'face' if connectivity == 'full' else 'full'
    return label(~np.pad(surface.flat, 1), other)[1] - 1


def euler_characteristic(surface: Surface, connectivity: Connectivity) -> int:
    """Objects minus holes in 2D; objects minus tunnels plus cavities in 3D.

    Counted as cells of a complex, even dimensions minus odd ones. With full connectivity the voxels are closed cubes,
    and a cell belongs to the mask when any of the voxels around it does; with face connectivity the voxels are its
    points, and a cell belongs to it when all of its corners do (Kong & Rosenfeld 1989,
    doi:10.1016/0734-189X(89)90147-3).
    """
    if surface.empty:
        return 0
    full = connectivity == 'full'
    cells = [np.pad(surface.flat, 1)] if full else [surface.flat]
    signs = [(-1) ** surface.flat.ndim] if full else [1]
    merge = np.logical_or if full else np.logical_and
    for axis in range(surface.flat.ndim):
        swapped = [np.swapaxes(cell, 0, axis) for cell in cells]
        cells += [np.swapaxes(merge(cell[1:], cell[:-1]), 0, axis) for cell in swapped]
        signs += [-sign for sign in signs]
    return sum(sign * int(np.count_nonzero(cell)) for sign, cell in zip(signs, cells, strict=True))
