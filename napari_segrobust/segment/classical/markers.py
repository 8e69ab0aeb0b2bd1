"""What clicks, boxes and scribbles mark on a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_segrobust.segment.classical.picture import Picture

Block = tuple[slice, ...]


def seeds(picture: Picture, label: int | None = None) -> list[tuple[int, ...]]:
    """Voxels that were clicked for a class, or for any; those outside the picture are left out."""
    found = []
    for point in picture.shown.prompts.points:
        at = tuple(int(np.floor(a + 0.5)) for a in point.at)
        inside = all(0 <= a < n for a, n in zip(at, picture.grey.shape, strict=True))
        if inside and label in (None, point.label):
            found.append(at)
    return found


def marks(picture: Picture, classes: int, click_mm: float) -> NDArray[np.int32]:
    """Where something is marked: 1 for background, k + 1 for class k, 0 where nothing is; clicks lie over scribbles.

    Parameters
    ----------
    picture : Picture
    classes : int
        Marks of later classes are left out.
    click_mm : float
        Radius of the ball that a click marks; at least the voxel itself.
    """
    scribbles = picture.shown.scribbles
    marked = np.zeros(picture.grey.shape, np.int32)
    if scribbles is not None:
        marked[...] = np.where(scribbles <= classes + 1, scribbles, 0)
    for label in range(classes + 1):
        for at in seeds(picture, label):
            block, ball = _ball(picture, at, click_mm)
            marked[block][ball] = label + 1
    return marked


def with_border(marked: NDArray[np.int32]) -> NDArray[np.int32]:
    """The marks; where no background is marked, the border of the picture is background as far as it bears none."""
    if not marked.any() or (marked == 1).any():
        return marked
    border = np.ones(marked.shape, bool)
    border[(slice(1, -1),) * marked.ndim] = False
    return np.where(border & (marked == 0), 1, marked).astype(np.int32)


def start(picture: Picture, radius_mm: float) -> NDArray[np.bool_]:
    """Where a contour starts: in the boxes, and in a ball around each click on an object; the rest is outside."""
    inside = np.zeros(picture.grey.shape, bool)
    for box in picture.shown.prompts.boxes:
        block = tuple(slice(max(int(np.ceil(a)), 0), max(int(np.ceil(b)), 0)) for a, b in box.edges)
        inside[block] = True
    for point in picture.shown.prompts.points:
        if point.label:
            block, ball = _ball(picture, point.at, radius_mm)
            inside[block] |= ball
    return inside


def around(inside: NDArray[np.bool_], voxels: tuple[float, ...]) -> Block:
    """The smallest block around what is inside, and so many voxels more on every side."""
    block = []
    for axis, (more, n) in enumerate(zip(voxels, inside.shape, strict=True)):
        places = np.flatnonzero(inside.any(axis=tuple(a for a in range(inside.ndim) if a != axis)))
        reach = int(np.ceil(more))
        block.append(slice(max(int(places[0]) - reach, 0), min(int(places[-1]) + 1 + reach, n)))
    return tuple(block)


def touching(mask: NDArray[np.bool_], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Parts of a mask, connected over faces, that touch what is inside."""
    from scipy.ndimage import label

    parts, _ = label(mask)
    kept = np.unique(parts[inside & mask])
    return np.isin(parts, kept[kept > 0])


def hard(mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Labels of one object."""
    return mask.astype(np.uint8)


def _ball(picture: Picture, at: tuple[float, ...], mm: float) -> tuple[Block, NDArray[np.bool_]]:
    """Voxels whose centres lie within a distance of a place; the nearest one at least. The block is empty outside."""
    block, squares = [], []
    for a, s, n in zip(at, picture.spacing, picture.grey.shape, strict=True):
        nearest, reach = int(np.floor(a + 0.5)), int(np.ceil(mm / s)) + 1
        part = slice(max(nearest - reach, 0), max(min(nearest + reach + 1, n), 0))
        block.append(part)
        squares.append(((np.arange(part.start, max(part.stop, part.start)) - a) * s) ** 2)
    squared = np.zeros([len(one) for one in squares])
    for axis, one in enumerate(squares):
        squared += one.reshape([-1 if i == axis else 1 for i in range(len(squares))])
    ball = squared <= mm**2
    for place in _own(at, block):
        ball[place] = True
    return tuple(block), ball


def _own(at: tuple[float, ...], block: list[slice]) -> Iterator[tuple[int, ...]]:
    """The clicked voxel, in voxels of a block, where it lies in it."""
    place = tuple(int(np.floor(a + 0.5)) - part.start for a, part in zip(at, block, strict=True))
    if all(0 <= p < part.stop - part.start for p, part in zip(place, block, strict=True)):
        yield place
