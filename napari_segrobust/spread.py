"""How much a number would have been another with another draw: trueness and precision over k seeds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust import pipeline
from napari_segrobust.compare import compare as compare_masks
from napari_segrobust.errors import CompareError, PerturbationError
from napari_segrobust.judging import measured_labels
from napari_segrobust.perturb.catalogue import get_spec
from napari_segrobust.pipeline import STABILITY_METRICS, clean_of, never

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.cases.case import Case
    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.pipeline import Cancel, Result
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

#: Two measurements of the same thing differ by less than this many standard deviations in 95 of 100 pairs:
#: 1.96 sqrt(2). Bland & Altman, Stat Methods Med Res 8:135 (1999).
REPEATABILITY = 2.77
#: Key of the predicted volume among the numbers of a label.
VOLUME = 'predicted_volume'
_SCHEMA = 1

#: Told after every run: how many are done, of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Numbers:
    """One number over several draws.

    Attributes
    ----------
    values : tuple of float or None
        One for each draw; None where it is undefined.
    clean : float or None
        The same number on the clean image.
    unit : str or None
    """

    values: tuple[float | None, ...]
    clean: float | None = None
    unit: str | None = None

    @property
    def defined(self) -> tuple[float, ...]:
        """Values of the draws for which it is defined."""
        return tuple(value for value in self.values if value is not None)

    @property
    def n(self) -> int:
        """Number of draws for which it is defined."""
        return len(self.defined)

    @property
    def mean(self) -> float | None:
        """Mean of the defined values; None without one."""
        return math.fsum(self.defined) / self.n if self.n else None

    @property
    def bias(self) -> float | None:
        """Trueness: mean minus the clean number."""
        return None if self.mean is None or self.clean is None else self.mean - self.clean

    @property
    def sd(self) -> float | None:
        """Precision: sample standard deviation (n - 1); None for fewer than two values."""
        mean = self.mean
        if mean is None or self.n < 2:
            return None
        return math.sqrt(math.fsum((value - mean) ** 2 for value in self.defined) / (self.n - 1))

    @property
    def rc(self) -> float | None:
        """Repeatability coefficient, 2.77 standard deviations."""
        return None if self.sd is None else REPEATABILITY * self.sd

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        plain = ('clean', 'mean', 'bias', 'sd', 'rc', 'n', 'unit')
        return {'values': list(self.values), **{key: getattr(self, key) for key in plain}}


@dataclass(frozen=True)
class Spread:
    """What came out of the same scenario with several draws.

    Attributes
    ----------
    seeds : tuple of int
        One for each draw; each is the seed of the whole stack. One alone where nothing in the stack is random.
    labels : mapping of int to mapping of str to Numbers
        Label to metric to numbers; `VOLUME` is the predicted volume.
    random : bool
        Whether anything in the stack depends on its seed.
    against : str
        What the metrics compare with: ``reference``, or ``clean prediction`` where the case has no reference.
    """

    seeds: tuple[int, ...]
    labels: Mapping[int, Mapping[str, Numbers]]
    random: bool
    against: str

    @property
    def stamp(self) -> str:
        """From how much it was made, in words."""
        return stamp(draws=len(self.seeds))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: no NaN, keys of labels are strings."""
        return {
            'schema': _SCHEMA,
            'stamp': self.stamp,
            'seeds': list(self.seeds),
            'random': self.random,
            'against': self.against,
            'repeatability': f'{REPEATABILITY} standard deviations',
            'labels': {
                str(label): {key: numbers.to_dict() for key, numbers in found.items()}
                for label, found in self.labels.items()
            },
        }


@dataclass(frozen=True)
class Band:
    """One metric along the severity of one entry, with its spread over draws.

    Attributes
    ----------
    metric : str
    label : int
    severities : tuple of float
    seeds : tuple of int
    numbers : tuple of Numbers
        One for each severity.
    """

    metric: str
    label: int
    severities: tuple[float, ...]
    seeds: tuple[int, ...]
    numbers: tuple[Numbers, ...]

    @property
    def low(self) -> tuple[float | None, ...]:
        """Least value at each severity."""
        return tuple(min(at.defined, default=None) for at in self.numbers)

    @property
    def median(self) -> tuple[float | None, ...]:
        """Median at each severity."""
        return tuple(float(np.median(at.defined)) if at.n else None for at in self.numbers)

    @property
    def high(self) -> tuple[float | None, ...]:
        """Largest value at each severity."""
        return tuple(max(at.defined, default=None) for at in self.numbers)

    @property
    def mean(self) -> tuple[float | None, ...]:
        """Mean at each severity."""
        return tuple(at.mean for at in self.numbers)

    @property
    def sd(self) -> tuple[float | None, ...]:
        """Standard deviation at each severity."""
        return tuple(at.sd for at in self.numbers)

    @property
    def stamp(self) -> str:
        """From how much it was made, in words."""
        return stamp(draws=len(self.seeds))


def stamp(images: int = 1, draws: int = 1, trainings: int = 1) -> str:
    """Say from how much a curve or a number was made, so that nobody takes one draw for a result.

    Examples
    --------
    >>> stamp()
    'one image, one draw, one training'
    >>> stamp(draws=5)
    'one image, 5 draws, one training'
    """
    counts = ((images, 'image'), (draws, 'draw'), (trainings, 'training'))
    return ', '.join(f'one {word}' if count == 1 else f'{count} {word}s' for count, word in counts)


def is_random(scenario: Scenario) -> bool:
    """Whether anything that acts depends on its seed."""
    return any(get_spec(entry.name).draw is not None for entry in scenario.stack)


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
                clean.labels,
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
