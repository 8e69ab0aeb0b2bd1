"""STAPLE for several labels at once: raters who confuse labels are modelled as such.

As `napari_segrobust.review.staple`, with a table per rater of what is drawn for each true label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.counts import as_labels
from napari_segrobust.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Largest change of any entry of any table in the last step, as in ITK.
TOLERANCE = 1e-5
MOST_ITERATIONS = 10_000


@dataclass(frozen=True, eq=False)
class LabelStaple:
    """What STAPLE of several labels found.

    Attributes
    ----------
    values : tuple of int
        Labels that occur, background among them.
    labels : ndarray of int, shape ([Z,] Y, X)
        The most probable label; the smaller value of equals, see `tied`.
    tied : ndarray of bool, same shape
        Where two labels are equally probable.
    confusion : ndarray of float64, shape (R, L, L)
        Of each rater, how probably label [row] is drawn where [column] is true; NaN in the column of a label that
        is nowhere probable.
    prior : ndarray of float64, shape (L,)
        Share of each label among all votes.
    iterations : int
    converged : bool
    """

    values: tuple[int, ...]
    labels: NDArray[Any]
    tied: NDArray[np.bool_]
    confusion: NDArray[np.float64]
    prior: NDArray[np.float64]
    iterations: int
    converged: bool


def staple_labels(
    raters: Sequence[NDArray[Any]],
    box: tuple[slice, ...] | None = None,
    most_iterations: int = MOST_ITERATIONS,
) -> LabelStaple:
    """Estimate a label mask, and what each rater draws for each label.

    Parameters
    ----------
    raters : sequence of ndarray of int, each of shape ([Z,] Y, X)
        Label masks on one grid, 0 is background.
    box : tuple of slice, optional
        What takes part; everything when None. Outside it the result is background.
    most_iterations : int

    Returns
    -------
    LabelStaple

    Raises
    ------
    ReviewError
        Fewer than two masks, or masks of different shapes.
    CompareError
        Arrays that are no label masks.

    Notes
    -----
    Warfield 2004, doi:10.1109/TMI.2004.828354, section on several labels. The tables start from the majority of each
    voxel; voxels where labels are tied take no part in that start.
    """
    masks = [as_labels(mask) for mask in raters]
    if len(masks) < 2 or any(mask.shape != masks[0].shape for mask in masks):
        why = ', '.join(str(mask.shape) for mask in masks)
        raise ReviewError('No consensus', why, 'Give two or more masks of one image.')
    cut = box or tuple(slice(0, n) for n in masks[0].shape)
    drawn = np.stack([mask[cut].ravel() for mask in masks], axis=1)
    kinds, where, counts = np.unique(drawn, axis=0, return_inverse=True, return_counts=True)
    values, codes = np.unique(kinds, return_inverse=True)
    codes = codes.reshape(kinds.shape)
    chosen = np.eye(len(values))[codes]  # (P, R, L): 1 for the label that was drawn
    tables, prior = _start(chosen, counts.astype(float))
    truth, steps, converged = _truth(chosen, tables, prior), 0, False
    while not converged and steps < most_iterations:
        steps += 1
        new = _tables(chosen, counts[:, None] * truth)
        change = np.abs(np.nan_to_num(new) - np.nan_to_num(tables)).max()
        tables, converged = new, bool(change < TOLERANCE)
        truth = _truth(chosen, tables, prior)
    best = truth.argmax(axis=1)
    tied = np.count_nonzero(np.isclose(truth, truth.max(axis=1, keepdims=True), rtol=0, atol=1e-9), axis=1) > 1
    labels, ties = np.zeros(masks[0].shape, values.dtype), np.zeros(masks[0].shape, bool)
    where = where.ravel()
    labels[cut], ties[cut] = (part[where].reshape(labels[cut].shape) for part in (values[best], tied))
    return LabelStaple(tuple(int(v) for v in values), labels, ties, tables, prior, steps, converged)


def _start(chosen: NDArray[Any], counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tables against the majority, and the share of each label among all votes."""
    votes = chosen.sum(axis=1)
    most = votes.max(axis=1, keepdims=True)
    clear = np.count_nonzero(votes == most, axis=1) == 1
    if not clear.any():  # every voxel is tied: the votes themselves are the start
        majority = votes / votes.sum(axis=1, keepdims=True)
    else:
        majority = (votes == most) * clear[:, None]
    prior = counts @ votes
    return _tables(chosen, counts[:, None] * majority), prior / prior.sum()


def _tables(chosen: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """How probably each rater draws [row] where [column] is true, given the weight of each truth, shape (P, L)."""
    joint = np.einsum('prj,pc->rjc', chosen, weights)
    total = joint.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(joint, total, out=np.full(joint.shape, np.nan), where=total > 0))


def _truth(chosen: NDArray[Any], tables: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability of each label, shape (P, L); the share of the votes where none is possible."""
    likelihood = np.einsum('prj,rjc->prc', chosen, np.nan_to_num(tables)).prod(axis=1) * prior
    total = likelihood.sum(axis=1, keepdims=True)
    votes = chosen.mean(axis=1)
    result: NDArray[np.float64] = np.divide(likelihood, total, out=votes, where=total > 0)
    return result
