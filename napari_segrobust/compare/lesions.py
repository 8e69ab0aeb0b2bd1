"""Which objects of two masks belong together: one to one for panoptic quality, any to any for lesions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.components import components, overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.settings import Connectivity, MetricSettings
    from napari_segrobust.compare.surfaces import Surface


@dataclass(frozen=True, eq=False)
class Matches:
    """Objects that are the same by panoptic quality: their IoU is above one half, so that each has one partner.

    Attributes
    ----------
    reference, prediction : ndarray of int, shape (M,)
        Index of the object, from 0.
    iou : ndarray of float64, shape (M,)
    missed, spurious : int
        Objects of the reference, and of the prediction, without partner.
    """

    reference: NDArray[np.intp]
    prediction: NDArray[np.intp]
    iou: NDArray[np.float64]
    missed: int
    spurious: int

    def __len__(self) -> int:
        return len(self.iou)


def matches(pair: MaskPair, connectivity: Connectivity) -> Matches:
    """Match the objects of two masks as panoptic quality does."""

    def make() -> Matches:
        shared = overlaps(pair, connectivity)
        same = shared.iou > 0.5
        count = int(np.count_nonzero(same))
        objects = [len(components(surface, connectivity)) for surface in (pair.reference, pair.prediction)]
        return Matches(
            shared.reference[same], shared.prediction[same], shared.iou[same], objects[0] - count, objects[1] - count
        )

    return pair.shared(f'matches {connectivity}', make)


@dataclass(frozen=True)
class Lesions:
    """How many lesions were found, and how.

    Attributes
    ----------
    reference, prediction : int
        Lesions of each mask that are large enough to count.
    found, right : int
        Of the reference, and of the prediction, those that the other mask covers sufficiently.
    merged, split : int
        Of the prediction, and of the reference, those that touch more than one of the other.
    """

    reference: int
    prediction: int
    found: int
    right: int
    merged: int
    split: int


def large_enough(pair: MaskPair, surface: Surface, settings: MetricSettings) -> NDArray[np.bool_]:
    """Which objects of a mask count as lesions, shape (N,)."""
    sizes = components(surface, settings.connectivity).sizes * pair.voxel_volume
    return sizes >= settings.lesion_minimum_ml * (1 - 1e-9)


def lesions(pair: MaskPair, settings: MetricSettings) -> Lesions:
    """Count the lesions of two masks, and those that were found."""

    def make() -> Lesions:
        shared = overlaps(pair, settings.connectivity)
        ours, theirs = (large_enough(pair, surface, settings) for surface in (pair.reference, pair.prediction))
        counted = ours[shared.reference] & theirs[shared.prediction]
        sides = []
        for surface, index, kept in (
            (pair.reference, shared.reference[counted], ours),
            (pair.prediction, shared.prediction[counted], theirs),
        ):
            covered = np.bincount(index, shared.voxels[counted], minlength=len(kept))
            share = covered / components(surface, settings.connectivity).sizes
            touched = np.bincount(index, minlength=len(kept))
            sides.append((share > settings.lesion_overlap, touched > 1))
        (found, split), (right, merged) = sides
        return Lesions(*(int(np.count_nonzero(side)) for side in (ours, theirs, found, right, merged, split)))

    name = f'lesions {settings.connectivity} {settings.lesion_overlap} {settings.lesion_minimum_ml}'
    return pair.shared(name, make)
