"""Williams' index: whether somebody agrees with the raters as much as they agree with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.review.pairwise import Pairwise


@dataclass(frozen=True)
class Williams:
    """Index of each rater and of a model; 1 is as much as the others among themselves, above 1 is more.

    Attributes
    ----------
    raters : tuple of float or None
        None where it is undefined: fewer than three raters, or no agreement among the others.
    model : float or None
    """

    raters: tuple[float | None, ...]
    model: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {'metric': 'dice', 'raters': list(self.raters), 'model': self.model}


def williams(pairs: Pairwise, model: Sequence[float | None] | None = None) -> Williams:
    """Compute the index from Dice; two empty masks agree fully.

    Parameters
    ----------
    pairs : Pairwise
        Of the raters.
    model : sequence of float or None, optional
        Dice of the model with each rater; None where both are empty.

    Returns
    -------
    Williams

    Notes
    -----
    Williams 1976, Biometrics 32:619: mean agreement of j with the others, over the mean agreement of all pairs of
    others.
    """
    matrix = pairs.matrices['dice']
    n = len(matrix)
    agreement = np.array([[_full(value.value) for value in row] for row in matrix])
    raters = []
    for j in range(n):
        others = [i for i in range(n) if i != j]
        raters.append(_index(agreement[j, others], agreement[np.ix_(others, others)]))
    own = None if model is None else _index(np.array([_full(value) for value in model]), agreement)
    return Williams(tuple(raters), own)


def _full(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 1.0


def _index(own: np.ndarray[Any, Any], among: np.ndarray[Any, Any]) -> float | None:
    if len(among) < 2:
        return None
    pairs = among[np.triu_indices(len(among), 1)]
    return float(own.mean() / pairs.mean()) if pairs.mean() > 0 else None
