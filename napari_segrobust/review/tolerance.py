"""A tolerance from the raters themselves: how far apart their borders usually are."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from napari_segrobust.review.drawn import pair_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.compare.distances import Distances
    from napari_segrobust.review.drawn import Drawn


def usual_distance(raters: Sequence[Drawn], spacing: tuple[float, ...] | None) -> float | None:
    """Median distance from a border voxel of one rater to the border of another, over all pairs and both ways.

    Parameters
    ----------
    raters : sequence of Drawn
    spacing : tuple of float or None
        In mm in array order; without it the distance is in voxels.

    Returns
    -------
    float or None
        None where no two raters drew anything.

    Notes
    -----
    Nikolov 2021, doi:10.2196/26151, takes the tolerance of the surface Dice from such distances.
    """
    pooled: Distances | None = None
    for first, second in combinations(raters, 2):
        pair = pair_of(first, second, spacing)
        if pair.status == 'ok':
            both = pair.to_prediction + pair.to_reference
            pooled = both if pooled is None else pooled + both
    return None if pooled is None else pooled.percentile(50)
