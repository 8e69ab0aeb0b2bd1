"""Simulated raters: a label mask redrawn with borders that wander in and out by a smooth random distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.counts import as_labels
from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.errors import PerturbationError
from napari_segrobust.perturb.edits import Piece
from napari_segrobust.perturb.edits._random import generator
from napari_segrobust.perturb.edits.roughen import REACH, bumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: How the name of every simulated rater begins.
SIMULATED = 'simulated rater'
_NAME = SIMULATED + ' {}'


def virtual_raters(
    labels: NDArray[Any],
    count: int,
    *,
    sd_mm: float,
    correlation_mm: float,
    seed: int = 0,
    spacing: Sequence[float] | None = None,
) -> dict[str, NDArray[Any]]:
    """Redraw a mask as several simulated raters would.

    Parameters
    ----------
    labels : ndarray of int or bool, shape ([Z,] Y, X)
        0 is background. Never changed.
    count : int
        Number of raters.
    sd_mm : float
        Standard deviation of a border's displacement, in mm (voxels without spacing).
    correlation_mm : float
        Distance along the border at which the correlation of the displacement has fallen to a half.
    seed : int
        Which group of raters; the first rater is that of the perturbation ``virtual_rater`` with the same seed.
    spacing : sequence of float, optional
        In mm in array order.

    Returns
    -------
    dict of str to ndarray
        "simulated rater 1" and so on, each of the type of `labels`.

    Raises
    ------
    PerturbationError
        Fewer than one rater, or a spacing or a length that does not fit.

    Examples
    --------
    >>> mask = np.zeros((30, 30), np.uint8)
    >>> mask[8:22, 8:22] = 1
    >>> list(virtual_raters(mask, 2, sd_mm=1.5, correlation_mm=8))
    ['simulated rater 1', 'simulated rater 2']
    """
    steps = (1.0,) * labels.ndim if spacing is None else tuple(float(step) for step in spacing)
    if count < 1 or len(steps) != labels.ndim or min(steps) <= 0 or sd_mm < 0 or correlation_mm <= 0:
        why = f'{count} of them, sd {sd_mm:g} mm, correlation {correlation_mm:g} mm, spacing {steps}'
        remedy = 'Give one or more, lengths above 0, and one spacing per axis.'
        raise PerturbationError('Simulated raters unusable', why, remedy)
    return {_NAME.format(i): redrawn(labels, sd_mm, correlation_mm, seed, steps, number=i) for i in range(1, count + 1)}


def redrawn(
    labels: NDArray[Any], sd: float, correlation: float, seed: int, spacing: tuple[float, ...], *, number: int = 1
) -> NDArray[Any]:
    """Redraw a mask as one simulated rater would.

    A voxel goes to the class c, background included, whose SDF_c + 2 s G_c is largest: SDF is the distance to the
    border of the class, positive inside, s the standard deviation, G a smooth random field of each label and 0 for
    background. With one label that is SDF + s G > 0, the mask with a roughened border; two labels that touch go on
    touching, and their common border wanders by both fields.

    Parameters
    ----------
    labels : ndarray of int or bool, shape ([Z,] Y, X)
        Never changed.
    sd, correlation : float
        In mm.
    seed, number : int
        Which draw, and which rater of it; the standard deviation scales the draw and never changes it.
    spacing : tuple of float
        In mm in array order, 1 where unknown.

    Returns
    -------
    ndarray of int, shape ([Z,] Y, X)
        New.
    """
    labels = as_labels(labels)
    result, values = np.zeros_like(labels), [int(value) for value in np.unique(labels) if value]
    if not values or sd == 0:
        return labels.copy()
    heights = bumps(generator(_NAME.format(number), seed), labels.shape, spacing, correlation, len(values))
    # All of it happens near labelled voxels; `near` is cut out with room for the border to wander.
    near = Piece.cut((labels != 0).view(np.uint8), 1, spacing).widened(REACH * sd)
    there, here = near.overlap()
    best, winner, part = near.signed()[here].astype(np.float32), result[there], labels[there]
    for component, value in enumerate(values):
        checkpoint()
        piece = Piece.cut(part, value, spacing).widened(2 * REACH * sd)
        spot, own = piece.overlap()
        places = [
            (np.arange(s.start, s.stop) + box.start + 0.5) * step
            for s, box, step in zip(spot, there, spacing, strict=True)
        ]
        score = 2 * sd * heights(places, component) - piece.signed()[own]
        wins = score > best[spot]
        best[spot][wins] = score[wins]
        winner[spot][wins] = value
    return result
