"""Every rater against every other: a matrix for each metric, and the order in which alike raters are neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.value import MetricValue
from napari_segrobust.review.drawn import KEYS, measured, pair_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.compare.distances import Distances
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.review.drawn import Drawn

    Matrix = tuple[tuple[MetricValue, ...], ...]


@dataclass(frozen=True)
class Pairwise:
    """Matrices of all pairs.

    Attributes
    ----------
    names : tuple of str
    matrices : dict of str to tuple of tuple of MetricValue
        By key of the metric; the row is the reference, so a volume difference is column minus row.
    order : tuple of int
        Indices in the order of a hierarchical clustering (mean linkage of 1 - Dice).
    distances : Distances or None
        Of the border voxels of each rater to the border of each other; None where no two drew anything.
    """

    names: tuple[str, ...]
    matrices: dict[str, Matrix]
    order: tuple[int, ...]
    distances: Distances | None = field(default=None, compare=False, repr=False)

    @property
    def usual_distance(self) -> float | None:
        """Median distance from a border voxel of one rater to the border of another: a tolerance of their own.

        Nikolov 2021, doi:10.2196/26151, takes the tolerance of the surface Dice from such distances.
        """
        return None if self.distances is None else self.distances.percentile(50)

    def values(self, key: str) -> list[float]:
        """Defined values of the pairs, each pair once."""
        matrix = self.matrices[key]
        found = [matrix[i][j].value for i in range(len(self.names)) for j in range(i + 1, len(self.names))]
        return [float(value) for value in found if isinstance(value, int | float)]

    def mean(self, key: str) -> float | None:
        """Mean over the pairs for which it is defined; None where it is for none."""
        values = self.values(key)
        return sum(values) / len(values) if values else None

    def mean_of(self, rater: int, key: str) -> float | None:
        """Mean of one rater with each of the others."""
        row = [value.value for j, value in enumerate(self.matrices[key][rater]) if j != rater]
        defined = [float(value) for value in row if isinstance(value, int | float)]
        return sum(defined) / len(defined) if defined else None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: numbers by metric, None where undefined, with states and units beside them."""
        first = {key: matrix[0][-1] for key, matrix in self.matrices.items()}
        return {
            'names': list(self.names),
            **{key: [[value.value for value in row] for row in matrix] for key, matrix in self.matrices.items()},
            'units': {key: value.unit for key, value in first.items()},
            'status': [[value.status for value in row] for row in next(iter(self.matrices.values()))],
            'mean': {key: self.mean(key) for key in self.matrices if key in _SYMMETRIC},
            'order': list(self.order),
        }


#: Metrics that are the same either way round.
_SYMMETRIC = ('dice', 'nsd', 'hd95')


def pairwise(
    masks: Sequence[Drawn],
    spacing: tuple[float, ...] | None,
    settings: MetricSettings,
    keys: Sequence[str] = KEYS,
) -> Pairwise:
    """Measure all pairs.

    Parameters
    ----------
    masks : sequence of Drawn
        Two or more.
    spacing : tuple of float or None
        In mm in array order.
    settings : MetricSettings
        Holds the tolerance of NSD.
    keys : sequence of str
        Of metrics: Dice first, then any that are symmetric or signed differences.

    Returns
    -------
    Pairwise
    """
    n = len(masks)
    distances: list[Distances] = []
    cells: dict[str, list[list[MetricValue]]] = {key: [[MetricValue(None)] * n for _ in masks] for key in keys}
    for i, first in enumerate(masks):
        for j in range(i, n):
            pair = pair_of(first, masks[j], spacing)
            found = measured(pair, settings, keys)
            if j > i and pair.status == 'ok':
                distances += [pair.to_prediction, pair.to_reference]
            for key, value in found.items():
                cells[key][i][j], cells[key][j][i] = value, _turned(key, value)
    matrices = {key: tuple(map(tuple, rows)) for key, rows in cells.items()}
    pooled = reduce(add, distances) if distances else None
    return Pairwise(tuple(mask.name for mask in masks), matrices, _order(matrices['dice']), pooled)


def _turned(key: str, value: MetricValue) -> MetricValue:
    """Return the value with reference and prediction exchanged."""
    swapped = {'reference_empty': 'prediction_empty', 'prediction_empty': 'reference_empty'}
    status = swapped.get(value.status, value.status)
    number = value.value
    if key not in _SYMMETRIC and isinstance(number, int | float):
        number = 0.0 - number
    return replace(value, value=number, status=status)  # type: ignore[arg-type]  # a status stays a status


def _order(dice: Matrix) -> tuple[int, ...]:
    if len(dice) < 3:
        return tuple(range(len(dice)))
    from scipy.cluster.hierarchy import leaves_list, linkage

    distances = [
        # Two empty masks agree.
        0.0 if dice[i][j].status == 'both_empty' else 1.0 - float(dice[i][j].value or 0.0)  # type: ignore[arg-type]  # Dice is a number
        for i in range(len(dice))
        for j in range(i + 1, len(dice))
    ]
    tree = linkage(np.array(distances), method='average', optimal_ordering=True)
    return tuple(int(index) for index in leaves_list(tree))
