"""What every window of a plan says for itself, before anything is stitched."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted, interruptible
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.activation import activate
from napari_segrobust.segment.advance import ASK_SECONDS
from napari_segrobust.segment.device import limit_threads
from napari_segrobust.segment.ensemble import Ensemble
from napari_segrobust.segment.inference import mirrored_axes, plan_for
from napari_segrobust.segment.protocols import WholeSegmenter
from napari_segrobust.segment.see import context_on, see
from napari_segrobust.segment.windows import WindowRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Block, Window, WindowPlan
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.grid import ModelGrid
    from napari_segrobust.segment.known import KnownWindows
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WindowSegmenter
    from napari_segrobust.segment.spec import ModelSpec


class Collector(Protocol):
    """Takes the answers of windows, in any order."""

    def add(self, window: Window, part: Block, probabilities: NDArray[np.float32]) -> None:
        """Take (K, *part) of one window; `part` is what of it lies in the context box, on the model's grid."""

    def clear(self) -> None:
        """Forget what was taken: the model has changed its device, and everything comes again."""


class WindowAnswers:
    """The windows of a model on an image, asked one by one; `open_answers` makes it.

    Attributes
    ----------
    plan : WindowPlan
        On the grid of the model.
    grid : ModelGrid
        Of the model, laid over the case.
    spec : ModelSpec
    spacing : tuple of float or None
        Voxel size of `plan`'s grid in mm, array order.
    asked : int
        Windows that were asked for.
    """

    def __init__(
        self,
        plan: WindowPlan,
        grid: ModelGrid,
        spec: ModelSpec,
        runner: WindowRunner,
        spacing: tuple[float, ...] | None,
    ) -> None:
        self.plan = plan
        self.grid = grid
        self.spec = spec
        self.spacing = spacing
        self.asked = 0
        self._runner = runner

    @property
    def batch(self) -> int:
        """Windows that the model takes at once."""
        return self._runner.batch

    @property
    def computed_on(self) -> tuple[str, bool]:
        """Device, and whether in half precision."""
        return self._runner.computed_on

    @property
    def messages(self) -> list[str]:
        """What happened that a person must know, one line each."""
        return self._runner.messages

    def ask(self, *windows: Window) -> list[NDArray[np.float32]]:
        """Probabilities (K, *part) of each window; ``part`` is the shape of ``plan.inside(window)``.

        Raises
        ------
        ModelError
            The model raised, or answered with something unusable.
        """
        limit_threads()
        logits = self._runner.run(windows)
        self.asked += len(windows)
        return [activate(one, self.spec) for one in logits]

    def on_model(self, mask: NDArray[Any]) -> NDArray[Any]:
        """Bring a mask (*spatial) of the case to the grid of the model: each voxel takes the nearest one's value."""
        for number, axis in enumerate(self.grid.axes):
            if not (axis.is_native and axis.size == mask.shape[number]):
                places = np.rint(axis.case_places(0, axis.size)).astype(np.intp)
                mask = mask.take(axis.start + places.clip(0, axis.length - 1), axis=number)
        return mask

    def on_case(self, values: NDArray[Any], outside: float = 0) -> NDArray[Any]:
        """Bring an array (*spatial) of the model's grid to the case, likewise; `outside` fills what lies beyond it."""
        if self.grid.is_case:
            return values
        for number, axis in enumerate(self.grid.axes):
            places = np.rint(axis.model_places(axis.start, axis.start + axis.length)).astype(np.intp)
            values = values.take(places, axis=number)
        whole = np.full(self.grid.case_shape, outside, values.dtype)
        whole[tuple(slice(lo, hi) for lo, hi in self.grid.crop)] = values
        return whole


def open_answers(
    model: object,
    source: ImageSource,
    context: Context,
    statistics: Statistics | None = None,
    known: KnownWindows | None = None,
) -> WindowAnswers:
    """Lay the windows of a model over an image, to ask them one by one; no network is run yet.

    Parameters
    ----------
    model : WindowSegmenter
    source : ImageSource
        The image, (C, *spatial).
    context : Context
        What the model may see, in voxels of the image.
    statistics : Statistics, optional
        As in `napari_segrobust.segment.inference.start_inference`.
    known : KnownWindows, optional
        Asked before the model, and told what the model answers: windows that a prediction has run need not run again.

    Returns
    -------
    WindowAnswers

    Raises
    ------
    ContextError
        The model decides on its windows itself, or the context cannot be used.
    ModelError
        The model cannot take this image.
    """
    windowed = only_windows(model)
    seen, grid = see(windowed.spec, source)
    inner = context_on(grid, context)
    if inner is None:
        raise ContextError(
            'No windows', f'{windowed.spec.name} sees nothing of the context box', 'Move or drop the box.'
        )
    plan = plan_for(windowed.spec, seen.shape[1:], inner)
    mirror = mirrored_axes(windowed.spec, context)
    runner = WindowRunner(windowed, seen, plan, context.padding, statistics, mirror, known)
    return WindowAnswers(plan, grid, windowed.spec, runner, grid.spacing if source.has_spacing else None)


def only_windows(model: object) -> WindowSegmenter:
    """Return a model that looks through windows of ours, or refuse it.

    Raises
    ------
    ContextError
        It is an ensemble, or decides on its windows itself.
    """
    if isinstance(model, Ensemble):
        why = f'{model.spec.name} is an ensemble, whose members have windows of their own'
        raise ContextError('No windows to look through', why, 'Choose one of its members.')
    if isinstance(model, WholeSegmenter):
        why = f'{model.spec.name} decides on its windows itself'
        raise ContextError('No windows to look through', why, 'Choose a model that is run through a sliding window.')
    windowed: WindowSegmenter = model  # type: ignore[assignment]  # what is neither is the third kind
    return windowed


def look_through(
    answers: WindowAnswers,
    *collectors: Collector,
    block: Block | None = None,
    centre: Sequence[float] | None = None,
    cancel: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, int]]:
    """Ask the windows that touch `block`, and hand every answer to all collectors.

    Parameters
    ----------
    answers : WindowAnswers
    *collectors : Collector
        One pass of the network serves them all.
    block : tuple of slice, optional
        On the grid of the model; all of it when None.
    centre : sequence of float, optional
        Windows nearest to it, in voxels of the model, come first.
    cancel : callable, optional
        Asked between windows and between two layers of the network; True ends the iteration.

    Yields
    ------
    done, total : int
        Windows, after each batch; what was collected so far may be looked at.

    Raises
    ------
    ModelError
        The model raised, or answered with something unusable.
    """
    windows = answers.plan.ordered(block, centre)
    total, done = len(windows), 0
    while done < total:
        together = windows[done : done + max(answers.batch, 1)]
        before = answers.computed_on
        if cancel():
            return
        try:
            with interruptible(_asking(cancel)):
                found = answers.ask(*together)
        except Interrupted:
            return
        if answers.computed_on != before and done:
            # One result comes from one device, in one precision.
            for collector in collectors:
                collector.clear()
            done = 0
            continue
        for window, probabilities in zip(together, found, strict=True):
            part = answers.plan.inside(window)
            for collector in collectors:
                collector.add(window, part, probabilities)
        done += len(together)
        yield done, total


def _asking(cancel: Callable[[], bool]) -> Callable[[], None]:
    asked = time.perf_counter()

    def ask() -> None:
        nonlocal asked
        if time.perf_counter() - asked > ASK_SECONDS:
            asked = time.perf_counter()
            if cancel():
                raise Interrupted

    return ask
