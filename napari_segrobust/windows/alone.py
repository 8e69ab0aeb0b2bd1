"""What one window, or one context box, alone predicts, against what all windows say together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import compare
from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.compare.maps import change_map
from napari_segrobust.context.plan import check_box
from napari_segrobust.segment.advance import advance_windows
from napari_segrobust.segment.axes import model_axes
from napari_segrobust.segment.device import limit_threads
from napari_segrobust.segment.grid import axes_of
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.see import context_on, see
from napari_segrobust.windows.answers import only_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.compare.value import MetricValue
    from napari_segrobust.context.plan import Block, Box, Window
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WindowSegmenter
    from napari_segrobust.windows.answers import WindowAnswers
    from napari_segrobust.windows.wanted import Wanted


@dataclass(frozen=True, eq=False)
class Alone:
    """A prediction of a part of the image by a model that saw nothing else.

    Attributes
    ----------
    box : tuple of (int, int)
        The part, half-open, in voxels.
    probabilities : ndarray (K, *part), float32
    labels : ndarray (*part)
        In the reference's values.
    windows : int
        Windows that the network was run on.
    messages : tuple of str
        What happened that a person must know.
    """

    box: Box
    probabilities: NDArray[np.float32]
    labels: NDArray[Any]
    windows: int = 1
    messages: tuple[str, ...] = ()

    @property
    def block(self) -> Block:
        """The part, as slices."""
        return tuple(slice(lo, hi) for lo, hi in self.box)


@dataclass(frozen=True, eq=False)
class AloneComparison:
    """One label of a part: predicted alone against predicted by all windows, and both against the reference.

    Attributes
    ----------
    changed : int
        Voxels whose label differs between the two predictions.
    voxels : int
        Of the part.
    change : ndarray (*part), uint8
        `napari_segrobust.compare.maps.ChangeCode` with a reference, else `DriftCode`; the stitched prediction is the
        baseline.
    between : MetricValue
        Dice of the two predictions; the stitched one stands for the reference.
    alone, stitched : mapping of str to MetricValue, or None
        ``dice``, ``fp`` and ``fn`` of either prediction against the reference; None without one.
    """

    changed: int
    voxels: int
    change: NDArray[np.uint8]
    between: MetricValue
    alone: dict[str, MetricValue] | None
    stitched: dict[str, MetricValue] | None


#: Of a part against the reference.
_METRICS = ('dice', 'fp', 'fn')


def predict_window(answers: WindowAnswers, window: Window, wanted: Wanted) -> Alone:
    """Predict what lies in one window of a plan from this window alone.

    Parameters
    ----------
    answers : WindowAnswers
    window : Window
        Of its plan.
    wanted : Wanted
        How classes become labels.

    Returns
    -------
    Alone
        On the grid of the model, the part of the window inside the context box.

    Raises
    ------
    ModelError
        The model raised, or answered with something unusable.
    """
    (probabilities,) = answers.ask(window)
    box = tuple((part.start, part.stop) for part in answers.plan.inside(window))
    return Alone(box, probabilities, wanted.labels(probabilities, answers.spec), 1, tuple(answers.messages))


def predict_box(
    model: object,
    source: ImageSource,
    context: Context,
    box: Sequence[tuple[int, int]],
    wanted: Wanted,
    statistics: Statistics | None = None,
    *,
    one_window: bool = False,
    cancel: Callable[[], bool] = lambda: False,
) -> Alone:
    """Predict what lies in a box from this box alone.

    Parameters
    ----------
    model : WindowSegmenter
    source : ImageSource
        The image, (C, *spatial).
    context : Context
        Its overlap, blending and padding are used; its own box is not, and neither is its window with `one_window`.
    box : sequence of (int, int)
        Half-open, in voxels of the image.
    wanted : Wanted
        How classes become labels.
    statistics : Statistics, optional
        Of the whole image: a box hides places, not the scale of intensities.
    one_window : bool
        Take the box as one window, filled up to a size that the model takes, instead of sliding in it.
    cancel : callable, optional
        Asked between windows and between two layers of the network.

    Returns
    -------
    Alone
        On the grid of the image.

    Raises
    ------
    ContextError
        The box does not lie in the image, or the model has no windows.
    ModelError
        The model cannot take this image, or failed.
    Interrupted
        When `cancel` answered True.
    """
    windowed = only_windows(model)
    box = check_box(source.shape[1:], box)
    inside = context.model_copy(update={'box': box})
    if one_window:
        inside = inside.model_copy(update={'window': window_of(windowed, source, inside)})
    limit_threads()
    run = start_inference(windowed, source, inside, statistics)
    if not advance_windows(run, None, None, cancel):
        raise Interrupted
    probabilities = run.probabilities(tuple(slice(lo, hi) for lo, hi in box))
    return Alone(box, probabilities, wanted.labels(probabilities, windowed.spec), run.total, tuple(run.messages))


def window_of(model: object, source: ImageSource, context: Context) -> tuple[int, ...] | None:
    """Smallest window that the model takes and that holds a context box, in the order of the model's axes.

    Parameters
    ----------
    model : WindowSegmenter
    source : ImageSource
    context : Context
        With its box in voxels of the image.

    Returns
    -------
    tuple of int or None
        A size that is part of the model's file stays as it is, whatever the box; None where the model sees nothing of
        the box.
    """
    windowed = only_windows(model)
    lengths = lengths_of(windowed, source, context)
    if lengths is None:
        return None
    shape, multiple = getattr(windowed, 'input_shape', None), windowed.spec.pad_multiple
    if shape is not None:
        lengths = tuple(extent.fit(n) for extent, n in zip(shape.spatial, lengths, strict=True))
    return tuple(multiple * math.ceil(n / multiple) for n in lengths)


def lengths_of(model: WindowSegmenter, source: ImageSource, context: Context) -> tuple[int, ...] | None:
    """Lengths of a context box as the model sees it, in the order of its axes; None where it sees nothing of it."""
    seen, grid = see(model.spec, source)
    inner = context_on(grid, context)
    if inner is None:
        return None
    sides = [hi - lo for lo, hi in check_box(seen.shape[1:], inner.box)]
    own = axes_of(model.spec, len(sides))
    return tuple(sides[own[place]] for place in model_axes(model.spec, len(sides)).permutation)


def compare_alone(
    alone: Alone,
    stitched: NDArray[Any],
    reference: NDArray[Any] | None,
    spacing: Sequence[float] | None,
    wanted: Wanted,
) -> AloneComparison:
    """Hold a prediction of a part against that of all windows, and both against the reference.

    Parameters
    ----------
    alone : Alone
    stitched : ndarray (*spatial)
        Labels of all windows together, of the whole image, on the grid of `alone`.
    reference : ndarray (*spatial), optional
        Of the whole image, likewise.
    spacing : sequence of float, optional
        Voxel size in mm, array order.
    wanted : Wanted
        The label.

    Returns
    -------
    AloneComparison
    """
    block = alone.block
    own, before = (wanted.chosen(mask).astype(np.uint8) for mask in (alone.labels, stitched[block]))
    true = None if reference is None else wanted.chosen(reference[block]).astype(np.uint8)
    change = change_map(true, before, own)
    against = [None if true is None else _measure(true, mask, spacing, _METRICS) for mask in (own, before)]
    between = _measure(before, own, spacing, ('dice',), ('stitched prediction', 'prediction of the window alone'))
    return AloneComparison(
        int(np.count_nonzero(own != before)), own.size, change, between['dice'], against[0], against[1]
    )


def _measure(
    reference: NDArray[Any],
    prediction: NDArray[Any],
    spacing: Sequence[float] | None,
    metrics: Sequence[str],
    roles: tuple[str, str] = ('reference', 'prediction'),
) -> dict[str, MetricValue]:
    mm = None if spacing is None else tuple(spacing)
    return dict(compare(reference, prediction, spacing=mm, labels=[1], metrics=metrics, roles=roles).metrics[1])
