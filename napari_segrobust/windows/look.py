"""A case, a model and a scenario, looked at window by window: what scripts and the command line call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.context.plan import plan_windows
from napari_segrobust.context.record import Context
from napari_segrobust.errors import CompareError, ContextError
from napari_segrobust.judging import clean_of, measured_labels, reference_labels
from napari_segrobust.perturb import told_spacing
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.pipeline import advance as advance_run
from napari_segrobust.pipeline import finish as finish_run
from napari_segrobust.pipeline import infer, label, never, settle_precision
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment.source import ArraySource
from napari_segrobust.walk import Walk
from napari_segrobust.windows.alone import compare_alone, predict_box
from napari_segrobust.windows.alone_table import AloneCollector
from napari_segrobust.windows.answers import look_through, open_answers
from napari_segrobust.windows.curve import PRESETS, context_curve, target_box
from napari_segrobust.windows.edges import EdgeCollector, stitched_profile
from napari_segrobust.windows.kept import FirstWindows
from napari_segrobust.windows.seams import SeamCollector
from napari_segrobust.windows.table import window_table
from napari_segrobust.windows.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.context.plan import Block, WindowPlan
    from napari_segrobust.segment.protocols import WholeSegmenter, WindowSegmenter
    from napari_segrobust.windows.alone import Alone, AloneComparison
    from napari_segrobust.windows.alone_table import AloneTable
    from napari_segrobust.windows.answers import Collector, WindowAnswers
    from napari_segrobust.windows.curve import ContextPoint, How
    from napari_segrobust.windows.edges import EdgeProfile
    from napari_segrobust.windows.seams import SeamMap
    from napari_segrobust.windows.table import WindowTable


@dataclass(frozen=True, eq=False)
class WindowLook:
    """One model on one perturbed case, to be asked about its windows; `look_at_windows` makes it.

    Attributes
    ----------
    walk : Walk
    wanted : Wanted
        The label.
    source : ArraySource
        The perturbed image.
    reference : ndarray (*spatial), or None
        As a run would compare with it.
    image : PerturbedImage
    known : FirstWindows
        What its windows have answered: table, seams and edges ask the network once.
    cancel : callable
        Asked between windows; True raises `Interrupted`.
    progress : callable or None
        Told windows done and in all.
    """

    walk: Walk
    wanted: Wanted
    source: ArraySource
    reference: NDArray[Any] | None
    image: PerturbedImage
    known: FirstWindows
    cancel: Callable[[], bool] = never
    progress: Callable[[int, int], None] | None = None

    @cached_property
    def prediction(self) -> NDArray[Any]:
        """Labels (*spatial) of all windows together, after the steps behind the network; or the mask that was given."""
        run = infer(self.walk, self.image, known=self.known)
        if not advance_run(run, cancel=self.cancel, progress=self.progress):
            raise Interrupted
        return finish_run(self.walk, label(self.walk, run))

    def answers(self) -> WindowAnswers:
        """Begin to ask single windows.

        Raises
        ------
        ContextError
            There is no model, it has no windows, or the context cannot be used.
        """
        if self.walk.model is None:
            why = 'a mask that was given comes from no window'
            raise ContextError('No windows to look through', why, 'Choose a model.')
        return open_answers(self.walk.model, self.source, self.walk.scenario.context, known=self.known)

    @property
    def own_window(self) -> tuple[int, ...] | None:
        """The model's own window, in voxels of its grid and the order of the image's axes; None where it has none."""
        if self.walk.model is None or self.walk.model.spec.window is None:
            return None
        return open_answers(self.walk.model, self.source, Context()).plan.size

    def table(self) -> WindowTable:
        """Fractions and errors in every window of the stitched prediction; on the grid of the model.

        Raises
        ------
        SegrobustError
            The model or its windows cannot be used.
        """
        if self.walk.model is None:
            spacing = self.walk.case.geometry.spacing_mm
            return window_table(self._given_plan(), self.reference, self.prediction, spacing, self.wanted.label)
        answers = self.answers()
        reference = None if self.reference is None else answers.on_model(self.reference)
        prediction = answers.on_model(self.prediction)
        return window_table(answers.plan, reference, prediction, answers.spacing, self.wanted.label)

    def alone(self) -> AloneTable:
        """Numbers of what every window alone predicts, and how much of it all windows together see otherwise.

        Steps behind the network (largest component, holes, smallest volume) need the whole: they are taken on the
        stitched prediction alone.

        Raises
        ------
        SegrobustError
            The model or its windows cannot be used.
        """
        answers = self.answers()
        reference = None if self.reference is None else answers.on_model(self.reference)
        stitched = answers.on_model(self.prediction)
        collector = AloneCollector(self.table(), answers.spec, self.wanted, reference, stitched)
        self._ask(answers, collector, None)
        return collector.result()

    def box_alone(self, box: Sequence[tuple[int, int]], *, one_window: bool = False) -> tuple[Alone, AloneComparison]:
        """Predict what lies in a box from this box alone, and hold it against the prediction of the whole image.

        Parameters
        ----------
        box : sequence of (int, int)
            Half-open, in voxels of the case.
        one_window : bool
            Take the box as one window instead of sliding in it.

        Raises
        ------
        SegrobustError
            The box does not lie in the image; or the model or its windows cannot be used.
        """
        if self.walk.model is None:
            self.answers()
        context = self.walk.scenario.context
        alone = predict_box(
            self.walk.model, self.source, context, box, self.wanted, one_window=one_window, cancel=self.cancel
        )
        spacing = self.walk.case.geometry.spacing_mm
        return alone, compare_alone(alone, self.prediction, self.reference, spacing, self.wanted)

    def seams(self, plane: tuple[int, int] | None = None) -> SeamMap:
        """Disagreement of overlapping windows, on the grid of the case.

        Parameters
        ----------
        plane : (int, int), optional
            Axis and index of one slice; the whole context box when None.

        Raises
        ------
        SegrobustError
            The model or its windows cannot be used.
        """
        answers = self.answers()
        collector = SeamCollector(answers.plan, answers.spec, self.wanted, self._block(answers, plane))
        self._ask(answers, collector, self._block(answers, plane))
        return collector.result().on_case(answers)

    def edges(self, *, at_border: bool = True) -> tuple[EdgeProfile, EdgeProfile]:
        """Errors against the distance to the nearest window edge: of single windows alone, and of all stitched.

        Parameters
        ----------
        at_border : bool
            As in `napari_segrobust.windows.EdgeCollector`.

        Raises
        ------
        SegrobustError
            There is no reference; or the model or its windows cannot be used.
        """
        reference, answers = self._must_have_reference(), self.answers()
        true = answers.on_model(reference)
        collector = EdgeCollector(answers.plan, true, self.wanted, answers.spec, answers.spacing, at_border=at_border)
        self._ask(answers, collector, None)
        stitched = answers.on_model(self.prediction)
        return collector.result(), stitched_profile(
            answers.plan, true, stitched, self.wanted, answers.spacing, at_border=at_border
        )

    def curve(
        self,
        target: Sequence[tuple[int, int]] | None = None,
        sizes: Sequence[int | Sequence[int]] = PRESETS,
        how: How = 'alone',
    ) -> list[ContextPoint]:
        """Segment a fixed target through growing windows.

        Parameters
        ----------
        target : sequence of (int, int), optional
            Half-open, in voxels of the case; the bounding box of the label's largest
            component in the reference when None.
        sizes, how
            As in `napari_segrobust.windows.context_curve`.

        Raises
        ------
        SegrobustError
            There is no reference; or the model or its windows cannot be used.
        """
        reference = self._must_have_reference()
        if self.walk.model is None:
            self.answers()
        points = []
        asked = context_curve(
            self.walk.model,
            self.source,
            self.walk.scenario.context,
            target_box(reference, self.wanted, largest_only=True) if target is None else target,
            reference,
            self.wanted,
            sizes,
            how=how,
            spacing=self.walk.case.geometry.spacing_mm,
            cancel=self.cancel,
        )
        for point in asked:
            points.append(point)
            if self.progress is not None:
                self.progress(len(points), len(sizes))
        if len(points) < len(sizes):
            raise Interrupted
        return points

    def _ask(self, answers: WindowAnswers, collector: Collector, block: Block | None) -> None:
        done = total = 0
        for done, total in look_through(answers, collector, block=block, cancel=self.cancel):
            if self.progress is not None:
                self.progress(done, total)
        if done < total or (not total and self.cancel()):
            raise Interrupted

    def _block(self, answers: WindowAnswers, plane: tuple[int, int] | None) -> Block | None:
        if plane is None:
            return None
        axis, index = plane
        shape = self.walk.case.shape
        if not (0 <= axis < len(shape) and 0 <= index < shape[axis]):
            why = f'slice {index} of axis {axis} in an image of {shape}'
            raise ContextError('No such slice', why, 'Choose one inside the image.')
        block = answers.grid.around(
            tuple(slice(index, index + 1) if a == axis else slice(0, n) for a, n in enumerate(shape))
        )
        if block is None:
            raise ContextError('No windows', 'the model sees nothing of this slice', 'Choose another one.')
        return block

    def _given_plan(self) -> WindowPlan:
        context, shape = self.walk.scenario.context, self.walk.case.shape
        if context.window is None:
            why = 'a mask that was given comes from no window, and none is chosen'
            raise ContextError('No windows', why, 'Choose a window.')
        return plan_windows(shape, context.window, context.overlap or 0.0, context.grid or 'monai', box=context.box)

    def _must_have_reference(self) -> NDArray[Any]:
        if self.reference is None:
            raise CompareError('No errors to count', f'{self.walk.case.name} has no reference', 'Add one.')
        return self.reference


def look_at_windows(
    case: Case,
    model: WindowSegmenter | WholeSegmenter | None,
    scenario: Scenario | None = None,
    *,
    label: int | None = None,
    given: str | None = None,
    cancel: Callable[[], bool] = never,
    progress: Callable[[int, int], None] | None = None,
) -> WindowLook:
    """Perturb a case, and get ready to look at a model's windows on it; no network is run yet.

    Parameters
    ----------
    case : Case
    model : WindowSegmenter or None
        From `load_model`; None with `given` for a mask that came with the case, of which there is a table only.
    scenario : Scenario, optional
        Its context lays the windows. The default is the clean image through the model's own windows.
    label : int, optional
        Of the reference; of those that are measured the one that it has most of when None.
    given : str, optional
        Name of a given prediction.
    cancel, progress : callable, optional
        Asked and told between windows.

    Returns
    -------
    WindowLook

    Raises
    ------
    SegrobustError
        The model or the scenario do not fit the case, or nothing is measured.
    Interrupted
        When `cancel` answered True.

    Examples
    --------
    >>> import napari_segrobust as sr
    >>> case, model = sr.load_sample('lesion'), sr.load_model('lesion-unet3d')  # doctest: +SKIP
    >>> look = sr.look_at_windows(case, model)  # doctest: +SKIP
    >>> look.table().row(7).dice, look.seams().mean_deviation  # doctest: +SKIP
    """
    walk = Walk(case, model, scenario or Scenario(), given)
    clean = clean_of(case)
    image = PerturbedImage(case, walk.image_stack, clean)
    if not image.compute_whole(cancel):
        raise Interrupted
    settle_precision(walk)
    reference = reference_labels(walk, clean)
    spacing = told_spacing(case.geometry.spacing, walk.stack)
    source = ArraySource(image.block(tuple(slice(0, n) for n in case.shape)), spacing, case.geometry.has_spacing)
    chosen = _largest(walk, reference) if label is None else label
    return WindowLook(walk, Wanted.of(walk, chosen), source, reference, image, FirstWindows(), cancel, progress)


def _largest(walk: Walk, reference: NDArray[Any] | None) -> int:
    labels = measured_labels(walk)
    if not labels:
        raise CompareError('No label to look at', 'neither the model nor a mask has one', 'Name a label.')
    if reference is None:
        return labels[0]
    return max(labels, key=lambda value: int(np.count_nonzero(reference == value)))
