"""Several models over the severities of one entry, on one plane: the live loop's own answers, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from napari_segrobust import pipeline
from napari_segrobust.compare import metric_specs
from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.errors import ModelError, SegrobustError
from napari_segrobust.explore.cache import ByteCache
from napari_segrobust.explore.engine import Engine
from napari_segrobust.explore.first_view import first_label, first_slice
from napari_segrobust.explore.mailbox import Mailbox
from napari_segrobust.explore.resolve import resolve
from napari_segrobust.explore.state import MAX_LANES, ExploreState, Lane, Plane
from napari_segrobust.grid.values import Grid
from napari_segrobust.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from napari_segrobust.cases.case import Case
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.perturb import Perturbation
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter

DEFAULT_METRICS = ('dice', 'nsd', 'hd95')


@dataclass(frozen=True, eq=False)
class Sweep:
    """Grids at several severities of one entry, the clean one included where severity 0 was asked for.

    Attributes
    ----------
    grids : tuple of Grid
        In the order of their severities.
    entry : str
        Title of the perturbation whose severity changes; empty where there is none.
    """

    grids: tuple[Grid, ...]
    entry: str = ''

    @property
    def severities(self) -> tuple[float, ...]:
        """Severities of the grids."""
        return tuple(grid.severity for grid in self.grids)

    def at(self, severity: float | None = None) -> Grid:
        """The grid nearest to a severity, the last one when None."""
        if severity is None:
            return self.grids[-1]
        return min(self.grids, key=lambda grid: abs(grid.severity - severity))

    def course(self, lane: int, key: str) -> list[tuple[float, float | None]]:
        """(severity, value) of a metric of one model; None where it is undefined."""
        found = []
        for grid in self.grids:
            row = next((row for row in grid.rows if row.lane == lane), None)
            found.append((grid.severity, None if row is None else row.value(key)))
        return found

    def save_figure(self, path: str | Path, severity: float | None = None, **options: Any) -> Path:
        """Write one grid as PNG or SVG; `options` are those of `figure.FigureStyle`."""
        from napari_segrobust.grid.figure import FigureStyle, save_figure

        return save_figure(path, self.at(severity), FigureStyle(**options), self)

    def save_film(self, path: str | Path, seconds: float = 0.2, **options: Any) -> Path:
        """Write all grids, forth and back, as MP4, GIF or WebP; `options` are those of `figure.FigureStyle`."""
        from napari_segrobust.grid.figure import FigureStyle
        from napari_segrobust.grid.film import save_film

        return save_film(path, self, FigureStyle(**options), seconds=seconds)


class GridJob:
    """Answers one request after the other, and lays each out as a grid.

    It is a job of the live loop (see `explore.jobs`): a newer request interrupts it, and what is known from before
    comes from the same cache.

    Parameters
    ----------
    requests : sequence of Request
        Of one case and plane.
    on_grid : callable
        ``on_grid(number, grid)``, in the thread that works.
    on_failed : callable
        ``on_failed(message)``, where a live loop runs the job: in its GUI thread.
    scope : {'slice', 'volume'}
        What the numbers are of.
    limits : (float, float), optional
        Of grey values.
    """

    words = 'architecture grid'

    def __init__(
        self,
        requests: Sequence[Request],
        on_grid: Callable[[int, Grid], None],
        on_failed: Callable[[str], None] = lambda _message: None,
        *,
        scope: Literal['slice', 'volume'] = 'slice',
        limits: tuple[float, float] | None = None,
    ) -> None:
        self.case = requests[0].case
        self._requests = list(requests)
        self._on_grid, self._on_failed = on_grid, on_failed
        self._scope, self._limits = scope, limits
        self.done = 0

    @property
    def total(self) -> int:
        """How many grids there will be."""
        return len(self._requests)

    def advance(self, engine: Engine, cancel: Callable[[], bool]) -> bool:
        """Answer the next request."""
        request = self._requests[self.done]
        for lane in request.lanes:
            pipeline.settle_precision(lane.now)
        update = engine.plane_of(request, cancel)
        if update is None:
            return False
        views = engine.whole_of(request, cancel) if self._scope == 'volume' else None
        if views is None and self._scope == 'volume':
            return False
        number, self.done = self.done, self.done + 1
        self._on_grid(number, Grid.of(update, views, self._limits))
        return self.done == self.total

    def failed(self, message: str) -> None:
        """Say why a grid cannot be made."""
        self._on_failed(message)


def with_severity(stack: Sequence[Perturbation], focus: int, severity: float) -> tuple[Perturbation, ...]:
    """A stack with another severity of one entry."""
    return tuple(p.model_copy(update={'severity': severity}) if i == focus else p for i, p in enumerate(stack))


def sweep(
    case: Case,
    models: Sequence[str | WindowSegmenter | WholeSegmenter],
    scenario: Scenario | None = None,
    severities: Sequence[float] | None = None,
    *,
    focus: int = -1,
    axis: int = 0,
    index: int | None = None,
    label: int | None = None,
    metrics: Sequence[str] = DEFAULT_METRICS,
    scope: Literal['slice', 'volume'] = 'slice',
    limits: tuple[float, float] | None = None,
    device: str = 'auto',
    trust: bool = False,
    cache_bytes: int | None = None,
    cancel: Callable[[], bool] = pipeline.never,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Let models look at one perturbed image, at each severity of one of its perturbations.

    What the plane needs is computed and no more; models share the perturbed image, and severities the draw.

    Parameters
    ----------
    case : Case
    models : sequence of str or model
        One to six: names or files for `load_model`, models, or names of predictions that came with the case.
    scenario : Scenario, optional
        Its context and judgement are every model's.
    severities : sequence of float, optional
        Of the entry `focus` of the scenario's perturbations; the scenario as it is when None.
    focus : int
        The last entry by default.
    axis, index : int
        The slice of a volume; that with most of the label by default.
    label : int, optional
        The measured label; the largest one by default.
    metrics : sequence of str
    scope : {'slice', 'volume'}
        What the numbers are of: with "volume" every model sees the whole image.
    limits : (float, float), optional
        Of the grey values in pictures.
    device : str
        For models that are given by name.
    trust : bool
        Run code that comes with those models, as in `load_model`.
    cache_bytes : int, optional
        Of intermediate results; as in the window by default.
    cancel, progress : callable, optional
        Asked between windows, told after each grid.

    Returns
    -------
    Sweep

    Raises
    ------
    SegrobustError
        What was asked does not fit together, or `cancel` answered True.

    Examples
    --------
    >>> noise = Perturbation(name='gaussian_noise', seed=7)  # doctest: +SKIP
    >>> models = ['brain-unet', 'brain-noskip']
    >>> found = sweep(case, models, Scenario(perturbations=[noise]), (0, 2.5, 5))  # doctest: +SKIP
    >>> found.save_figure('grid.svg'), found.save_film('grid.gif')  # doctest: +SKIP
    """
    scenario = scenario or Scenario()
    stack = scenario.perturbations
    levels = None if severities is None else sorted({float(severity) for severity in severities})
    if levels is not None and not (stack and levels):
        raise ModelError('Nothing to sweep', 'no perturbation, or no severity, is given', 'Give both, or neither.')
    state, loaded = _state_of(case, models, scenario, device, trust)
    state.label = first_label(case) if label is None else label
    state.plane = Plane(axis=axis, index=first_slice(case, state.label) if index is None else index)
    _check(case, state, metrics)
    state.focus = focus % len(stack) if stack else 0
    stacks = [stack] if levels is None else [with_severity(stack, state.focus, level) for level in levels]
    grids: list[Grid] = []
    acting = [tuple(_seeded(entry, scenario.seed) for entry in one) for one in stacks]
    requests = [replace(resolve(state, case, loaded, metrics, one), extras=frozenset()) for one in acting]
    job = GridJob(requests, lambda _number, grid: grids.append(grid), scope=scope, limits=limits)
    engine = Engine(lambda _answer: None, Mailbox(), ByteCache(cache_bytes))
    finished = False
    while not finished:
        try:
            finished = engine.work(job, cancel)
        except Interrupted:
            finished = False
        if cancel():
            raise ModelError('Sweep cancelled', f'{job.done} of {job.total} severities were done', 'Start it again.')
        if progress is not None:
            progress(job.done, job.total)
    entry = '' if not stack else _title(stack[state.focus].name)
    return Sweep(tuple(grids), entry)


