"""From state to request: pure, and the one place that decides what is to be run."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_segrobust.compare import metric_specs
from napari_segrobust.remedies import has_remedy, without_remedies
from napari_segrobust.scenario import Judgement, Scenario
from napari_segrobust.segment.asking import ask_for, is_unprompted
from napari_segrobust.segment.protocols import AdjustableSegmenter
from napari_segrobust.walk import Walk, make_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.state import ExploreState, Extra, Lane, Plane
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

_serials = itertools.count(1)


@dataclass(frozen=True, eq=False)
class LaneRequest:
    """One lane of a request.

    Attributes
    ----------
    index : int
        Its place in the state's lanes.
    now : Walk
        What is asked for.
    baseline : Walk
        What it is held against: the clean run, or the pinned one.
    without : Walk or None
        The same perturbations without remedies, where one acts.
    """

    index: int
    now: Walk
    baseline: Walk
    without: Walk | None = None

    @property
    def walks(self) -> tuple[Walk, ...]:
        """All that has to be run, the most wanted first."""
        return (self.now, self.baseline) if self.without is None else (self.now, self.baseline, self.without)


@dataclass(frozen=True, eq=False)
class Request:
    """A frozen picture of what the state asks for.

    Attributes
    ----------
    case : Case
    lanes : tuple of LaneRequest
    stack : tuple of Perturbation
        As the state's entries act, the disabled ones included.
    baseline : tuple of Perturbation
        The stack of the baseline: empty for the clean run.
    focus : int
        The entry whose severity the curve runs along.
    plane : Plane or None
    label : int or None
    probability : int or None
    metrics : tuple of str
        Keys to compute against the reference: those that are shown, and no others.
    extras : frozenset of str
        What is asked for beside the metrics, see `state.Extra`.
    wanted : str
        What lanes that were left out wait for: "region-growing: click a seed".
    kind : str
        Hash of case, lanes, stack order, seeds and contexts, not of severities: a result of another kind is
        never painted.
    serial : int
        Grows with each request.
    born : float
        ``time.perf_counter()`` at the change of state.
    """

    case: Case
    lanes: tuple[LaneRequest, ...]
    stack: tuple[Perturbation, ...]
    baseline: tuple[Perturbation, ...]
    focus: int
    plane: Plane | None
    label: int | None
    probability: int | None
    metrics: tuple[str, ...]
    extras: frozenset[Extra]
    kind: str
    wanted: str = ''
    serial: int = field(default_factory=lambda: next(_serials))
    born: float = field(default_factory=time.perf_counter)

    @property
    def ms(self) -> float:
        """Milliseconds since the change of state."""
        return 1000 * (time.perf_counter() - self.born)

    @property
    def severity(self) -> float:
        """Severity of the focused entry, 0 for an empty stack or a disabled entry."""
        if not 0 <= self.focus < len(self.stack) or not self.stack[self.focus].enabled:
            return 0.0
        return self.stack[self.focus].severity

    @property
    def age_ms(self) -> float:
        """Time since the change of state."""
        return 1000 * (time.perf_counter() - self.born)


def resolve(
    state: ExploreState,
    case: Case,
    models: Mapping[str, WindowSegmenter | WholeSegmenter],
    metrics: Sequence[str],
    stack: tuple[Perturbation, ...] | None = None,
) -> Request:
    """Say what the state asks of a case. Lanes whose model is not loaded yet, or wants a prompt first, are left out.

    Parameters
    ----------
    state : ExploreState
    case : Case
    models : mapping of str to model
        Loaded models by `Lane.model_id`.
    metrics : sequence of str
        Keys that are shown in the table.
    stack : tuple of Perturbation, optional
        Asked for in place of the state's own.

    Returns
    -------
    Request
    """
    lanes, wanted = [], []
    stack = state.acting if stack is None else stack
    bare = without_remedies(stack) if has_remedy(stack) else None
    baseline = state.pin.stack if state.pin is not None else ()
    for index, lane in enumerate(state.lanes):
        if not _is_there(lane, case, models):
            continue
        if not lane.given and is_unprompted(models[lane.model_id].spec, state.prompts):
            wanted.append(f'{lane.title}: {ask_for(models[lane.model_id].spec)}')
            continue
        pinned = state.pin.lanes[index] if state.pin is not None and index < len(state.pin.lanes) else lane
        held = pinned.source == lane.source and _is_there(pinned, case, models)
        lanes.append(
            LaneRequest(
                index,
                _walk(state, case, models, lane, stack),
                _walk(state, case, models, pinned if held else lane, baseline),
                None if bare is None or lane.given else _walk(state, case, models, lane, bare),
            )
        )
    return Request(
        case=case,
        lanes=tuple(lanes),
        stack=stack,
        baseline=baseline,
        focus=state.focus,
        plane=None if state.plane is None else _clipped(state.plane, case),
        label=state.label,
        probability=state.probability,
        metrics=tuple(dict.fromkeys((*metrics, *_curve_metric(state)))),
        extras=state.extras,
        kind=kind_of(state, case, stack),
        wanted='; '.join(dict.fromkeys(wanted)),
    )


def _is_there(lane: Lane, case: Case, models: Mapping[str, WindowSegmenter | WholeSegmenter]) -> bool:
    return lane.source in case.predictions if lane.given else lane.model_id in models


def _curve_metric(state: ExploreState) -> tuple[str, ...]:
    """Key of the curve, where it is measured against the reference."""
    return (state.metric,) if state.metric in metric_specs() else ()


def kind_of(state: ExploreState, case: Case, stack: tuple[Perturbation, ...] | None = None) -> str:
    """Hash of everything but severities, slice, label and how the prediction is judged."""
    acting = state.acting if stack is None else stack
    lanes = [(lane.model_id, lane.given, lane.context.model_dump(mode='json')) for lane in state.lanes]
    return make_key(case.key, [(p.enabled, p.draw_key()) for p in acting], lanes)


def _walk(
    state: ExploreState,
    case: Case,
    models: Mapping[str, WindowSegmenter | WholeSegmenter],
    lane: Lane,
    stack: tuple[Perturbation, ...],
) -> Walk:
    judgement = Judgement(
        reference=state.reference if state.reference in case.references else None,
        threshold=lane.threshold,
        label_map=lane.label_map,
        post=lane.post,
        tolerance_mm=state.tolerance_mm,
        definitions=state.definitions,
    )
    scenario = Scenario(perturbations=stack, context=lane.context, judgement=judgement, prompts=state.prompts)
    if lane.given:
        return Walk(case, None, scenario, given=lane.source)
    model = models[lane.model_id]
    if lane.parameters and isinstance(model, AdjustableSegmenter):
        model = model.adjusted(lane.parameters)
    return Walk(case, model, scenario)


def _clipped(plane: Plane, case: Case) -> Plane:
    """The plane, moved inside the case: a viewer may hold larger layers."""
    axis = min(plane.axis, case.ndim - 1)
    return plane.model_copy(update={'axis': axis, 'index': max(0, min(plane.index, case.shape[axis] - 1))})
