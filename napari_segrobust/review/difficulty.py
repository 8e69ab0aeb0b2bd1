"""How hard a case or a slice is for people: where they disagree, and by how much."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.review.votes import Votes


@dataclass(frozen=True, slots=True)
class Difficulty:
    """Disagreement on one case or one slice.

    Attributes
    ----------
    name : str
        The case; a slice is named by `index`.
    mean_dice : float or None
        Mean Dice of all pairs for which it is defined.
    volume_cv : float or None
        Standard deviation of the volumes (of n - 1) over their mean.
    disputed : float
        Volume where some who looked are in and some are out, in `unit`.
    unit : str
    index : int or None
        Slice along axis 0.
    model_score : float or None
        Dice of a model with the strict majority, or its mean over the leave-one-out majorities.
    """

    name: str
    mean_dice: float | None
    volume_cv: float | None
    disputed: float
    unit: str
    index: int | None = None
    model_score: float | None = None

    @property
    def surprise(self) -> float | None:
        """How much better people agree with each other than the model with them; None where one is undefined."""
        if self.mean_dice is None or self.model_score is None:
            return None
        return self.mean_dice - self.model_score

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {**asdict(self), 'surprise': self.surprise}


def case_difficulty(votes: Votes, name: str = 'case', model_score: float | None = None) -> Difficulty:
    """Measure how far the raters of one case disagree."""
    patterns = votes.patterns()
    dice = [_dice(*patterns.table(i, j)[:3]) for i, j in combinations(range(patterns.raters), 2)]
    disputed = patterns.voxels((patterns.inside > 0) & (patterns.inside < patterns.looked))
    return Difficulty(
        name,
        _mean(dice),
        variation(votes.volumes),
        disputed * votes.voxel_volume,
        votes.volume_unit,
        model_score=model_score,
    )


def slice_difficulties(votes: Votes) -> tuple[Difficulty, ...]:
    """Measure each slice along axis 0 that any rater drew on; empty for a 2D image.

    Returns
    -------
    tuple of Difficulty
        In the order of the slices; see `hardest_first`.
    """
    if len(votes.shape) != 3 or votes.box is None:
        return ()
    box = votes.box
    masks = [mask[box] for mask in votes.masks]
    looked = [None if looked is None else looked[box] for looked in votes.looked]
    sizes = np.array([_per_slice(mask) for mask in masks])
    inside = sum((mask.astype(np.uint8) for mask in masks), np.zeros(masks[0].shape, np.uint8))
    judges = sum(
        (np.uint8(1) if view is None else view.astype(np.uint8) for view in looked), np.zeros(masks[0].shape, np.uint8)
    )
    disputed = _per_slice((inside > 0) & (inside < judges))
    overlaps = {}
    for i, j in combinations(range(len(masks)), 2):
        first, second = _common(masks[i], looked[j]), _common(masks[j], looked[i])
        both = _per_slice(first & second)
        overlaps[i, j] = both, _per_slice(first) - both, _per_slice(second) - both
    # A rater who did not look at a whole slice has no volume there.
    there = np.array([np.ones(len(sizes[0]), bool) if view is None else view.any(axis=(1, 2)) for view in looked])
    found = []
    for z in np.flatnonzero(sizes.any(axis=0)).tolist():
        dice = [
            _dice(*(int(part[z]) for part in parts)) for (i, j), parts in overlaps.items() if there[[i, j], z].all()
        ]
        volumes = (sizes[:, z] * votes.voxel_volume)[there[:, z]]
        found.append(
            Difficulty(
                f'slice {z + box[0].start}',
                _mean(dice),
                variation(volumes.tolist()),
                float(disputed[z] * votes.voxel_volume),
                votes.volume_unit,
                z + box[0].start,
            )
        )
    return tuple(found)


def hardest_first(items: Iterable[Difficulty], by: str = 'mean_dice') -> tuple[Difficulty, ...]:
    """Sort by ``mean_dice`` (lowest first), ``volume_cv``, ``disputed`` or ``surprise`` (highest first).

    What is undefined comes last.
    """
    sign = 1.0 if by == 'mean_dice' else -1.0

    def key(item: Difficulty) -> tuple[bool, float]:
        value = getattr(item, by)
        return value is None, 0.0 if value is None else sign * value

    return tuple(sorted(items, key=key))


def variation(volumes: Sequence[float]) -> float | None:
    """Coefficient of variation: standard deviation (of n - 1) over the mean; None below two volumes or for mean 0."""
    values = np.asarray(volumes, float)
    if len(values) < 2 or not values.mean() > 0:
        return None
    return float(values.std(ddof=1) / values.mean())


def _dice(tp: int, fp: int, fn: int) -> float | None:
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def _common(mask: NDArray[np.bool_], looked: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    return mask if looked is None else mask & looked


def _per_slice(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.asarray(np.count_nonzero(mask, axis=(1, 2)), np.int64)
