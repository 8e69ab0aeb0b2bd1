"""How far models agree with each other, voxel by voxel and two by two: no reference is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import CompareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Agreement:
    """Votes of several models.

    Attributes
    ----------
    labels : tuple of int
        Values that were voted for, background first.
    counts : ndarray uint8, shape (labels, *spatial)
        How many models chose each label.
    majority : ndarray
        The label with most votes; of equals the smallest value, so that background wins a tie.
    tied : ndarray of bool
        Where several labels have most votes.
    agreeing : ndarray uint8
        How many models chose the majority.
    entropy_bits : ndarray float32
        Entropy of the votes, ``-sum p log2 p`` with p the share of the models: 0 where all agree, 1 where two labels
        have half of the models each.
    shares : tuple of float or None
        Of each model, the share of the voxels that it labels as the majority does, among those where at least one
        model sees anything; None where none does.
    pairwise : ndarray float64, shape (models, models)
        Share of the voxels that two models label alike, among those where at least one of the two sees anything: with
        one label their IoU. NaN where neither sees anything.
    """

    labels: tuple[int, ...]
    counts: NDArray[np.uint8]
    majority: NDArray[Any]
    tied: NDArray[np.bool_]
    agreeing: NDArray[np.uint8]
    entropy_bits: NDArray[np.float32]
    shares: tuple[float | None, ...]
    pairwise: NDArray[np.float64]

    @property
    def models(self) -> int:
        """How many models voted."""
        return len(self.shares)

    @property
    def seen(self) -> NDArray[np.uint8]:
        """How many models see anything but background at each voxel."""
        background = self.counts[self.labels.index(0)] if 0 in self.labels else np.zeros_like(self.agreeing)
        return np.asarray(self.models - background, np.uint8)

    @property
    def unanimous_share(self) -> float | None:
        """Share of the voxels where all agree, among those where at least one sees anything; None where none does."""
        seen = self.seen > 0
        return float((self.agreeing[seen] == self.models).mean()) if seen.any() else None


def agreement_of(
    predictions: Sequence[NDArray[Any]], label: int | None = None, valid: NDArray[np.bool_] | None = None
) -> Agreement:
    """Count the votes of models.

    Parameters
    ----------
    predictions : sequence of ndarray, shape (*spatial)
        Labels of each model, on one grid.
    label : int, optional
        The only label that is looked at; all of them when None.
    valid : ndarray of bool, optional
        Voxels elsewhere count as background for every model.

    Returns
    -------
    Agreement

    Raises
    ------
    CompareError
        There is no prediction, or they are not on one grid.
    """
    if not predictions or any(mask.shape != predictions[0].shape for mask in predictions):
        shapes = ', '.join(str(mask.shape) for mask in predictions) or 'no prediction'
        raise CompareError('No agreement', shapes, 'Give predictions of one image.')
    kept = np.array(True) if valid is None else valid
    votes = [np.where(kept & ((mask == label) if label is not None else True), mask, 0) for mask in predictions]
    labels = tuple(sorted({0}.union(*(np.unique(mask).tolist() for mask in votes))))
    counts = np.stack([sum((mask == value for mask in votes), np.zeros(votes[0].shape, np.uint8)) for value in labels])
    agreeing = counts.max(axis=0)
    majority = np.asarray(labels)[counts.argmax(axis=0)]
    shares = counts / np.float32(len(votes))
    terms = np.where(shares > 0, shares * np.log2(np.where(shares > 0, shares, 1)), 0)
    seen = counts[0] < len(votes)
    return Agreement(
        labels=labels,
        counts=counts.astype(np.uint8),
        majority=majority,
        tied=np.count_nonzero(counts == agreeing, axis=0) > 1,
        agreeing=agreeing.astype(np.uint8),
        entropy_bits=np.abs(terms.sum(axis=0)).astype(np.float32),
        shares=tuple(float((mask == majority)[seen].mean()) if seen.any() else None for mask in votes),
        pairwise=_pairwise(votes),
    )


def _pairwise(votes: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    found = np.full((len(votes), len(votes)), np.nan)
    for i, one in enumerate(votes):
        for j, other in enumerate(votes[: i + 1]):
            seen = (one != 0) | (other != 0)
            if seen.any():
                found[i, j] = found[j, i] = (one == other)[seen].mean()
    return found
