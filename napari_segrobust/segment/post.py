"""Steps after the network, on its labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from napari_segrobust.compare.components import label as number_objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Box = tuple[slice, ...]

#: A volume that is met but for rounding is met.
_ROUNDING = 1e-9


class Post(BaseModel):
    """What is done to predicted labels, in this order; each label by itself.

    Attributes
    ----------
    largest_component : bool
        Only the largest connected component of each label stays; voxels that touch at a corner are connected. Of
        equals the first in array order stays.
    fill_holes : bool
        Background that a label encloses becomes that label; it is enclosed where faces lead nowhere out of it. Where
        labels enclose each other the innermost takes it.
    minimum_ml : float
        Components smaller than this go; in mm² for a 2D image, in voxels where the spacing is unknown.
    """

    model_config = ConfigDict(frozen=True, extra='forbid')

    largest_component: bool = False
    fill_holes: bool = False
    minimum_ml: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @property
    def acts(self) -> bool:
        """Whether anything is done."""
        return self != Post()

    def words(self, unit: str) -> str:
        """What is done, in words; nothing where nothing is.

        Parameters
        ----------
        unit : str
            Of the minimum, from `size_unit`.
        """
        parts = {
            'largest component': self.largest_component,
            'holes filled': self.fill_holes,
            f'from {self.minimum_ml:g} {unit}': self.minimum_ml > 0,
        }
        return ', '.join(words for words, done in parts.items() if done)


def size_unit(ndim: int, spacing: Sequence[float] | None) -> str:
    """Unit in which `Post.minimum_ml` counts on such a grid: "ml", "mm²", "voxels" or "px²"."""
    if spacing is None:
        return 'voxels' if ndim == 3 else 'px²'
    return 'ml' if ndim == 3 else 'mm²'


def finish_labels(labels: NDArray[Any], post: Post, spacing: Sequence[float] | None) -> NDArray[Any]:
    """Do the steps after the network on whole labels.

    Parameters
    ----------
    labels : ndarray of int, shape (*spatial)
        0 is background. Every label keeps its own; none grows over another. What lies outside a context box is
        background here, and stays so.
    post : Post
    spacing : sequence of float or None
        In mm, array order; None where it is unknown.

    Returns
    -------
    ndarray, of the same shape and type
        The labels themselves where nothing is to be done; they are never written to.

    Raises
    ------
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    if not post.acts:
        return labels
    from scipy import ndimage  # 0.2 s to load

    found = labels.copy()
    boxes = {value: box for value, box in enumerate(ndimage.find_objects(labels), start=1) if box is not None}
    smallest = _voxels(post.minimum_ml, spacing, labels.ndim)
    if post.largest_component or not post.fill_holes:
        least = 0 if post.fill_holes else smallest
        for value, box in boxes.items():
            _drop(found[box], value, least, largest=post.largest_component)
    if post.fill_holes:
        _fill(found, boxes)
        if smallest > 1:
            for value, box in boxes.items():
                _drop(found[box], value, smallest, largest=False)
    return found


def _voxels(size: float, spacing: Sequence[float] | None, ndim: int) -> int:
    """The least number of voxels that reaches a size."""
    one = 1.0
    if spacing is not None:
        one = math.prod(spacing) / (1000 if ndim == 3 else 1)
    return math.ceil(size / one * (1 - _ROUNDING))


def _drop(part: NDArray[Any], value: int, smallest: int, *, largest: bool) -> None:
    """Take components of a label away, in place: all but the largest, and those of too few voxels."""
    if smallest <= 1 and not largest:
        return
    mask = part == value
    numbers, count = number_objects(mask, 'full')
    if count <= 1 and smallest <= 1:
        return
    inside = numbers[mask]  # a label is a small share of its box
    sizes = np.bincount(inside, minlength=count + 1)
    kept = sizes >= smallest
    if largest:
        kept &= np.arange(count + 1) == sizes.argmax()
    if not kept[1:].all():
        part[mask] = np.where(kept[inside], part.dtype.type(value), part.dtype.type(0))


def _fill(labels: NDArray[Any], boxes: dict[int, Box]) -> None:
    """Fill what each label encloses, in place: first the label that reaches farthest, so that the innermost wins."""
    free, filled = labels == 0, []
    for value, box in boxes.items():
        holes = _enclosed(labels[box] == value)
        if holes is not None:
            filled.append((np.count_nonzero(labels[box] == value) + np.count_nonzero(holes), value, holes))
    for _, value, holes in sorted(filled, key=lambda entry: (-entry[0], entry[1])):
        part = labels[boxes[value]]
        part[holes & free[boxes[value]]] = value


def _enclosed(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """What a mask encloses within its bounding box; None where that is nothing."""
    outside, count = number_objects(np.pad(~mask, 1, constant_values=True), 'face')
    if count == 1:
        return None
    inner: NDArray[np.bool_] = outside[(slice(1, -1),) * mask.ndim] > 1  # the first is what surrounds the mask
    return inner
