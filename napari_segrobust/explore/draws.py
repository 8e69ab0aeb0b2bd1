"""The same stack with several draws, while the live loop has nothing to do: how far a number hangs on the seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.explore.curves import values_of
from napari_segrobust.perturb.catalogue import acts, get_spec
from napari_segrobust.spread import VOLUME, Numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_segrobust.explore.curves import CurveId
    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.session import Session
    from napari_segrobust.explore.state import Scope
    from napari_segrobust.explore.updates import LaneView
    from napari_segrobust.perturb import Perturbation

#: Severities besides the present one at which the shown slice, which is quick, is drawn anew.
SEVERITIES = (1.0, 2.0, 3.0, 4.0, 5.0)

_Found = dict[str, tuple[float | None, str | None]]


@dataclass(frozen=True)
class Draws:
    """What several draws gave at one severity.

    Attributes
    ----------
    curve : CurveId
        The curve that they belong to.
    severity : float
    seeds : tuple of int
    numbers : mapping of str to Numbers
        By metric; `VOLUME` is the size of the prediction.
    """

    curve: CurveId
    severity: float
    seeds: tuple[int, ...]
    numbers: Mapping[str, Numbers]


class DrawsJob:
    """Answers for each severity and each seed, and for the clean image.

    Parameters
    ----------
    session : Session
        With a case and a lane that has a model.
    lane : int
    seeds : sequence of int
        Each takes the place of the seeds of the whole stack, as in `spread`.
    on_draws : callable
        ``on_draws(draws)`` once a severity is done. GUI thread.
    on_end : callable
        ``on_end(message)``: "" when all is done, else why it failed. GUI thread.

    Raises
    ------
    PerturbationError
        Nothing that acts is random, or there is nothing to measure.
    """

    def __init__(
        self,
        session: Session,
        lane: int,
        seeds: tuple[int, ...],
        on_draws: Callable[[Draws], None],
        on_end: Callable[[str], None],
    ) -> None:
        request = session.would_be(session.state.acting)
        if request is None or not any(entry.index == lane and entry.now.model for entry in request.lanes):
            raise PerturbationError('No draws', 'the lane has no network', 'Choose a model.')
        if not any(get_spec(entry.name).random for entry in session.state.acting if acts(entry)):
            why = 'nothing that acts is random, so every draw is the same'
            raise PerturbationError('No draws', why, 'Add a perturbation with a seed, or raise its severity.')
        self.case = request.case
        self.words = f'{len(seeds)} draws'
        self._session, self._lane, self._seeds = session, lane, seeds
        self._on_draws, self._on_end = on_draws, on_end
        self._scope: Scope = session.state.scope
        if request.plane is None:
            self._scope = 'volume'
        self._curve = session.curves.identify(request, lane, self._scope, session.state.label)
        self._severities = _severities(session, self._scope)
        self._plan = [
            (severity, seed, _planned(session, severity, seed)) for severity in self._severities for seed in seeds
        ]
        self._clean_request = _asked(session, ())
        self._clean: _Found | None = None
        self._found: dict[tuple[float, int], _Found] = {}

    @property
    def total(self) -> int:
        """Units of work."""
        return 1 + len(self._plan)

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Answer for the clean image first, then for the next draw."""
        if self._clean is None:
            self._clean = self._answer(engine, self._clean_request, cancel)
            return False
        severity, seed, request = self._plan[len(self._found)]
        found = self._answer(engine, request, cancel)
        if found is None:
            return False
        self._found[severity, seed] = found
        done = len(self._found)
        finished = done == len(self._plan)
        draws = self._draws_of(severity) if done % len(self._seeds) == 0 else None

        def tell() -> None:
            if self not in self._session.jobs:
                return
            self._session.jobs.progress(self, done + 1, self.total)
            if draws is not None:
                self._session.curves.add_draws(draws.curve, draws.severity, draws.numbers)
                self._on_draws(draws)
            if finished:
                self._session.jobs.finished(self)
                self._on_end('')

        self._session.post(tell)
        return finished

    def failed(self, message: str) -> None:
        """Say why a draw cannot be answered."""
        if self in self._session.jobs:
            self._session.jobs.finished(self)
            self._on_end(message)

    def _answer(self, engine: Engine, request: Request, cancel: Callable[[], bool]) -> _Found | None:
        """Numbers of the lane for one request; None where that was cancelled."""
        if self._scope == 'slice':
            update = engine.plane_of(request, cancel)
            views = None if update is None else update.lanes
        else:
            views = engine.whole_of(request, cancel)
        view = None if views is None else next(v for v in views if v.index == self._lane)
        return None if view is None else self._numbers(view, request)

    def _numbers(self, view: LaneView, request: Request) -> _Found:
        found: _Found = {VOLUME: self._volume(view, request)}
        for key, value in values_of(view, request.label).items():
            number = value.value
            if number is None or (isinstance(number, int | float) and not isinstance(number, bool)):
                found[key] = (None if number is None else float(number), value.unit)
        return found

    def _volume(self, view: LaneView, request: Request) -> tuple[float, str]:
        """Size of the prediction, where numbers are taken from, as metrics count it."""
        inside = view.labels != 0 if request.label is None else view.labels == request.label
        count = int(np.count_nonzero(inside if view.valid is None else inside & view.valid))
        spacing, plane = request.case.geometry.spacing_mm, request.plane
        if self._scope == 'volume' and request.case.ndim == 3:
            return (float(count), 'voxels') if spacing is None else (count * float(np.prod(spacing)) / 1000, 'ml')
        if spacing is None:
            return float(count), 'px^2'
        across = plane.axis if plane is not None and request.case.ndim == 3 else None
        return count * float(np.prod([s for axis, s in enumerate(spacing) if axis != across])), 'mm^2'

    def _draws_of(self, severity: float) -> Draws:
        drawn = [self._found[severity, seed] for seed in self._seeds]
        clean = self._clean or {}
        numbers = {}
        for key in dict.fromkeys(key for found in (clean, *drawn) for key in found):
            cells = [found.get(key, (None, None)) for found in drawn]
            own = clean.get(key, (None, None))
            unit = own[1] or next((unit for _, unit in cells if unit), None)
            numbers[key] = Numbers(tuple(value for value, _ in cells), own[0], unit)
        return Draws(self._curve, severity, self._seeds, numbers)


def _severities(session: Session, scope: Scope) -> tuple[float, ...]:
    """The present severity of the focused entry first; of the shown slice the whole course of the curve."""
    request = session.would_be(session.state.acting)
    now = 0.0 if request is None else request.severity
    entry = session.state.acting[session.state.focus] if session.state.stack else None
    if scope == 'volume' or entry is None or not entry.enabled:
        return (now,)
    return (now, *(severity for severity in SEVERITIES if severity != now))


def _planned(session: Session, severity: float, seed: int) -> Request:
    """The request for one draw at a severity of the focused entry."""
    focus = session.state.focus

    def drawn(place: int, entry: Perturbation) -> Perturbation:
        changes = {'seed': seed} | ({'severity': severity} if place == focus and entry.enabled else {})
        return entry.model_copy(update=changes)

    return _asked(session, tuple(drawn(place, entry) for place, entry in enumerate(session.state.acting)))


def _asked(session: Session, stack: tuple[Perturbation, ...]) -> Request:
    request = session.would_be(stack)
    assert request is not None  # a case is open
    return replace(request, extras=frozenset())
