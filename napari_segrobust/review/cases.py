"""Several cases by the same raters: what one case cannot say. Intervals are over cases, never over voxels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ReviewError
from napari_segrobust.review.bland_altman import BlandAltman, bland_altman
from napari_segrobust.review.bootstrap import FEWEST_CASES, Interval, bootstrap
from napari_segrobust.review.case_numbers import CaseNumbers
from napari_segrobust.review.difficulty import Difficulty, hardest_first
from napari_segrobust.review.icc import IntraclassCorrelation, icc_a1
from napari_segrobust.review.references import mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_segrobust.review.agreement import Agreement

_SCHEMA = 1


@dataclass(frozen=True, eq=False)
class CasesAgreement:
    """Agreement over cases.

    Attributes
    ----------
    cases : dict of str to CaseNumbers
        In the order they were given.
    seed : int
        Of the resampling.
    """

    cases: dict[str, CaseNumbers]
    seed: int = 0

    @cached_property
    def raters(self) -> tuple[str, ...]:
        """Every rater who measured any case, with a mask or without."""
        return tuple(dict.fromkeys(name for agreement in self.cases.values() for name in agreement.volumes))

    @property
    def unit(self) -> str:
        """Of the volumes."""
        return next(iter(self.cases.values())).volume_unit

    @property
    def length_unit(self) -> str:
        """Of the distances."""
        return next(iter(self.cases.values())).length_unit

    @cached_property
    def volumes(self) -> NDArray[np.float64]:
        """Volume of each case by each rater, shape (cases, raters); NaN where there is none."""
        rows = [[agreement.volumes.get(name, np.nan) for name in self.raters] for agreement in self.cases.values()]
        return np.array(rows, float)

    @cached_property
    def icc(self) -> IntraclassCorrelation:
        """ICC(A,1) of the volumes."""
        return icc_a1(self.volumes)

    @cached_property
    def bland_altman(self) -> tuple[BlandAltman, ...]:
        """Volumes of each pair of raters."""
        return tuple(
            bland_altman(self.volumes[:, i], self.volumes[:, j], (self.raters[i], self.raters[j]))
            for i, j in combinations(range(len(self.raters)), 2)
        )

    @cached_property
    def difficulties(self) -> tuple[Difficulty, ...]:
        """How far raters disagree on each case, with the model's score; see `hardest_first`."""
        return tuple(replace(case.difficulty, name=name) for name, case in self.cases.items())

    @cached_property
    def means(self) -> dict[str, Interval]:
        """Mean over cases of the mean over pairs, by metric, and of kappa and alpha on the region and on the array."""
        columns: dict[str, list[float | None]] = {}
        for agreement in self.cases.values():
            for key in ('dice', 'nsd', 'hd95'):
                columns.setdefault(key, []).append(agreement.pairwise.mean(key))
            for key, values in agreement.chance.items():
                for where, value in values.items():
                    number = None if value is None else _number(value.value)
                    columns.setdefault(f'{key}.{where}', []).append(number)
        return {key: self._over_cases(values) for key, values in columns.items()}

    @cached_property
    def model_williams(self) -> Interval | None:
        """Williams' index of the model over cases: mean agreement with raters over mean agreement of raters."""
        rows = []
        for agreement in self.cases.values():
            if agreement.model_row is not None:
                own = mean([_number(row['dice'].value) for row in agreement.model_row])
                rows.append((own, agreement.pairwise.mean('dice')))
        return self._ratio(rows)

    @cached_property
    def rater_williams(self) -> dict[str, Interval]:
        """Williams' index of each rater over the cases with three or more masks, theirs among them."""
        rows: dict[str, list[tuple[float | None, float | None]]] = {}
        for agreement in self.cases.values():
            names, matrix = agreement.names, agreement.pairwise.matrices['dice']
            for j, name in enumerate(names):
                others = [i for i in range(len(names)) if i != j]
                among = mean([_number(matrix[i][k].value) for i, k in combinations(others, 2)])
                rows.setdefault(name, []).append((agreement.pairwise.mean_of(j, 'dice'), among))
        found = {name: self._ratio(pairs) for name, pairs in rows.items()}
        return {name: interval for name, interval in found.items() if interval is not None}

    def _ratio(self, rows: list[tuple[float | None, float | None]]) -> Interval | None:
        """Ratio of two means over the cases for which both are defined."""
        defined = [row for row in rows if None not in row]
        if not defined:
            return None

        def ratio(table: NDArray[np.float64]) -> float | None:
            below = float(table[:, 1].mean())
            return float(table[:, 0].mean()) / below if below > 0 else None

        return bootstrap(ratio, np.array(defined, float), seed=self.seed)

    @cached_property
    def model_above_worst(self) -> Interval | None:
        """Mean Dice of the model minus that of the worst rater, both against the same leave-one-out majorities.

        Of the cases that have a model and the same three or more raters as the first such case.
        """
        rows, names = [], None
        for agreement in self.cases.values():
            top = agreement.ceiling
            if top is None or not top.model or (names is not None and top.names != names):
                continue
            values = [top.model_mean('dice'), *top.raters['dice']]
            if any(value is None for value in values):
                continue
            names = top.names
            rows.append(values)
        if not rows:
            return None
        return bootstrap(lambda table: float(table[:, 0].mean() - table[:, 1:].mean(axis=0).min()),
                         np.array(rows, float), seed=self.seed)  # fmt: skip

    @property
    def verdict(self) -> str | None:
        """What may be said of the model; None without one."""
        gap = self.model_above_worst
        if gap is None:
            return None
        if gap.cases < FEWEST_CASES or gap.low is None or gap.high is None:
            return f'no verdict from {gap.cases} case{"s" if gap.cases > 1 else ""}: it needs {FEWEST_CASES}'
        if gap.high < 0:
            return f'worse than every rater over {gap.cases} cases'
        if gap.low >= 0:
            return f'not worse than the worst of the raters over {gap.cases} cases'
        return f'{gap.cases} cases do not tell whether it is worse than every rater'

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: no NaN, no infinity."""
        scored = any(item.model_score is not None for item in self.difficulties)
        orders = ('mean_dice', 'volume_cv', 'disputed', *(['surprise'] if scored else []))
        gap, index = self.model_above_worst, self.model_williams
        return {
            'schema': _SCHEMA,
            'cases': list(self.cases),
            'raters': list(self.raters),
            'volumes': {
                'unit': self.unit,
                'table': [[None if np.isnan(v) else float(v) for v in row] for row in self.volumes],
            },
            'icc': self.icc.to_dict(),
            'bland_altman': [pair.to_dict() for pair in self.bland_altman],
            'bootstrap': {key: value.to_dict() for key, value in self.means.items()},
            'ranking': {by: [item.to_dict() for item in hardest_first(self.difficulties, by)] for by in orders},
            'williams': {name: interval.to_dict() for name, interval in self.rater_williams.items()},
            'model': None
            if gap is None and index is None
            else {
                'williams': None if index is None else index.to_dict(),
                'above_worst_rater': None if gap is None else gap.to_dict(),
                'verdict': self.verdict,
            },
        }

    def _over_cases(self, values: list[float | None]) -> Interval:
        defined = np.array([value for value in values if value is not None], float)
        return bootstrap(lambda drawn: float(drawn.mean()), defined, seed=self.seed)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def agree_cases(cases: Mapping[str, Agreement | CaseNumbers], *, seed: int = 0) -> CasesAgreement:
    """Put the agreements on several cases together.

    Parameters
    ----------
    cases : mapping of str to (Agreement or CaseNumbers)
        As `agree` gives them, of the same label; raters are the same person where they have the same name. Of many
        large cases, `CaseNumbers` lets go of the masks of each before the next is read.
    seed : int
        Of the resampling of cases.

    Returns
    -------
    CasesAgreement

    Raises
    ------
    ReviewError
        No case, or volumes in different units.
    """
    if not cases:
        raise ReviewError('No cases', 'there is none', 'Give the agreement of one or more cases.')
    numbers = {name: case if isinstance(case, CaseNumbers) else CaseNumbers.of(case) for name, case in cases.items()}
    units = {name: case.volume_unit for name, case in numbers.items()}
    if len(set(units.values())) > 1:
        why = ', '.join(f'{name} in {unit}' for name, unit in units.items())
        raise ReviewError('Volumes in different units', why, 'Give a spacing for all cases, or for none.')
    return CasesAgreement(numbers, seed)
