"""The same scenario with one draw after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust import pipeline
from napari_segrobust.compare import compare as compare_masks
from napari_segrobust.compare import metric_specs
from napari_segrobust.errors import CompareError, PerturbationError
from napari_segrobust.judging import clean_of, measured_labels
from napari_segrobust.perturb import get_spec, perturb_labels
from napari_segrobust.pipeline import STABILITY_METRICS, never
from napari_segrobust.spread.numbers import VOLUME, Band, Numbers, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_segrobust.cases.case import Case
    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.pipeline import Cancel, Result
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

#: Told after every run: how many are done, of how many.
Progress = Callable[[int, int], None]


def is_random(scenario: Scenario) -> bool:
    """Whether anything that acts depends on its seed."""
    return any(get_spec(entry.name).random for entry in scenario.stack)


def spread(
    case: Case,
    model: WindowSegmenter | WholeSegmenter,
    scenario: Scenario,
    *,
    seeds: Sequence[int] = range(5),
    metrics: Sequence[str] | None = None,
    clean: Clean | None = None,
    cancel: Cancel = never,
    progress: Progress | None = None,
) -> Spread:
    """Run a scenario once for each seed, and once on the clean image.

    Parameters
    ----------
    case : Case
    model : WindowSegmenter or WholeSegmenter
    scenario : Scenario
        Each seed takes the place of the seeds of all its entries.
    seeds : sequence of int
        Which draws.
    metrics : sequence of str, optional
        Keys to compute; every one whose needs are met when None.
    clean : Clean, optional
        Shared with other runs of the case.
    cancel, progress : callable, optional
        Asked between windows; told after each run, the clean one included.

    Returns
    -------
    Spread

    Raises
    ------
    SegrobustError
        No seeds, or what `pipeline.run` refuses, or when `cancel` answered True.
    """
    random = is_random(scenario)
    chosen = _seeds(seeds, random)
    runs = _Runs(case, model, metrics, clean or clean_of(case), cancel, progress, 1 + len(chosen))
    base = runs.base(scenario)
    drawn = [runs.numbers(scenario.model_copy(update={'seed': seed}), base) for seed in chosen]
    return Spread(chosen, _gathered(drawn, base.numbers), random, base.against)


def band(
    case: Case,
    model: WindowSegmenter | WholeSegmenter,
    scenario: Scenario,
    entry_index: int,
    severities: Sequence[float],
    seeds: Sequence[int],
    metric: str,
    *,
    label: int | None = None,
    clean: Clean | None = None,
    cancel: Cancel = never,
    progress: Progress | None = None,
) -> Band:
    """Follow a metric along the severity of one entry, with several draws at each severity.

    Parameters
    ----------
    case, model, scenario, clean, cancel, progress
        As in `spread`; the other entries stay as they are, with the same seeds.
    entry_index : int
        Which of ``scenario.perturbations``.
    severities : sequence of float
        From 0 to 5.
    seeds : sequence of int
    metric : str
        A key of metrics, or `VOLUME`.
    label : int, optional
        The first that is compared by default.

    Returns
    -------
    Band
    """
    if not 0 <= entry_index < len(scenario.perturbations):
        raise PerturbationError('No such entry', str(entry_index), f'The stack has {len(scenario.perturbations)}.')
    moved = [_with_severity(scenario, entry_index, severity) for severity in severities]
    chosen = _seeds(seeds, any(map(is_random, moved)))
    # what does not act has no draw: one run serves all seeds
    plans = [chosen if is_random(at) else chosen[:1] for at in moved]
    wanted = None if metric == VOLUME else (metric,)
    runs = _Runs(case, model, wanted or ('dice',), clean or clean_of(case), cancel, progress, 1 + sum(map(len, plans)))
    base = runs.base(scenario)
    rows = []
    for at, plan in zip(moved, plans, strict=True):
        drawn = [runs.numbers(at.model_copy(update={'seed': seed}), base) for seed in plan]
        rows.append(_gathered(drawn * (len(chosen) if len(plan) == 1 else 1), base.numbers))
    known = list(base.numbers)
    label = known[0] if label is None and known else label
    if label not in known or metric not in base.numbers[label]:
        raise CompareError('No such number', f'{metric} of label {label}', 'Choose a label and a metric of the case.')
    return Band(metric, label, tuple(severities), chosen, tuple(row[label][metric] for row in rows))


def _seeds(seeds: Sequence[int], random: bool) -> tuple[int, ...]:
    chosen = tuple(dict.fromkeys(int(seed) for seed in seeds))
    if not chosen:
        raise PerturbationError('No draws', 'the list of seeds is empty', 'Give at least one seed.')
    return chosen if random else chosen[:1]


def _with_severity(scenario: Scenario, index: int, severity: float) -> Scenario:
    entries = list(scenario.perturbations)
    entries[index] = type(entries[index]).model_validate(
        {**entries[index].model_dump(), 'severity': severity, 'enabled': True}
    )
    return scenario.model_copy(update={'perturbations': tuple(entries)})


#: Label to key to value and unit.
_Found = dict[int, dict[str, tuple[float | None, str | None]]]


@dataclass(frozen=True)
class _Base:
    """The clean run that every other is held against."""

    result: Result
    numbers: _Found
    against: str


@dataclass
class _Runs:
    """Runs of one case and model that share their clean case."""

    case: Case
    model: WindowSegmenter | WholeSegmenter
    metrics: Sequence[str] | None
    clean: Clean
    cancel: Cancel
    progress: Progress | None
    total: int
    done: int = 0

    def __post_init__(self) -> None:
        unknown = sorted(set(self.metrics or ()) - metric_specs().keys())
        if unknown:
            raise CompareError('Unknown metric', repr(unknown[0]), 'The metrics verb lists them.')

    def base(self, scenario: Scenario) -> _Base:
        result = self._run(scenario.clean())
        against = 'reference' if result.comparison is not None else 'clean prediction'
        return _Base(result, self._numbers(result, result), against)

    def numbers(self, scenario: Scenario, base: _Base) -> _Found:
        return self._numbers(self._run(scenario), base.result)

    def _run(self, scenario: Scenario) -> Result:
        result = pipeline.run(
            self.case, self.model, scenario, metrics=self.metrics, clean=self.clean, cancel=self.cancel
        )
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)
        return result

    def _numbers(self, result: Result, clean: Result) -> _Found:
        comparison = result.comparison
        if comparison is None:
            comparison = compare_masks(
                perturb_labels(self.clean, clean.labels, result.walk.frame),  # where warps have carried it
                result.labels,
                spacing=self.case.geometry.spacing_mm,
                labels=measured_labels(result.walk),
                settings=result.scenario.judgement.settings,
                metrics=self.metrics or STABILITY_METRICS,
                valid=result.valid,
                roles=('clean prediction', 'prediction'),
            )
        size, unit = _voxel(self.case)
        found: _Found = {}
        for label, values in comparison.metrics.items():
            inside = result.labels == label
            count = int(np.count_nonzero(inside if result.valid is None else inside & result.valid))
            found[label] = {VOLUME: (count * size, unit)}
            for key, value in values.items():
                number = value.value
                if number is None or (isinstance(number, int | float) and not isinstance(number, bool)):
                    found[label][key] = (None if number is None else float(number), value.unit)
        return found


def _voxel(case: Case) -> tuple[float, str]:
    """Size of a voxel and its unit, as metrics count volumes."""
    spacing = case.geometry.spacing_mm
    if case.ndim == 3:
        return (1.0, 'voxels') if spacing is None else (float(np.prod(spacing)) / 1000, 'ml')
    return (1.0, 'px^2') if spacing is None else (float(np.prod(spacing)), 'mm^2')


def _gathered(drawn: Sequence[_Found], clean: _Found) -> dict[int, dict[str, Numbers]]:
    """Numbers by label and key, from one mapping for each draw; a key that some run gave is there."""
    gathered: dict[int, dict[str, Numbers]] = {}
    for label in clean:
        keys = dict.fromkeys(key for found in (clean, *drawn) for key in found.get(label, {}))
        gathered[label] = {}
        for key in keys:
            cells = [found.get(label, {}).get(key, (None, None)) for found in drawn]
            own = clean[label].get(key, (None, None))
            unit = own[1] or next((unit for _, unit in cells if unit), None)
            gathered[label][key] = Numbers(tuple(value for value, _ in cells), own[0], unit)
    return gathered
