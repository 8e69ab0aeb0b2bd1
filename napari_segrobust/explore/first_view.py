"""Where a case is looked at first: the largest structure, on the slice that shows most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case


def first_label(case: Case) -> int | None:
    """The label with most voxels in the first reference, or else the first prediction; None without masks."""
    mask = _first_mask(case)
    if mask is None:
        return None
    counts = np.bincount(mask.ravel(), minlength=2)
    counts[0] = 0
    return int(counts.argmax()) if counts.any() else None


def first_slice(case: Case, label: int | None) -> int:
    """The slice along axis 0 with most of the label, the middle one where there is none; 0 for a 2D image."""
    if case.ndim != 3:
        return 0
    mask = _first_mask(case)
    if mask is None or label is None:
        return case.shape[0] // 2
    return int(np.count_nonzero(mask == label, axis=(1, 2)).argmax())


def same_image(one: Case, other: Case) -> bool:
    """Whether two cases are one image with other masks, or one sample with other parameters."""
    made = [case.provenance.get('sample', {}).get('name') for case in (one, other)]
    return made[0] == made[1] if made[0] is not None else one.key == other.key


def _first_mask(case: Case) -> NDArray[Any] | None:
    return next(iter([*case.references.values(), *case.predictions.values()]), None)
