"""Bring a mask to the grid of its image: exactly where that is possible, by resampling only when told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import GridMismatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.cases.stored import StoredImage
    from napari_segrobust.geometry import GridGeometry


def align(
    mask: StoredImage, grid: GridGeometry, *, resample: str | None = None
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return the voxels of a mask in the places of `grid`.

    A mask of segments may cover a part of the image: its format leaves out what is background.

    Parameters
    ----------
    mask : StoredImage
        After `StoredImage.spatial`: shape (N, [Z,] Y, X).
    grid : GridGeometry
        Grid of the image.
    resample : {None, 'nearest'}
        What to do with a mask on another grid: refuse, or take the nearest voxel ("Resample (nearest
        neighbour)" in the panel).

    Returns
    -------
    array : ndarray, shape (N, *grid.shape)
    notes : tuple of str
        What was done, for people; empty when nothing was.

    Raises
    ------
    GridMismatchError
        Naming what differs: shape, spacing, direction, origin.
    """
    if resample not in (None, 'nearest'):
        raise ValueError(f'resample is {resample!r}, not None or "nearest"')
    for candidate, note in _exact(mask, grid):
        if grid.same_grid(candidate.grid):
            return candidate.array, (note,) if note else ()
    if mask.segments and (part := _placed(mask, grid)) is not None:
        return part, (f'{mask.name} covers a part of the image: the rest is background',)
    differences = '; '.join(grid.differences(_exact(mask, grid)[0][0].grid))
    placed = mask.grid.ndim == grid.ndim and mask.grid.has_orientation and grid.has_orientation
    if resample == 'nearest' and placed:
        array, outside = _nearest(mask, grid)
        if outside < 1:
            told = f'{mask.name} was resampled to the image by nearest neighbour ({differences})'
            return array, (told + (f'; {outside:.2%} of the image lies outside it' if outside else ''),)
        differences += '; they do not overlap anywhere'
    raise GridMismatchError(
        'Masks not on one grid',
        f'{mask.name} and image differ: {differences}',
        'Load the mask of this series, or choose Resample (nearest neighbour).'
        if placed and resample is None
        else 'Load the mask of this series.',
    )


def _exact(mask: StoredImage, grid: GridGeometry) -> list[tuple[StoredImage, str]]:
    """List the mask in every order of axes that may be meant, each with what to say about it."""
    if mask.grid.ndim != grid.ndim:
        return [(mask, '')]
    if mask.grid.has_orientation and grid.has_orientation:
        moved = mask.reordered(mask.grid.towards(grid))
        mine, its = _code(mask.grid), _code(grid)
        note = f'{mask.name} is stored {mine}, the image {its}: it was re-ordered exactly' if mine != its else ''
        return [(moved, note)]
    # One of the two does not say where the patient lies: it is taken to be stored like the other.
    candidates = [(mask, '')]
    if mask.grid.order != grid.order:
        stored = mask.grid.stored()
        like = stored.reordered(grid.order)
        who = mask.name if not mask.grid.has_orientation else 'the image'
        candidates.insert(0, (mask.reordered(like), f'{who} has no orientation: both are taken to be stored alike'))
    return candidates


def _placed(mask: StoredImage, grid: GridGeometry) -> NDArray[Any] | None:
    """A mask whose voxels are voxels of `grid`, put there; None where they are not, or anything would be cut off."""
    moved = _exact(mask, grid)[0][0]
    if moved.grid.ndim != grid.ndim or not (moved.grid.has_orientation and grid.has_orientation):
        return None
    to_grid, ndim = np.linalg.inv(grid.affine) @ moved.grid.affine, grid.ndim
    start = np.rint(to_grid[:ndim, 3]).astype(int)
    # Voxels may drift apart by a tenth of one from end to end.
    turned = np.abs(to_grid[:ndim, :ndim] - np.eye(ndim)) @ np.array(moved.grid.shape)
    if np.abs(to_grid[:ndim, 3] - start).max() > 0.1 or turned.max() > 0.1:
        return None
    inner = [
        slice(max(-s, 0), min(n, size - s)) for s, n, size in zip(start, moved.grid.shape, grid.shape, strict=True)
    ]
    kept = moved.array[(slice(None), *inner)]
    if np.count_nonzero(kept) < np.count_nonzero(moved.array):
        return None
    placed = np.zeros((len(moved.array), *grid.shape), moved.array.dtype)
    placed[(slice(None), *(slice(s + i.start, s + i.stop) for s, i in zip(start, inner, strict=True)))] = kept
    return placed


def _code(geometry: GridGeometry) -> str:
    """Axis codes of the stored array ("LAS"), fastest axis first."""
    letters = geometry.stored().letters or ()
    return ''.join(end for _, end in letters)


def _nearest(mask: StoredImage, grid: GridGeometry) -> tuple[NDArray[Any], float]:
    """Value of the mask's nearest voxel at every voxel of `grid`, 0 outside; and the share that is outside."""
    from scipy.ndimage import affine_transform

    to_mask = np.linalg.inv(mask.grid.affine) @ grid.affine
    ndim = grid.ndim
    matrix, offset = to_mask[:ndim, :ndim], to_mask[:ndim, 3]

    def sample(array: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(affine_transform(array, matrix, offset, grid.shape, order=0, mode='grid-constant', cval=0))

    inside = sample(np.ones(mask.grid.shape, np.uint8))
    return np.stack([sample(channel) for channel in mask.array]), float(1 - inside.mean())
