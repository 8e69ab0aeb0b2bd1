"""Against the soft label: the share of raters that is in, which keeps what a majority throws away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import compare
from napari_segrobust.review.maps import fraction_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review.drawn import Drawn
    from napari_segrobust.review.votes import Votes

#: Metrics of `compare` with a soft reference.
KEYS = ('dice_semimetric', 'jaccard_semimetric', 'soft_dice', 'thresholded_dice')
BINS = 10


def against_soft(
    soft: NDArray[np.floating[Any]],
    mask: NDArray[np.bool_],
    valid: NDArray[np.bool_] | None,
    probability: NDArray[np.floating[Any]] | None = None,
) -> dict[str, MetricValue]:
    """Compare a mask, or a probability where there is one, with a soft label.

    Parameters
    ----------
    soft : ndarray of float, shape ([Z,] Y, X)
        From 0 to 1; what it holds outside `valid` does not matter.
    mask : ndarray of bool, same shape
    valid : ndarray of bool, same shape, optional
    probability : ndarray of float, same shape, optional

    Returns
    -------
    dict of str to MetricValue
        `KEYS`: sources stand with each metric.
    """
    clean = np.nan_to_num(soft) if valid is not None else soft
    comparison = compare(
        mask, mask, labels=[1], metrics=KEYS, valid=valid, soft_reference={1: clean},
        probability=None if probability is None else {1: probability},
    )  # fmt: skip
    return dict(comparison.metrics[1])


def soft_numbers(
    votes: Votes,
    model: Drawn | None = None,
    probability: NDArray[np.floating[Any]] | None = None,
    box: tuple[slice, ...] | None = None,
) -> dict[str, Any]:
    """Each rater against the mean of the others, the model against the mean of all; volumes and calibration.

    Parameters
    ----------
    votes : Votes
    model : Drawn, optional
    probability : ndarray of float, shape ([Z,] Y, X), optional
        Of the model.
    box : tuple of slice, optional
        Region on which calibration is given beside the full array.

    Returns
    -------
    dict
        ``expected_volume``: sum of the soft label times the voxel volume. ``raters``: leave-one-out values by metric.
        With a model ``model``, its values; with probabilities among them its ``expected_volume``, ``volume_bias``
        (model minus raters) and ``ece``, see `soft_calibration`.

    Notes
    -----
    Expected volume and its bias: Bertels 2019, doi:10.1007/978-3-030-46640-4_9, and Popordanoska 2021,
    doi:10.1007/978-3-030-87193-2_64.
    """
    soft, valid = fraction_map(votes), _anybody(votes)
    expected = float(np.nansum(soft, dtype=np.float64)) * votes.voxel_volume
    found: dict[str, Any] = {'expected_volume': expected, 'unit': votes.volume_unit}
    if len(votes.names) > 1:
        # Where everybody looked and nobody is in, nothing is added to any sum.
        near = votes.cut(votes.box) if votes.complete and votes.box is not None else votes
        rows = [_left_out(near, j) for j in range(len(votes.names))]
        found['raters'] = {key: [row[key].value for row in rows] for key in KEYS}
    if model is not None:
        domain = _both(valid, model.looked)
        values = against_soft(soft, model.mask, domain, probability)
        entry: dict[str, Any] = {key: value.value for key, value in values.items()}
        if probability is not None:
            inside = np.ones(votes.shape, bool) if domain is None else domain
            volume = float(probability.sum(dtype=np.float64, where=inside)) * votes.voxel_volume
            agreed = float(np.nan_to_num(soft).sum(dtype=np.float64, where=inside)) * votes.voxel_volume
            entry |= {
                'expected_volume': volume,
                'volume_bias': volume - agreed,
                'ece': {
                    'full': soft_calibration(probability, soft, domain),
                    'region': None if box is None else _in_box(box, probability, soft, domain),
                    'bins': BINS,
                },
            }
        found['model'] = entry
    return found


def soft_calibration(
    probability: NDArray[np.floating[Any]],
    soft: NDArray[np.floating[Any]],
    valid: NDArray[np.bool_] | None = None,
    bins: int = BINS,
) -> float | None:
    """Expected calibration error against a soft label: sum over bins of n_b / n |mean soft label - mean probability|.

    Parameters
    ----------
    probability, soft : ndarray of float, one shape
    valid : ndarray of bool, same shape, optional
    bins : int
        Of equal width, closed on the right.

    Returns
    -------
    float or None
        None without a voxel.

    Notes
    -----
    Naeini 2015, doi:10.1609/aaai.v29i1.9602, with the share of raters in the place of a hard label: a model that says
    0.6 where three of five raters are in is right.
    """
    found = reliability(probability, soft, valid, bins)
    total = int(found.counts.sum())
    return float(np.abs(found.agreed - found.said).sum() / total) if total else None


@dataclass(frozen=True, eq=False)
class Reliability:
    """What a model says against what raters say, by bins of what the model says.

    Attributes
    ----------
    counts : ndarray of int64, shape (B,)
        Voxels.
    said, agreed : ndarray of float64, shape (B,)
        Sums of the model's probability and of the soft label.
    """

    counts: NDArray[np.int64]
    said: NDArray[np.float64]
    agreed: NDArray[np.float64]


def reliability(
    probability: NDArray[np.floating[Any]],
    soft: NDArray[np.floating[Any]],
    valid: NDArray[np.bool_] | None = None,
    bins: int = BINS,
) -> Reliability:
    """Sort voxels by what the model says; parameters as of `soft_calibration`."""
    chosen = slice(None) if valid is None else valid
    p, y = (np.asarray(values, float)[chosen].ravel() for values in (probability, soft))
    # 0.6 of raters and 0.6 of a network are one edge, whatever their last bits.
    where = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1] + 1e-6, p, side='left')
    counts = np.bincount(where, minlength=bins)
    sums = [np.asarray(np.bincount(where, weights=values, minlength=bins), float) for values in (p, y)]
    return Reliability(counts, *sums)


def _in_box(
    box: tuple[slice, ...], probability: NDArray[Any], soft: NDArray[Any], valid: NDArray[np.bool_] | None
) -> float | None:
    return soft_calibration(probability[box], soft[box], None if valid is None else valid[box])


def _left_out(votes: Votes, rater: int) -> dict[str, MetricValue]:
    patterns = votes.patterns()
    others = patterns.without(rater)
    soft = votes.paint(patterns, others.fraction, np.float32)
    valid = None if votes.complete else votes.paint(patterns, others.looked > 0, np.bool_)
    return against_soft(soft, votes.masks[rater], _both(valid, votes.looked[rater]))


def _anybody(votes: Votes) -> NDArray[np.bool_] | None:
    """Where at least one rater looked; None is everywhere."""
    if any(looked is None for looked in votes.looked):
        return None
    everywhere = np.zeros(votes.shape, bool)
    for looked in votes.looked:
        everywhere |= True if looked is None else looked
    return everywhere


def _both(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
