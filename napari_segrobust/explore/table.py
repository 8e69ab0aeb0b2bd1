"""Rows of the metric table: a value, its baseline and the change between them, with a direction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from napari_segrobust.compare import MetricValue, metric_specs
from napari_segrobust.pipeline import STABILITY_METRICS
from napari_segrobust.remedies import won_back

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.compare import Comparison, MetricSpec
    from napari_segrobust.explore.updates import LaneView

Direction = Literal['better', 'worse', 'same', 'none']
#: What the baseline is called while nothing is pinned.
CLEAN = 'clean'
#: Changes smaller than this are no change.
EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes
    ----------
    key : str
        Metric key; those against the baseline's prediction begin with ``stability_``.
    spec : MetricSpec
    against : str
        "reference", or what the baseline is called: "clean", "A".
    now : MetricValue
    baseline : MetricValue or None
        None for rows against the baseline itself.
    change : float or None
        now minus baseline.
    direction : {'better', 'worse', 'same', 'none'}
    without : MetricValue or None
        The value without remedies, where one acts.
    won_back : MetricValue or None
        Share of the loss that the remedies win back, see `remedies.won_back`.
    """

    key: str
    spec: MetricSpec
    against: str
    now: MetricValue
    baseline: MetricValue | None
    change: float | None
    direction: Direction
    without: MetricValue | None = None
    won_back: MetricValue | None = None


def rows(view: LaneView, label: int | None, metrics: Sequence[str], baseline_name: str) -> list[Row]:
    """Rows for one lane and label: against the reference where there is one, then against the baseline.

    Parameters
    ----------
    view : LaneView
    label : int or None
        None is the mean over labels.
    metrics : sequence of str
        Keys against the reference, in order.
    baseline_name : str
        "clean" or "A".
    """
    specs = metric_specs()
    found: list[Row] = []
    if view.accuracy is not None and view.baseline_accuracy is not None:
        now, before = measured(view.accuracy, label), measured(view.baseline_accuracy, label)
        shown = (key for key in metrics if key in now)
        found.extend(_row(key, specs[key], 'reference', now[key], before.get(key)) for key in shown)
        if view.without is not None:
            bare = measured(view.without, label)
            found = [_held_against(row, bare.get(row.key), baseline_name) for row in found]
    against = {} if view.stability is None else measured(view.stability, label)
    found.extend(
        _row(f'stability_{key}', specs[key], baseline_name, against[key], None)
        for key in STABILITY_METRICS
        if key in against
    )
    return found


def _held_against(row: Row, without: MetricValue | None, baseline_name: str) -> Row:
    """The same row with what it would be without remedies."""
    if without is None or row.baseline is None:
        return row
    if baseline_name == CLEAN:
        share = won_back(row.key, row.now, without, row.baseline)
    else:
        share = MetricValue(None, None, 'not_applicable', f'the baseline is {baseline_name}, not the clean image')
    return replace(row, without=without, won_back=share)


def measured(comparison: Comparison, label: int | None) -> Mapping[str, MetricValue]:
    """Values of a label; for None the mean over the labels whose value is defined, and it says of how many."""
    if label is not None:
        return comparison.metrics.get(label, {})
    if len(comparison.metrics) == 1:
        return next(iter(comparison.metrics.values()))
    keys = dict.fromkeys(key for values in comparison.metrics.values() for key in values)
    return {key: _mean([values[key] for values in comparison.metrics.values() if key in values]) for key in keys}


def _mean(values: Sequence[MetricValue]) -> MetricValue:
    defined = [v.value for v in values if isinstance(v.value, int | float)]
    unit = values[0].unit
    if any(isinstance(v.value, str | tuple) for v in values):
        return MetricValue(None, unit, 'not_applicable', 'one for each label: choose a label')
    if not defined:
        return MetricValue(None, unit, values[0].status, 'undefined for every label')
    note = None if len(defined) == len(values) else f'mean over {len(defined)} of {len(values)} labels'
    return MetricValue(float(sum(defined)) / len(defined), unit, 'ok', note)


def _row(key: str, spec: MetricSpec, against: str, now: MetricValue, before: MetricValue | None) -> Row:
    if before is None or not (isinstance(now.value, int | float) and isinstance(before.value, int | float)):
        return Row(key, spec, against, now, before, None, 'none')
    change = float(now.value - before.value)
    gains = {'higher': change, 'lower': -change, 'zero': abs(before.value) - abs(now.value)}
    gain = None if spec.better is None else gains[spec.better]
    if gain is None:
        direction: Direction = 'none'
    elif abs(gain) <= EPSILON:
        direction = 'same'
    else:
        direction = 'better' if gain > 0 else 'worse'
    return Row(key, spec, against, now, before, change, direction)
