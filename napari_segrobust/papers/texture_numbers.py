"""What the texture experiment gave as numbers: means by seed, drop and retained share, crossings of two courses."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.papers.findings import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: Place of the clean image among the levels.
CLEAN = 2.0


@dataclass(frozen=True)
class Means:
    """Mean Dice over the test images, by direction, network, kind and value of the condition, and seed.

    Attributes
    ----------
    seeds : tuple of int
    values : dict
        (blended, model, kind, value) to one number for each seed.
    """

    seeds: tuple[int, ...]
    values: dict[tuple[str, str, str, float], tuple[float, ...]]

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]], quantity: str = 'dice') -> Means:
        """Take the means of the rows of `texture_experiment.run`."""
        found: dict[tuple[str, str, str, float], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            key = row['blended'], row['model'], row['kind'], float(row['value'])
            found[key][row['seed']].append(row[quantity])
        seeds = tuple(sorted({row['seed'] for row in rows}))
        return cls(seeds, {key: tuple(float(np.mean(by[seed])) for seed in seeds) for key, by in found.items()})

    def at(self, blended: str, model: str, kind: str, value: float) -> NDArray[np.float64]:
        """One number for each seed."""
        return np.array(self.values[blended, model, kind, value])

    def course(self, blended: str, model: str, kind: str) -> tuple[tuple[float, ...], NDArray[np.float64]]:
        """All values of a condition in their order, and the numbers, (values, seeds)."""
        x = tuple(sorted(v for b, m, k, v in self.values if (b, m, k) == (blended, model, kind)))
        return x, np.array([self.at(blended, model, kind, value) for value in x])

    def drop(self, blended: str, model: str, kind: str, value: float) -> NDArray[np.float64]:
        """Clean minus perturbed, one number for each seed: how much is lost."""
        return self.at(blended, model, 'level', CLEAN) - self.at(blended, model, kind, value)

    def retained(self, blended: str, model: str, kind: str, value: float) -> NDArray[np.float64]:
        """Perturbed over clean, one number for each seed: which share is kept."""
        clean = self.at(blended, model, 'level', CLEAN)
        return self.at(blended, model, kind, value) / np.where(clean > 0, clean, np.nan)


def volume_ratio(row: Mapping[str, Any]) -> float:
    """Predicted volume over that of the reference: 0 where the object is lost, above 1 where more is seen.

    From Dice d = 2 tp / s and the disagreement (s - 2 tp) / r, where s is the sum of both volumes and r that of the
    reference: s / r is the disagreement over 1 - d. Where d is 1, both volumes are equal.

    Parameters
    ----------
    row : mapping
        With ``dice`` and ``disagreement``.
    """
    apart = 1 - float(row['dice'])
    return 1.0 if apart <= 0 else float(row['disagreement']) / apart - 1


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where one course falls below another, or rises above it.

    Attributes
    ----------
    places : tuple of float
        First crossing of each seed that has one.
    seeds : int
        How many were looked at.
    """

    places: tuple[float, ...]
    seeds: int

    def words(self) -> str:
        """Interval over the seeds that cross, and how many do."""
        if not self.places:
            return f'none in {self.seeds}'
        low, high = min(self.places), max(self.places)
        interval = f'{low:.3g}' if low == high else f'{low:.3g} to {high:.3g}'
        return f'{interval} ({len(self.places)} of {self.seeds})'


def crossing(means: Means, blended: str, one: str, other: str, kind: str) -> Crossing:
    """Find where two networks of the same seed change places along a condition."""
    x, ours = means.course(blended, one, kind)
    _, theirs = means.course(blended, other, kind)
    found = [first_crossing(x, (ours - theirs)[:, seed]) for seed in range(len(means.seeds))]
    return Crossing(tuple(place for place in found if place is not None), len(means.seeds))


def first_crossing(x: Sequence[float], difference: Sequence[float] | NDArray[np.float64]) -> float | None:
    """Find the first place where a difference changes its sign, by linear interpolation.

    Parameters
    ----------
    x : sequence of float
        Ascending.
    difference : sequence of float
        Smaller ones than `findings.NONE` are no difference: two courses that lie on each other do not cross.

    Returns
    -------
    float or None
        None where all differences have one sign.

    Examples
    --------
    >>> first_crossing([0, 1, 2], [0.5, 0.25, -0.25])
    1.5
    >>> first_crossing([0, 1], [0.5, 0.0]) is None
    True
    """
    told = [(float(a), float(d)) for a, d in zip(x, difference, strict=True) if abs(d) >= NONE]
    for (a, before), (b, after) in pairwise(told):
        if before * after < 0:
            return a + (b - a) * before / (before - after)
    return None
