"""Where a model stands among raters: measured as each rater is, against the same consensuses of the others.

No verdict is given on one case: a sixth rater who draws just as five others do falls outside their range in a third to
a half of all cases. To be better than all of them is not to be outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.review.consensus import ConsensusCode, consensus
from napari_segrobust.review.drawn import Drawn, drawn_masks, measure

if TYPE_CHECKING:
    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.review.votes import Votes

#: Metrics of the ceiling, each symmetric.
CEILING_KEYS = ('dice', 'nsd', 'hd95')
Place = Literal['better than all', 'within', 'worse than all']


@dataclass(frozen=True)
class Ceiling:
    """Each rater, and the model, against the strict majority of the other raters.

    Attributes
    ----------
    names : tuple of str
        Of the raters.
    raters : dict of str to tuple of float or None
        By metric: rater j against the majority of the others.
    model : dict of str to tuple of float or None
        By metric: the model against the same majorities, one for each rater that was left out. Empty without a model.
    ties : tuple of int
        Voxels of each majority that were tied, and count as outside.
    """

    names: tuple[str, ...]
    raters: dict[str, tuple[float | None, ...]]
    model: dict[str, tuple[float | None, ...]]
    ties: tuple[int, ...]

    def range(self, key: str) -> tuple[float, float] | None:
        """Worst and best rater as (smallest, largest) value; None where no rater has one."""
        values = [value for value in self.raters[key] if value is not None]
        return (min(values), max(values)) if values else None

    def model_mean(self, key: str) -> float | None:
        """Mean of the model over the consensuses for which it is defined."""
        return mean(self.model.get(key, ()))

    def rater_mean(self, key: str) -> float | None:
        """Mean of the raters: the ceiling."""
        return mean(self.raters[key])

    def place(self, key: str) -> Place | None:
        """Where the model's mean lies; None where it or the range is undefined."""
        value, span = self.model_mean(key), self.range(key)
        if value is None or span is None:
            return None
        if span[0] <= value <= span[1]:
            return 'within'
        higher = metric_specs()[key].better == 'higher'
        return 'better than all' if (value > span[1]) == higher else 'worse than all'

    def words(self, key: str) -> str | None:
        """Where the model lies, as a sentence that claims no more than one case shows."""
        place = self.place(key)
        if place is None:
            return None
        who = f'these {len(self.names)} raters'
        return {
            'within': f'within the range {who} showed',
            'better than all': f'better than each of {who}, which is not outside their range',
            'worse than all': f'worse than each of {who}; one case gives no verdict',
        }[place]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        found: dict[str, Any] = {'against': 'strict majority of the other raters', 'ties': list(self.ties)}
        for key, values in self.raters.items():
            span = self.range(key)
            entry: dict[str, Any] = {'raters': list(values), 'range': None if span is None else list(span)}
            entry['mean'] = self.rater_mean(key)
            if self.model:
                entry['model'] = list(self.model[key])
                entry['model_mean'] = self.model_mean(key)
                entry['place'] = self.place(key)
                entry['words'] = self.words(key)
            found[key] = entry
        return found


def ceiling(votes: Votes, settings: MetricSettings, model: Drawn | None = None) -> Ceiling | None:
    """Measure each rater, and a model, against the majority of the other raters.

    Parameters
    ----------
    votes : Votes
    settings : MetricSettings
    model : Drawn, optional

    Returns
    -------
    Ceiling or None
        None with fewer than three raters: the others of two are one, and no consensus.
    """
    if len(votes.names) < 3:
        return None
    raters: dict[str, list[float | None]] = {key: [] for key in CEILING_KEYS}
    against: dict[str, list[float | None]] = {key: [] for key in CEILING_KEYS}
    patterns, ties = votes.patterns(), []
    for j, drawn in enumerate(drawn_masks(votes)):
        agreed = consensus(patterns.without(j), 'majority')
        looked = None if votes.complete else votes.paint(patterns, agreed.states != ConsensusCode.UNSEEN, np.bool_)
        reference = Drawn('consensus of the others', agreed.mask(votes), looked)
        ties.append(agreed.tie_voxels)
        for found, who in ((raters, drawn), (against, model)):
            if who is not None:
                values = measure(reference, who, votes.spacing, settings, CEILING_KEYS)
                for key, value in values.items():
                    found[key].append(_number(value))
    return Ceiling(
        votes.names,
        {key: tuple(values) for key, values in raters.items()},
        {key: tuple(values) for key, values in against.items()} if model is not None else {},
        tuple(ties),
    )


def _number(value: MetricValue) -> float | None:
    return float(value.value) if isinstance(value.value, int | float) else None


def mean(values: tuple[float | None, ...] | list[float | None]) -> float | None:
    """Mean of what is defined; None where nothing is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
