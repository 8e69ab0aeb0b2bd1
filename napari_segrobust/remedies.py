"""With and without remedies: the same perturbations judged twice, and the share of the loss that is won back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust import pipeline
from napari_segrobust.compare import MetricValue, metric_specs
from napari_segrobust.perturb import acts, get_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_segrobust.compare import Comparison
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.pipeline import Cancel, Result

#: Losses smaller than this are rounding.
EPSILON = 1e-9


def is_remedy(entry: Perturbation) -> bool:
    """Whether an entry of a stack is a remedy."""
    return get_spec(entry.name).stage == 'remedy'


def has_remedy(stack: Iterable[Perturbation]) -> bool:
    """Whether a remedy acts in a stack."""
    return any(acts(entry) and is_remedy(entry) for entry in stack)


def without_remedies(stack: Iterable[Perturbation]) -> tuple[Perturbation, ...]:
    """Return the same perturbations with no remedy after them."""
    return tuple(entry for entry in stack if not is_remedy(entry))


@dataclass(frozen=True, eq=False)
class Remedied:
    """What the remedies of one run were worth.

    Attributes
    ----------
    without, clean : Comparison
        Under the same perturbations without remedies, and on the clean image.
    won_back : dict of int to dict of str to MetricValue
        By label and metric, see `won_back`.
    """

    without: Comparison
    clean: Comparison
    won_back: dict[int, dict[str, MetricValue]]


def judge_remedies(result: Result, cancel: Cancel = pipeline.never) -> Remedied | None:
    """Run what a result was made of without its remedies, and clean, and say what they win back.

    Parameters
    ----------
    result : Result
        From `pipeline.run`.
    cancel : callable, optional

    Returns
    -------
    Remedied or None
        None where no remedy acted, or there is no reference.
    """
    walk, found = result.walk, result.comparison
    if found is None or not has_remedy(walk.stack):
        return None
    metrics = tuple(dict.fromkeys(key for values in found.metrics.values() for key in values))
    bare = walk.scenario.model_copy(update={'perturbations': without_remedies(walk.scenario.perturbations)})
    without, clean = (
        pipeline.run(walk.case, walk.model, scenario, metrics=metrics, cancel=cancel).comparison
        for scenario in (bare, walk.scenario.clean())
    )
    if without is None or clean is None:
        return None
    labels = found.metrics.items()
    return Remedied(without, clean, {v: shares(m, without.metrics[v], clean.metrics[v]) for v, m in labels})


def shares(
    with_remedies: Mapping[str, MetricValue], without: Mapping[str, MetricValue], clean: Mapping[str, MetricValue]
) -> dict[str, MetricValue]:
    """Share won back of every metric that all three have; see `won_back`.

    Parameters
    ----------
    with_remedies, without, clean : mapping of str to MetricValue
        Values of one label by metric: under perturbations and remedies, under the perturbations alone, and clean.
    """
    keys = [key for key in with_remedies if key in without and key in clean]
    return {key: won_back(key, with_remedies[key], without[key], clean[key]) for key in keys}


def won_back(key: str, with_remedies: MetricValue, without: MetricValue, clean: MetricValue) -> MetricValue:
    """Share of a metric's loss that remedies win back: (with - without) / (clean - without).

    1 is all of it, more than 1 is better than clean, below 0 the remedies harm. Of a metric that is best at zero, sizes
    are taken.

    Parameters
    ----------
    key : str
        Of the metric.
    with_remedies, without, clean : MetricValue

    Returns
    -------
    MetricValue
        Undefined where a value is, where the metric has no better direction, and where nothing was lost.
    """
    better = metric_specs()[key].better
    if better is None:
        return _undefined('neither direction of this metric is better')
    numbers = []
    asked = {'with remedies': with_remedies, 'without remedies': without, 'on the clean image': clean}
    for words, value in asked.items():
        if not isinstance(value.value, int | float):
            return _undefined(f'undefined {words}')
        goods = {'higher': value.value, 'lower': -value.value, 'zero': -abs(value.value)}
        numbers.append(float(goods[better]))
    now, before, best = numbers
    if best - before <= EPSILON:
        return _undefined('nothing was lost')
    return MetricValue((now - before) / (best - before))


def _undefined(reason: str) -> MetricValue:
    return MetricValue(None, None, 'not_applicable', reason)