def _state_of(
    case: Case, models: Sequence[str | WindowSegmenter | WholeSegmenter], scenario: Scenario, device: str, trust: bool
) -> tuple[ExploreState, dict[str, Any]]:
    """Lanes for models, and the models by what the lanes call them."""
    if not 1 <= len(models) <= MAX_LANES:
        raise ModelError('No grid', f'{len(models)} models', f'Give one to {MAX_LANES}.')
    from napari_segrobust.segment import load_model

    judgement, lanes = scenario.judgement, []
    loaded: dict[str, Any] = {}
    for model in models:
        given = isinstance(model, str) and model in case.predictions
        source = model if isinstance(model, str) else model.spec.name
        while not given and source in loaded:
            source = f'{source} again'
        if not given:
            loaded[source] = load_model(model, device=device, trust=trust) if isinstance(model, str) else model
        lanes.append(
            Lane(
                source=source,
                given=given,
                context=scenario.context,
                threshold=judgement.threshold,
                label_map=judgement.label_map,
                post=judgement.post,
            )
        )
    state = ExploreState(
        lanes=tuple(lanes),
        stack=scenario.perturbations,
        reference=judgement.reference,
        tolerance_mm=judgement.tolerance_mm,
        definitions=judgement.definitions,
        prompts=scenario.prompts,
    )
    return state, loaded


def _check(case: Case, state: ExploreState, metrics: Sequence[str]) -> None:
    unknown = [key for key in metrics if key not in metric_specs()]
    if unknown:
        raise SegrobustError('No such metric', ', '.join(unknown), 'The metrics verb lists them.')
    if state.reference is not None and state.reference not in case.references:
        known = ', '.join(case.references) or 'none'
        raise SegrobustError('No such reference', state.reference, f'Choose one of: {known}.')
    plane = state.plane
    if case.ndim == 3 and plane is not None and not (0 <= plane.axis < 3 and 0 <= plane.index < case.shape[plane.axis]):
        why = f'slice {plane.index} along axis {plane.axis} of an image of shape {case.shape}'
        raise SegrobustError('No such slice', why, 'Count slices from 0, and axes from 0 to 2.')


def _seeded(entry: Perturbation, seed: int | None) -> Perturbation:
    return entry if seed is None else entry.model_copy(update={'seed': seed})


def _title(name: str) -> str:
    from napari_segrobust.perturb import get_spec

    return get_spec(name).title
