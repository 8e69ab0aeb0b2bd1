"""Metric over severity: a dot for each final result that was visited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_segrobust.explore.table import measured
from napari_segrobust.walk import curve_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_segrobust.compare import MetricValue
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.state import Scope
    from napari_segrobust.explore.updates import LaneView, PlaneUpdate, VolumeUpdate
    from napari_segrobust.spread import Numbers

#: Before the key of a metric: its curve without remedies.
WITHOUT = 'without_'
#: Severities nearer than this are one dot.
RESOLUTION = 1e-3


@dataclass(frozen=True, slots=True)
class CurveId:
    """Which curve: everything that all its dots share.

    Attributes
    ----------
    fixed : str
        Hash of case, other perturbations, draw.
    lane : str
        Hash of the lane's model, context and judgement.
    scope : {'slice', 'volume'}
    plane : tuple of int or None
        (axis, index) of a slice curve.
    label : int or None
    """

    fixed: str
    lane: str
    scope: Scope
    plane: tuple[int, int] | None
    label: int | None


class Curves:
    """All dots of one case. GUI thread."""

    def __init__(self) -> None:
        self._dots: dict[CurveId, dict[float, Mapping[str, MetricValue]]] = {}
        self._changes: dict[CurveId, dict[float, float]] = {}
        self._draws: dict[CurveId, dict[float, Mapping[str, Numbers]]] = {}

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self._dots, self._changes, self._draws):
            kept.clear()

    def add(self, update: PlaneUpdate | VolumeUpdate, scope: Scope) -> None:
        """Enter the dots of one final result; a provisional one is not entered."""
        if getattr(update, 'provisional', False):
            return
        request = update.request
        for view in update.lanes:
            if view.provisional:
                continue
            measured_labels = [] if view.stability is None else list(view.stability.metrics)
            labels = [request.label] if scope == 'slice' else [None, *measured_labels]
            for label in labels:
                curve, severity = self.identify(request, view.index, scope, label), _rounded(request.severity)
                self._dots.setdefault(curve, {})[severity] = values_of(view, label)
                self._changes.setdefault(curve, {})[severity] = update.rms_percent

    def add_draws(self, curve: CurveId, severity: float, numbers: Mapping[str, Numbers]) -> None:
        """Enter what several draws gave at a severity of a curve."""
        self._draws.setdefault(curve, {})[_rounded(severity)] = numbers

    def draws(self, curve: CurveId) -> dict[float, Mapping[str, Numbers]]:
        """What several draws gave, by severity."""
        return dict(sorted(self._draws.get(curve, {}).items()))

    def changes(self, curve: CurveId) -> dict[float, float]:
        """RMS change in percent of the image at each severity that was visited."""
        return dict(self._changes.get(curve, {}))

    def identify(self, request: Request, lane: int, scope: Scope, label: int | None) -> CurveId:
        """The curve a result of `request` belongs to."""
        walk = next(entry.now for entry in request.lanes if entry.index == lane)
        judged = walk.scenario.judgement.model_dump_json()
        model = walk.given if walk.model is None else walk.model.key
        if walk.model is not None and walk.model.spec.prompts:
            judged += walk.scenario.prompts.model_dump_json()
        plane = None if scope == 'volume' or request.plane is None else (request.plane.axis, request.plane.index)
        fixed = curve_key(request.case, request.stack, request.focus)
        return CurveId(fixed, f'{model} {walk.scenario.context.model_dump_json()} {judged}', scope, plane, label)

    def points(self, curve: CurveId, metric: str) -> list[tuple[float, float]]:
        """(severity, value) in order of severity; undefined values are left out."""
        return list(self.trends(curve, [metric])[metric])

    def trends(self, curve: CurveId, metrics: Iterable[str]) -> dict[str, tuple[tuple[float, float], ...]]:
        """The same for several metrics."""
        dots = sorted(self._dots.get(curve, {}).items())
        found = {}
        for metric in metrics:
            values = ((severity, values.get(metric)) for severity, values in dots)
            found[metric] = tuple(
                (s, float(v.value)) for s, v in values if v is not None and isinstance(v.value, int | float)
            )
        return found


def values_of(view: LaneView, label: int | None) -> dict[str, MetricValue]:
    """Every metric of a lane for a label: against the reference, without remedies, and against the baseline."""
    found = {} if view.accuracy is None else dict(measured(view.accuracy, label))
    if view.stability is not None:
        found.update({f'stability_{key}': value for key, value in measured(view.stability, label).items()})
    if view.without is not None:
        found.update({f'{WITHOUT}{key}': value for key, value in measured(view.without, label).items()})
    return found


def _rounded(severity: float) -> float:
    return round(severity / RESOLUTION) * RESOLUTION
