"""Is it a mask or an image, and whose mask? Proposals for a person to confirm, never decisions."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.cases.masks import as_labels, is_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: A mask has at most so many labels,
_MOST_LABELS = 256
#: and at least this share of neighbouring voxels carry the same one.
_EQUAL_NEIGHBOURS = 0.9


class Role(StrEnum):
    """What an array is in a case."""

    IMAGE = 'image'
    REFERENCE = 'reference'
    PREDICTION = 'prediction'
    RATER = 'rater'


def looks_like_mask(array: NDArray[Any]) -> bool:
    """Whether an array opens as labels: whole numbers from 0 up, few of them, in patches.

    Parameters
    ----------
    array : ndarray, shape ([Z,] Y, X)
        Stored in any type; floats count when all are whole.
    """
    if array.dtype.kind == 'b':
        return True
    if array.dtype.kind not in 'iuf' or array.size == 0:
        return False
    # Most images are told by a few voxels.
    for sample in (array[tuple(slice(None, None, max(n // 16, 1)) for n in array.shape)], array):
        if not np.isfinite(sample).all() or sample.min() < 0 or sample.max() > np.iinfo(np.uint16).max:
            return False
        if not is_whole(sample):
            return False
    counts = np.bincount(as_labels(array).ravel())
    if np.count_nonzero(counts) > _MOST_LABELS:
        return False
    equal = total = 0
    for axis, n in enumerate(array.shape):
        if n > 1:
            pairs = np.take(array, range(1, n), axis) == np.take(array, range(n - 1), axis)
            equal, total = equal + int(np.count_nonzero(pairs)), total + pairs.size
    return total == 0 or equal >= _EQUAL_NEIGHBOURS * total


def propose_roles(masks: Sequence[bool]) -> list[Role]:
    """Propose a role for each of several inputs, in their order.

    Parameters
    ----------
    masks : sequence of bool
        Whether each input looks like a mask.

    Returns
    -------
    list of Role
        Images stay images. Of one or two masks the first is the reference and the second the
        prediction; of more, the third and later ones are raters.
    """
    order = (Role.REFERENCE, Role.PREDICTION)
    roles = []
    seen = 0
    for is_mask in masks:
        if not is_mask:
            roles.append(Role.IMAGE)
            continue
        roles.append(order[seen] if seen < len(order) else Role.RATER)
        seen += 1
    return roles
