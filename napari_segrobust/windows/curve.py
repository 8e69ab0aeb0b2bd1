"""How well a fixed target is segmented while the window around it grows: the context curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_segrobust.compare import compare
from napari_segrobust.compare.components import label as number_objects
from napari_segrobust.compare.interrupt import Interrupted
from napari_segrobust.compare.value import MetricValue
from napari_segrobust.context.fraction import foreground_fraction
from napari_segrobust.context.plan import check_box
from napari_segrobust.errors import ContextError
from napari_segrobust.segment.advance import advance_windows
from napari_segrobust.segment.device import limit_threads
from napari_segrobust.segment.grid import axes_of
from napari_segrobust.segment.inference import start_inference
from napari_segrobust.segment.preprocess import measure_image, needs_statistics
from napari_segrobust.segment.see import see
from napari_segrobust.windows.alone import lengths_of, predict_box, window_of
from napari_segrobust.windows.answers import only_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.context.plan import Box
    from napari_segrobust.context.record import Context
    from napari_segrobust.segment.preprocess import Statistics
    from napari_segrobust.segment.protocols import ImageSource, WindowSegmenter
    from napari_segrobust.windows.wanted import Wanted

#: Edges of the cubes of the published experiment, in voxels (Kamath 2022).
PRESETS = (32, 48, 64, 80, 96)
#: ``alone``: one window around the target, and nothing outside it is seen. ``sliding``: the whole image through
#: windows of this size.
How = Literal['alone', 'sliding']


@dataclass(frozen=True, eq=False)
class ContextPoint:
    """One point of a context curve.

    Attributes
    ----------
    size : tuple of int
        Of the window that was asked for, in voxels of the image, on every axis.
    box : tuple of (int, int)
        What the model saw, half-open, in voxels of the image; the whole image where windows slide.
    window : tuple of int or None
        Of the network, in the order of the model's axes.
    dice : MetricValue
        In the target; ``not_applicable`` with its reason where the target does not fit, or the model does not take
        the size.
    extra, missed : MetricValue or None
        Voxels, in the target.
    fraction : float or None
        Foreground fraction of the reference in `box`.
    labels : ndarray (*target) or None
        Predicted, in the reference's values.
    note : str
        What a person must know of this point.
    """

    size: tuple[int, ...]
    box: Box
    window: tuple[int, ...] | None
    dice: MetricValue
    extra: MetricValue | None = None
    missed: MetricValue | None = None
    fraction: float | None = None
    labels: NDArray[Any] | None = None
    note: str = ''


def target_box(reference: NDArray[Any], wanted: Wanted, margin: int = 0, *, largest_only: bool = False) -> Box:
    """Smallest box, and a margin in voxels, that holds a label.

    Parameters
    ----------
    reference : ndarray of int (*spatial)
    wanted : Wanted
        The label.
    margin : int
        Voxels added on every side, inside the image.
    largest_only : bool
        Hold its largest component alone (voxels that touch at a corner are connected).

    Raises
    ------
    ContextError
        The label does not occur.
    """
    mask = wanted.chosen(reference)
    if not mask.any():
        raise ContextError('No target', 'the reference is empty', 'Choose another label, or draw a box.')
    if largest_only:
        numbered, count = number_objects(mask, 'full')
        mask = numbered == np.bincount(numbered.ravel(), minlength=count + 1)[1:].argmax() + 1
    sides = []
    for axis, n in enumerate(mask.shape):
        held = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        sides.append((max(int(held[0]) - margin, 0), min(int(held[-1]) + 1 + margin, n)))
    return tuple(sides)


def context_curve(
    model: object,
    source: ImageSource,
    context: Context,
    target: Sequence[tuple[int, int]],
    reference: NDArray[Any],
    wanted: Wanted,
    sizes: Sequence[int | Sequence[int]] = PRESETS,
    *,
    how: How = 'alone',
    spacing: Sequence[float] | None = None,
    cancel: Callable[[], bool] = lambda: False,
) -> Iterator[ContextPoint]:
    """Segment one target with growing windows around it, and compare it with the reference.

    The weights are fixed: this is not the published experiment, in which the window changed the training [1]_.

    Parameters
    ----------
    model : WindowSegmenter
    source : ImageSource
        The image, (C, *spatial).
    context : Context
        Its overlap, blending and padding are used.
    target : sequence of (int, int)
        Box that is measured, half-open, in voxels of the image; it stays the same.
    reference : ndarray of int (*spatial)
    wanted : Wanted
        The label.
    sizes : sequence of int or of one number per axis of the image
        Windows, in voxels of the image. A slice-wise model's slices keep the target's extent along their axis.
    how : {'alone', 'sliding'}
        With ``alone`` the window is centred on the target, shifted inside the image, and cut where the image is
        smaller; what the network takes beyond it is filled up as `context` says.
    spacing : sequence of float, optional
        Voxel size in mm, array order.
    cancel : callable, optional
        Asked between windows and between two layers of the network; True ends the iteration.

    Yields
    ------
    ContextPoint
        One per size, in their order.

    Raises
    ------
    ContextError
        The target does not lie in the image, or the model has no windows.
    ModelError
        The model cannot take this image, or failed.

    References
    ----------
    .. [1] A. Kamath et al., "How do 3D image segmentation networks behave across the context versus foreground
       ratio trade-off?", Med-NeurIPS 2022.
    """
    windowed = only_windows(model)
    shape = source.shape[1:]
    measured = check_box(shape, target)
    seen, _ = see(windowed.spec, source)
    whole = needs_statistics(windowed.spec) and windowed.spec.intensity_scope == 'volume'
    statistics = measure_image(seen, windowed.spec.intensity) if whole else None
    own = axes_of(windowed.spec, len(shape))
    curve = _Curve(windowed, source, context, measured, reference, wanted, statistics, spacing, cancel)
    for asked in sizes:
        edge = (asked,) * len(shape) if isinstance(asked, int) else tuple(asked)
        size = tuple(
            n if axis in own else hi - lo for axis, (n, (lo, hi)) in enumerate(zip(edge, measured, strict=True))
        )
        try:
            yield curve.alone(size) if how == 'alone' else curve.sliding(size)
        except Interrupted:
            return


@dataclass(frozen=True, eq=False)
class _Curve:
    model: WindowSegmenter
    source: ImageSource
    context: Context
    target: Box
    reference: NDArray[Any]
    wanted: Wanted
    statistics: Statistics | None
    spacing: Sequence[float] | None
    cancel: Callable[[], bool]

    def alone(self, size: tuple[int, ...]) -> ContextPoint:
        """One window, centred on the target."""
        box = tuple(
            _centred(side, edge, n) for side, edge, n in zip(self.target, size, self.source.shape[1:], strict=True)
        )
        for axis, ((lo, hi), (a, b)) in enumerate(zip(box, self.target, strict=True)):
            if a < lo or b > hi:
                why = f'the target has {b - a} voxels on axis {axis}, more than the window'
                return ContextPoint(size, box, None, MetricValue(None, status='not_applicable', reason=why))
        window = window_of(self.model, self.source, self.context.model_copy(update={'box': box}))
        found = predict_box(
            self.model,
            self.source,
            self.context,
            box,
            self.wanted,
            self.statistics,
            one_window=True,
            cancel=self.cancel,
        )
        inside = tuple(slice(a - lo, b - lo) for (a, b), (lo, _) in zip(self.target, box, strict=True))
        cut = [axis for axis, ((lo, hi), n) in enumerate(zip(box, size, strict=True)) if hi - lo < n]
        notes = [f'the image is smaller than the window on axis {axis}' for axis in cut]
        if self._is_fixed and found.windows == 1:
            notes.append('the size of the network is fixed: what lies outside the window is filled up')
        elif self._is_fixed:
            notes.append('the size of the network is fixed: it slides in the window')
        return self._point(size, box, window, found.labels[inside], '; '.join(notes))

    def sliding(self, size: tuple[int, ...]) -> ContextPoint:
        """Windows of this size over the whole image; those that touch the target are run."""
        shape = self.source.shape[1:]
        whole = tuple((0, n) for n in shape)
        corner = tuple((0, min(n, edge)) for n, edge in zip(shape, size, strict=True))
        cornered = self.context.model_copy(update={'box': corner})
        window, lengths = window_of(self.model, self.source, cornered), lengths_of(self.model, self.source, cornered)
        if self._is_fixed and window != lengths:
            why = f'{self.model.spec.name} takes windows of one size only'
            return ContextPoint(size, whole, window, MetricValue(None, status='not_applicable', reason=why))
        limit_threads()
        through = self.context.model_copy(update={'box': None, 'window': window})
        run = start_inference(self.model, self.source, through, self.statistics)
        block = tuple(slice(lo, hi) for lo, hi in self.target)
        if not advance_windows(run, block, None, self.cancel):
            raise Interrupted
        labels = self.wanted.labels(run.probabilities(block), self.model.spec)
        return self._point(size, whole, window, labels, '')

    @property
    def _is_fixed(self) -> bool:
        shape = getattr(self.model, 'input_shape', None)
        return shape is not None and any(extent.fixed is not None for extent in shape.spatial)

    def _point(
        self, size: tuple[int, ...], box: Box, window: tuple[int, ...] | None, labels: NDArray[Any], note: str
    ) -> ContextPoint:
        true = self.wanted.chosen(self.reference[tuple(slice(lo, hi) for lo, hi in self.target)])
        spacing = None if self.spacing is None else tuple(self.spacing)
        numbers = compare(
            true.astype(np.uint8),
            self.wanted.chosen(labels).astype(np.uint8),
            spacing=spacing,
            labels=[1],
            metrics=('dice', 'fp', 'fn'),
        ).metrics[1]
        fraction = foreground_fraction(self.reference, box, self.wanted.label)
        return ContextPoint(size, box, window, numbers['dice'], numbers['fp'], numbers['fn'], fraction, labels, note)


def _centred(side: tuple[int, int], size: int, length: int) -> tuple[int, int]:
    """Range of `size` around the middle of another one, shifted inside the image; the whole axis where it is larger."""
    start = min(max((side[0] + side[1] - size) // 2, 0), max(length - size, 0))
    return start, min(start + size, length)
