"""The agreement of several raters on one case: what `agree` gives. Each part is computed when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from napari_segrobust.compare.metrics import metric_specs
from napari_segrobust.review.chance import fleiss_kappa, krippendorff_alpha, randolph_kappa, ratings
from napari_segrobust.review.consensus import RULES, Consensus, consensus
from napari_segrobust.review.difficulty import Difficulty, case_difficulty, slice_difficulties
from napari_segrobust.review.disputes import Disputes, list_disputes
from napari_segrobust.review.distribution import Distribution, distribution
from napari_segrobust.review.drawn import Drawn, drawn_masks, measure, pair_of
from napari_segrobust.review.model import Ceiling, ceiling
from napari_segrobust.review.pairwise import Pairwise, pairwise
from napari_segrobust.review.references import References, leave_one_out
from napari_segrobust.review.region import MARGIN, WIDE_MARGIN, Region, region_of
from napari_segrobust.review.simple import Simple, simple
from napari_segrobust.review.staple import Staple, staple
from napari_segrobust.review.williams import Williams, williams

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from napari_segrobust.compare.settings import MetricSettings
    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.geometry import GridGeometry
    from napari_segrobust.review.gate import Admitted
    from napari_segrobust.review.votes import Patterns, Votes


@dataclass(frozen=True, eq=False)
class Agreement:
    """Several raters of one case.

    Attributes
    ----------
    admitted : Admitted
        Votes, second readings, and what a reader must know.
    label : int or mapping of str to int
    settings : MetricSettings
        Holds the tolerance.
    margin : int or None
        Of the region, in voxels; None leaves the full array alone.
    model : Drawn or None
    samples : tuple of Drawn
        Masks of the model for the distance of the two sets; the model itself where it has one.
    probability : ndarray of float, shape ([Z,] Y, X), or None
        Of the model.
    volumes_ml : mapping of str to float
        Of raters who gave a volume and no mask.
    geometry : GridGeometry or None
    """

    admitted: Admitted
    label: int | Mapping[str, int]
    settings: MetricSettings
    margin: int | None = MARGIN
    model: Drawn | None = None
    samples: tuple[Drawn, ...] = ()
    probability: NDArray[np.floating[Any]] | None = None
    volumes_ml: Mapping[str, float] = field(default_factory=dict)
    geometry: GridGeometry | None = None

    @property
    def votes(self) -> Votes:
        """The masks."""
        return self.admitted.votes

    @cached_property
    def raters(self) -> tuple[Drawn, ...]:
        """Each rater's mask, with its surface."""
        return drawn_masks(self.votes)

    @cached_property
    def region(self) -> Region | None:
        """Where agreement is measured beside the full array; None without a margin, or where nobody drew."""
        return None if self.margin is None else region_of(self.votes, self.margin)

    @cached_property
    def full_patterns(self) -> Patterns:
        """Vote patterns of the full array."""
        return self.votes.patterns()

    @cached_property
    def region_patterns(self) -> Patterns | None:
        """Vote patterns of the region."""
        return None if self.region is None else self.votes.patterns(self.region.box)

    @property
    def patterns(self) -> Patterns:
        """Vote patterns of the region, or of the full array where there is none."""
        return self.full_patterns if self.region_patterns is None else self.region_patterns

    @cached_property
    def pairwise(self) -> Pairwise:
        """Every rater against every other."""
        return pairwise(self.raters, self.votes.spacing, self.settings)

    @cached_property
    def chance(self) -> dict[str, dict[str, MetricValue | None]]:
        """Agreement beyond chance by key, each on the full array and on the region (None without one)."""
        domains = {'full': self.full_patterns, 'region': self.region_patterns}
        functions = {
            'fleiss_kappa': fleiss_kappa,
            'randolph_kappa': randolph_kappa,
            'krippendorff_alpha': krippendorff_alpha,
        }
        return {
            key: {
                where: None if patterns is None else function(ratings(patterns), patterns.counts)
                for where, patterns in domains.items()
            }
            for key, function in functions.items()
        }

    def cohen(self, one: int, other: int) -> dict[str, MetricValue | None]:
        """Cohen's kappa of two raters on the full array and on the region (None without one)."""
        compute, pair = metric_specs()['cohen_kappa'].compute, pair_of(self.raters[one], self.raters[other], None)
        found: dict[str, MetricValue | None] = {}
        for where, patterns in (('full', self.full_patterns), ('region', self.region_patterns)):
            found[where] = None
            if patterns is not None:
                tp, fp, fn, tn = patterns.table(one, other)
                found[where] = compute(replace(pair, tp=tp, fp=fp, fn=fn, tn=tn), self.settings)
        return found

    @cached_property
    def staples(self) -> dict[str, Staple]:
        """STAPLE by margin ("2", "10") and on the "full" array: it depends on how much background takes part."""
        found = {'full': staple(self.full_patterns)}
        for margin in sorted({MARGIN, WIDE_MARGIN, *([] if self.margin is None else [self.margin])}):
            region = region_of(self.votes, margin)
            if region is not None:
                found[str(margin)] = staple(self.votes.patterns(region.box))
        return found

    def staple_patterns(self, where: str) -> Patterns:
        """Vote patterns of the margin, or of the "full" array, on which a STAPLE was run."""
        region = None if where == 'full' else region_of(self.votes, int(where))
        return self.votes.patterns(None if region is None else region.box)

    @cached_property
    def simple(self) -> Simple:
        """Raters that SIMPLE keeps, and their weights."""
        return simple(self.patterns)

    def consensus(self, rule: str = 'majority') -> Consensus:
        """Make one mask by a rule of `napari_segrobust.review.consensus`, on the region or on the full array."""
        known = self._consensuses
        if rule not in known:
            known[rule] = consensus(self.patterns, rule)
        return known[rule]

    @cached_property
    def _consensuses(self) -> dict[str, Consensus]:
        return {}

    def consensus_map(self, rule: str = 'majority') -> NDArray[np.uint8]:
        """`ConsensusCode` per voxel: 0 out, 1 in, 2 tie, 3 nobody looked; shape ([Z,] Y, X)."""
        return self.consensus(rule).map(self.votes)

    @cached_property
    def references(self) -> References | None:
        """For each rater the majority of the others; None with fewer than three."""
        return leave_one_out(self.votes, self.settings)

    @cached_property
    def ceiling(self) -> Ceiling | None:
        """Each rater and the model against the majority of the other raters; None with fewer than three."""
        return None if self.references is None else ceiling(self.references, self.model)

    @cached_property
    def model_row(self) -> tuple[Mapping[str, MetricValue], ...] | None:
        """The model against each rater, by metric: one more row of the matrix."""
        if self.model is None:
            return None
        return tuple(measure(rater, self.model, self.votes.spacing, self.settings) for rater in self.raters)

    @cached_property
    def williams(self) -> Williams:
        """Williams' index of each rater and of the model."""
        row = None if self.model_row is None else [values['dice'].value for values in self.model_row]
        return williams(self.pairwise, row)  # type: ignore[arg-type]  # Dice is a number or None

    @cached_property
    def distribution(self) -> Distribution | None:
        """Model and raters as two sets of masks; None without a model."""
        return distribution(self.samples, self.raters) if self.samples else None

    @cached_property
    def intra_rater(self) -> tuple[tuple[str, str, Mapping[str, MetricValue]], ...]:
        """Rater, name of a further reading, and its numbers against the first reading."""
        return tuple(
            (rater, name, measure(first, second, votes.spacing, self.settings))
            for rater, name, votes in self.admitted.again
            for first, second in [drawn_masks(votes)]
        )

    @cached_property
    def difficulty(self) -> Difficulty:
        """How far the raters disagree on the case."""
        return case_difficulty(self.votes, model_score=self.model_score)

    @property
    def model_score(self) -> float | None:
        """Dice of the model: mean over the leave-one-out majorities; with two raters, mean over both."""
        if self.model_row is None:
            return None
        if self.ceiling is not None:
            return self.ceiling.model_mean('dice')
        found = [float(row['dice'].value) for row in self.model_row if isinstance(row['dice'].value, int | float)]
        return sum(found) / len(found) if found else None

    @cached_property
    def slices(self) -> tuple[Difficulty, ...]:
        """How far the raters disagree on each slice along axis 0."""
        return slice_difficulties(self.votes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers should know of the settings."""
        unit, tolerance = self.votes.length_unit, self.settings.tolerance_mm
        steps = self.votes.spacing or (1.0,) * len(self.votes.shape)
        largest = max((step for step, n in zip(steps, self.votes.shape, strict=True) if n > 1), default=0.0)
        if tolerance >= largest:
            return ()
        return (
            f'the tolerance of {tolerance:g} {unit} is below the largest spacing, {largest:g} {unit}: '
            'a shift by one voxel counts as an error',
        )

    @cached_property
    def disputes(self) -> Disputes:
        """What can be settled one by one."""
        return list_disputes(self.votes, self.settings.tolerance_mm)

    @cached_property
    def volumes(self) -> dict[str, float]:
        """Volume of every rater, those without a mask among them, in the unit of the masks."""
        return {**dict(zip(self.votes.names, self.votes.volumes, strict=True)), **self.volumes_ml}

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: no NaN, no infinity; what is undefined is None, and says why under ``undefined``."""
        from napari_segrobust.review.record import record

        return record(self)


#: Rules whose voxels stand in the record beside those of STAPLE.
VOTING_RULES = tuple(rule for rule in RULES if rule != 'staple')
