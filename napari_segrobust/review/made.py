"""A consensus by any rule as an array that can be drawn, saved, or taken as a reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.consensus import RULES, ConsensusCode, consensus
from napari_segrobust.review.maps import fraction_map
from napari_segrobust.review.staple_labels import staple_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.review.agreement import Agreement

#: What can be made beside `RULES`: the share of the raters, and all labels at once.
SOFT, LABELS = 'soft', 'staple_labels'
ALL_RULES = (*RULES, SOFT, LABELS)


@dataclass(frozen=True, eq=False)
class Made:
    """A consensus on the grid of the case.

    Attributes
    ----------
    rule : str
        One of `ALL_RULES`.
    raters : int
    array : ndarray, shape ([Z,] Y, X)
        `ConsensusCode` (uint8) by the rules of `RULES`; the share that is in (float32), NaN where nobody looked, of
        ``soft``; label values of ``staple_labels``.
    tied : ndarray of bool, same shape, or None
        Where two labels of ``staple_labels`` are equally probable: they have the smaller value.
    voxels : float
        In; expected number of voxels of ``soft``; of all labels together of ``staple_labels``.
    ties : int
        Tied voxels.
    unseen : int
        Voxels at which nobody looked.
    """

    rule: str
    raters: int
    array: NDArray[Any]
    tied: NDArray[np.bool_] | None
    voxels: float
    ties: int
    unseen: int

    @property
    def to_save(self) -> NDArray[Any]:
        """What a file holds: as `array`, and 0 where there is no share."""
        return np.nan_to_num(self.array) if self.rule == SOFT else self.array


def make_consensus(
    agreement: Agreement, rule: str, masks: Mapping[str, NDArray[Any]] | None = None, *, whole: bool = False
) -> Made:
    """Make a consensus.

    Parameters
    ----------
    agreement : Agreement
    rule : str
        One of `ALL_RULES`.
    masks : mapping of str to ndarray of int, optional
        Label masks of the raters, for all labels at once.
    whole : bool
        On the full array, and not on the region.

    Returns
    -------
    Made

    Raises
    ------
    ReviewError
        An unknown rule; or all labels at once of raters who did not look everywhere, or who number labels differently.
    """
    votes, raters = agreement.votes, len(agreement.votes.names)
    patterns = agreement.full_patterns if whole else agreement.patterns
    unseen = agreement.full_patterns.voxels(agreement.full_patterns.looked == 0)
    if rule == SOFT:
        share = fraction_map(votes)
        return Made(rule, raters, share, None, float(np.nansum(share, dtype=np.float64)), 0, unseen)
    if rule == LABELS:
        _refuse_labels(agreement, masks)
        box = None if whole or agreement.region is None else agreement.region.box
        found = staple_labels([(masks or {})[name] for name in votes.names], box)
        sizes = int(np.count_nonzero(found.labels)), int(np.count_nonzero(found.tied))
        return Made(rule, raters, found.labels, found.tied, *sizes, unseen)
    one = consensus(patterns, rule)
    return Made(rule, raters, one.map(votes), None, one.voxels, one.tie_voxels, unseen)


def _refuse_labels(agreement: Agreement, masks: Mapping[str, NDArray[Any]] | None) -> None:
    label = agreement.label
    why = None
    if masks is None:
        why = 'there are no label masks'
    elif not agreement.votes.complete:
        why = 'a rater did not look everywhere'
    elif isinstance(label, Mapping) and len({label[name] for name in agreement.votes.names}) > 1:
        why = 'raters number the labels differently'
    if why is not None:
        raise ReviewError('No consensus of all labels', why, 'Choose another rule.')


def mask_of(made: Made, label: int) -> NDArray[Any]:
    """Label mask of a consensus, shape ([Z,] Y, X): ties, and what nobody looked at, are out.

    Parameters
    ----------
    made : Made
    label : int
        Value where it is in; all labels at once keep theirs.
    """
    if made.tied is not None:
        return np.where(made.tied, 0, made.array).astype(made.array.dtype)
    isin = made.array > 0.5 if made.rule == SOFT else made.array == ConsensusCode.IN
    return np.where(isin, label, 0).astype(np.uint8 if label < 256 else np.uint16)
