"""Centre lines of masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.surfaces import overlap_views

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare.pair import MaskPair
    from napari_segrobust.compare.surfaces import Surface


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Centre line of a mask.

    Attributes
    ----------
    voxels : ndarray of bool
        On the crop of the mask.
    size : int
        Number of voxels.
    covered : int
        How many of them the other mask holds.
    """

    voxels: NDArray[np.bool_]
    size: int
    covered: int


def skeleton(surface: Surface) -> NDArray[np.bool_]:
    """Centre line of a mask, on its crop: scikit-image's `skeletonize` (Zhang 1984 in 2D, Lee 1994 in 3D)."""

    def make() -> NDArray[np.bool_]:
        from skimage.morphology import skeletonize  # 0.3 s to load

        checkpoint()
        if surface.empty:
            return surface.mask
        thin = skeletonize(surface.mask.reshape([surface.mask.shape[axis] for axis in surface.plane_axes]))
        return np.asarray(thin, bool).reshape(surface.mask.shape)

    return surface.kept('skeleton', make)


def skeletons(pair: MaskPair) -> tuple[Skeleton, Skeleton]:
    """Centre lines of reference and prediction; neither mask is empty."""

    def one(own: Surface, other: Surface) -> Skeleton:
        line = skeleton(own)
        here, there = overlap_views(own, other, line, other.mask)
        return Skeleton(line, int(np.count_nonzero(line)), int(np.count_nonzero(here & there)))

    return pair.shared(
        'skeletons', lambda: (one(pair.reference, pair.prediction), one(pair.prediction, pair.reference))
    )
