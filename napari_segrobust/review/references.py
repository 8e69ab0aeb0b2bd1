"""What raters, readers and models are all measured against, made once: a mask more costs one surface.

With three raters or more these are the strict majorities of all but one of them; otherwise it is one reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.raters import SIMULATED
from napari_segrobust.review.consensus import ConsensusCode, consensus
from napari_segrobust.review.drawn import Drawn, drawn_masks, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review.votes import Votes

#: Metrics of the ceiling, each symmetric.
CEILING_KEYS = ('dice', 'nsd', 'hd95')
#: By metric, a value for each reference; None where it is undefined.
Values = dict[str, tuple[float | None, ...]]
#: By metric; None where it is undefined.
Numbers = dict[str, float | None]
FEWEST_RATERS = 3


@dataclass(frozen=True, eq=False)
class References:
    """One reference or several, and what the raters themselves have against them.

    Attributes
    ----------
    masks : tuple of Drawn
        Each keeps its surface.
    spacing : tuple of float or None
        In mm in array order.
    settings : MetricSettings
    drawn : tuple of Drawn
        The raters; rater j took no part in reference j. Empty for a single reference.
    ties : tuple of int
        Voxels of each reference that were tied, and count as outside.
    """

    masks: tuple[Drawn, ...]
    spacing: tuple[float, ...] | None
    settings: MetricSettings
    drawn: tuple[Drawn, ...] = ()
    ties: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the raters."""
        return tuple(rater.name for rater in self.drawn)

    @property
    def words(self) -> str:
        """What a value is measured against."""
        if self.drawn:
            return f'majorities of {len(self.drawn) - 1} of {called(self.names)}, averaged'
        return ' and '.join(mask.name for mask in self.masks) + (', averaged' if len(self.masks) > 1 else '')

    @cached_property
    def raters(self) -> Values:
        """Each rater against the reference without that rater."""
        found = [self._one(j, rater) for j, rater in enumerate(self.drawn)]
        return {key: tuple(values[key] for values in found) for key in CEILING_KEYS} if found else {}

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float] | None]:
        """By metric the smallest and the largest value of a rater; None where no rater has one."""
        return {key: span(values) for key, values in self.raters.items()}

    def measure(self, drawn: Drawn) -> Values:
        """Measure a mask against every reference.

        Parameters
        ----------
        drawn : Drawn

        Returns
        -------
        dict of str to tuple of float or None
        """
        found = [self._one(j, drawn) for j in range(len(self.masks))]
        return {key: tuple(values[key] for values in found) for key in CEILING_KEYS}

    def mean(self, drawn: Drawn) -> Numbers:
        """Mean over the references; somebody who is one of the raters is held against the other raters alone."""
        if drawn.name in self.names:
            return self._one(self.names.index(drawn.name), drawn)
        return means(self.measure(drawn))

    def _one(self, j: int, drawn: Drawn) -> Numbers:
        return numbers(measure(self.masks[j], drawn, self.spacing, self.settings, CEILING_KEYS))


def leave_one_out(votes: Votes, settings: MetricSettings) -> References | None:
    """Make the majority of the others for each rater; None with fewer than three: the others of two are one.

    Parameters
    ----------
    votes : Votes
    settings : MetricSettings
    """
    if len(votes.names) < FEWEST_RATERS:
        return None
    patterns, masks, ties = votes.patterns(), [], []
    for j in range(len(votes.names)):
        agreed = consensus(patterns.without(j), 'majority')
        looked = None if votes.complete else votes.paint(patterns, agreed.states != ConsensusCode.UNSEEN, np.bool_)
        masks.append(Drawn('consensus of the others', agreed.mask(votes), looked))
        ties.append(agreed.tie_voxels)
    return References(tuple(masks), votes.spacing, settings, drawn_masks(votes), tuple(ties))


def one_reference(
    name: str, mask: NDArray[np.bool_], spacing: tuple[float, ...] | None, settings: MetricSettings
) -> References:
    """Take one reference, where there are too few raters for a consensus: nobody has a range then.

    Parameters
    ----------
    name : str
    mask : ndarray of bool, shape ([Z,] Y, X)
    spacing : tuple of float or None
    settings : MetricSettings
    """
    return References((Drawn(name, mask),), spacing, settings)


def span(values: Sequence[float | None]) -> tuple[float, float] | None:
    """Smallest and largest of what is defined; None where nothing is."""
    defined = [value for value in values if value is not None]
    return (min(defined), max(defined)) if defined else None


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of what is defined; None where nothing is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def numbers(values: Mapping[str, MetricValue]) -> Numbers:
    """Plain numbers of metrics."""
    return {key: float(value.value) if isinstance(value.value, int | float) else None for key, value in values.items()}


def means(values: Mapping[str, Sequence[float | None]]) -> Numbers:
    """Mean of each metric."""
    return {key: mean(found) for key, found in values.items()}


def called(names: Sequence[str]) -> str:
    """What these raters are called: nobody takes a simulated one for a person."""
    simulated = sum(name.startswith(SIMULATED) for name in names)
    if simulated == len(names):
        return f'these {len(names)} simulated raters'
    return f'these {len(names)} raters' + (f' ({simulated} simulated)' if simulated else '')
