"""One mask as something to compare, with its surface computed once; and the metrics of two of them, by `compare`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.compare.pair import MaskPair
from napari_segrobust.compare.surfaces import Surface, overlap_views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review.votes import Votes

#: What is measured between two masks, as `compare` names it; a difference is the second minus the first.
KEYS = ('dice', 'nsd', 'hd95', 'volume_difference_ml')


@dataclass(frozen=True, eq=False)
class Drawn:
    """A mask, and where it was drawn at all.

    Attributes
    ----------
    name : str
    mask : ndarray of bool, shape ([Z,] Y, X)
    looked : ndarray of bool, same shape, or None
        Where it says anything; None is everywhere.
    """

    name: str
    mask: NDArray[np.bool_]
    looked: NDArray[np.bool_] | None = None

    @cached_property
    def surface(self) -> Surface:
        """The mask, cropped, with its border."""
        return Surface.of(self.mask, 1, valid=self.looked)


def drawn_masks(votes: Votes) -> tuple[Drawn, ...]:
    """Take each rater's mask as something to compare."""
    return tuple(Drawn(*parts) for parts in zip(votes.names, votes.masks, votes.looked, strict=True))


def pair_of(first: Drawn, second: Drawn, spacing: tuple[float, ...] | None) -> MaskPair:
    """Make a pair of two masks where both say something; what lies elsewhere is missing, not background."""
    valid = first.looked if second.looked is None or second.looked is first.looked else second.looked
    if first.looked is not None and valid is not first.looked:
        valid = first.looked & valid if valid is not None else first.looked
    one, other = (
        drawn.surface if valid is drawn.looked else Surface.of(drawn.mask, 1, valid=valid) for drawn in (first, second)
    )
    total = first.mask.size if valid is None else int(np.count_nonzero(valid))
    both = int(np.count_nonzero(np.logical_and(*overlap_views(one, other, one.mask, other.mask))))
    sizes = [int(np.count_nonzero(surface.mask)) for surface in (one, other)]
    counts = both, sizes[1] - both, sizes[0] - both, total - sum(sizes) + both
    return MaskPair(*counts, one, other, spacing, (first.name, second.name), valid=valid)


def measure(
    first: Drawn,
    second: Drawn,
    spacing: tuple[float, ...] | None,
    settings: MetricSettings,
    keys: Sequence[str] = KEYS,
) -> Mapping[str, MetricValue]:
    """Measure two masks with metrics of `compare`.

    Parameters
    ----------
    first, second : Drawn
        As reference and prediction.
    spacing : tuple of float or None
    settings : MetricSettings
    keys : sequence of str
        Of metrics that need nothing but two masks.

    Returns
    -------
    mapping of str to MetricValue
    """
    return measured(pair_of(first, second, spacing), settings, keys)


def measured(pair: MaskPair, settings: MetricSettings, keys: Sequence[str] = KEYS) -> Mapping[str, MetricValue]:
    """Measure a pair; what it has computed stays with it."""
    checkpoint()
    return {key: metric_specs()[key].compute(pair, settings) for key in keys}
