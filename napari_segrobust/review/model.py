"""Where a model stands among raters: measured as each rater is, against the same consensuses of the others.

No verdict is given on one case: a sixth rater who draws just as five others do falls outside their range in a third to
a half of all cases. To be better than all of them is not to be outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.review.references import called, mean, span

if TYPE_CHECKING:
    from napari_segrobust.review.drawn import Drawn
    from napari_segrobust.review.references import References, Values

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
    raters: Values
    model: Values
    ties: tuple[int, ...]

    def range(self, key: str) -> tuple[float, float] | None:
        """Worst and best rater as (smallest, largest) value; None where no rater has one."""
        return span(self.raters[key])

    def model_mean(self, key: str) -> float | None:
        """Mean of the model over the consensuses for which it is defined."""
        return mean(self.model.get(key, ()))

    def rater_mean(self, key: str) -> float | None:
        """Mean of the raters: the ceiling."""
        return mean(self.raters[key])

    def place(self, key: str) -> Place | None:
        """Where the model's mean lies; None where it or the range is undefined."""
        value, limits = self.model_mean(key), self.range(key)
        if value is None or limits is None:
            return None
        if limits[0] <= value <= limits[1]:
            return 'within'
        higher = metric_specs()[key].better == 'higher'
        return 'better than all' if (value > limits[1]) == higher else 'worse than all'

    def words(self, key: str) -> str | None:
        """Where the model lies, as a sentence that claims no more than one case shows."""
        place = self.place(key)
        if place is None:
            return None
        who = called(self.names)
        return {
            'within': f'within the range {who} showed',
            'better than all': f'better than each of {who}, which is not outside their range',
            'worse than all': f'worse than each of {who}; one case gives no verdict',
        }[place]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        found: dict[str, Any] = {'against': 'strict majority of the other raters', 'ties': list(self.ties)}
        for key, values in self.raters.items():
            limits = self.range(key)
            entry: dict[str, Any] = {'raters': list(values), 'range': None if limits is None else list(limits)}
            entry['mean'] = self.rater_mean(key)
            if self.model:
                entry['model'] = list(self.model[key])
                entry['model_mean'] = self.model_mean(key)
                entry['place'] = self.place(key)
                entry['words'] = self.words(key)
            found[key] = entry
        return found


def ceiling(references: References, model: Drawn | None = None) -> Ceiling:
    """Measure each rater, and a model, against the majority of the other raters.

    Parameters
    ----------
    references : References
        As `leave_one_out` makes them.
    model : Drawn, optional

    Returns
    -------
    Ceiling
    """
    against = {} if model is None else references.measure(model)
    return Ceiling(references.names, references.raters, against, references.ties)
