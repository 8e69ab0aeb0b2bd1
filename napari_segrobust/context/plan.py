"""Which windows a model looks through: the sliding plan of an image or of a context box in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

from napari_segrobust.errors import ContextError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Grid = Literal['monai', 'nnunet']
Block = tuple[slice, ...]
Box = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """One tile of a plan.

    Attributes
    ----------
    index : int
        Place in the plan, C-order (last axis fastest).
    start, stop : tuple of int
        Half-open, in voxels of the image, array order. Both may lie outside the context box where the box is
        smaller than the window: that part is padding.
    """

    index: int
    start: tuple[int, ...]
    stop: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Size in voxels, padding included."""
        return tuple(b - a for a, b in zip(self.start, self.stop, strict=True))


@dataclass(frozen=True)
class WindowPlan:
    """A grid of windows that covers a context box; `plan_windows` makes it.

    Attributes
    ----------
    shape : tuple of int
        Spatial shape of the image, array order.
    box : tuple of (int, int)
        Context box, half-open, in voxels. The windows see nothing outside it.
    size : tuple of int
        Window size on every image axis; 1 on `slice_axis`.
    starts : tuple of tuple of int
        First voxels of the windows on every axis; the windows are their product.
    slice_axis : int or None
        Axis along which a 2D model runs slice by slice.
    """

    shape: tuple[int, ...]
    box: Box
    size: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    slice_axis: int | None = None

    def __post_init__(self) -> None:
        for axis, (lo, hi) in enumerate(self.box):
            reached = lo
            for start in self.starts[axis]:
                if start > reached:
                    raise AssertionError(f'voxels {reached} to {start} of axis {axis} have no window')
                reached = start + self.size[axis]
            if reached < hi:
                raise AssertionError(f'voxels {reached} to {hi} of axis {axis} have no window')

    def __len__(self) -> int:
        return math.prod(len(starts) for starts in self.starts)

    def __iter__(self) -> Iterator[Window]:
        return self._windows([range(len(starts)) for starts in self.starts])

    def _windows(self, places: Sequence[Sequence[int]]) -> Iterator[Window]:
        counts = [len(starts) for starts in self.starts]
        for place in product(*places):
            index = 0
            for p, count in zip(place, counts, strict=True):
                index = index * count + p
            start = tuple(starts[p] for starts, p in zip(self.starts, place, strict=True))
            yield Window(index, start, tuple(s + n for s, n in zip(start, self.size, strict=True)))

    def touching(self, block: Block | None = None) -> list[Window]:
        """Windows that see a voxel of `block` inside the context box, in plan order; all when None."""
        if block is None:
            return list(self)
        places = []
        for (lo, hi), (first, last), starts, size in zip(
            bounds(block, self.shape), self.box, self.starts, self.size, strict=True
        ):
            lo, hi = max(lo, first), min(hi, last)
            places.append([p for p, s in enumerate(starts) if lo < hi and s < hi and s + size > lo])
        return list(self._windows(places))

    def ordered(self, block: Block | None = None, centre: Sequence[float] | None = None) -> list[Window]:
        """Windows that touch `block`, nearest to `centre` (voxels) first; plan order when it is None."""
        windows = self.touching(block)
        if centre is None:
            return windows
        return sorted(windows, key=lambda w: (_distance(w, centre), w.index))

    def inside(self, window: Window) -> Block:
        """Part of `window` that lies in the context box, in voxels of the image."""
        return tuple(
            slice(max(a, lo), min(b, hi)) for a, b, (lo, hi) in zip(window.start, window.stop, self.box, strict=True)
        )

    def padding(self, window: Window) -> tuple[tuple[int, int], ...]:
        """Voxels (before, after) on every axis of `window` that lie outside the context box."""
        return tuple(
            (max(lo - a, 0), max(b - hi, 0)) for a, b, (lo, hi) in zip(window.start, window.stop, self.box, strict=True)
        )


def plan_windows(
    shape: Sequence[int],
    window: Sequence[int] | None,
    overlap: float,
    grid: Grid = 'monai',
    *,
    box: Sequence[tuple[int, int]] | None = None,
    slice_axis: int | None = None,
    pad_multiple: int = 1,
    mirrored: Sequence[bool] | None = None,
) -> WindowPlan:
    """Lay windows over an image, or over a context box in it.

    Parameters
    ----------
    shape : sequence of int
        Spatial shape of the image, array order.
    window : sequence of int or None
        Window size in voxels, one number per axis of the model. None takes the whole box (the whole slice
        with `slice_axis`), rounded up to `pad_multiple`.
    overlap : float
        Fraction of the window that neighbours share, 0 <= overlap < 1.
    grid : {'monai', 'nnunet'}
        MONAI steps by ``int(window * (1 - overlap))`` and shifts the last window back to the border
        (`monai.inferers.sliding_window_inference`); nnU-Net takes as many windows and spreads them evenly
        (`nnunetv2.inference.sliding_window_prediction.compute_steps_for_sliding_window`).
    box : sequence of (int, int), optional
        Context box, half-open ``[start, stop)`` per axis in voxels. None is the whole image.
    slice_axis : int, optional
        Axis along which a 2D model runs slice by slice: windows are one voxel thick there.
    pad_multiple : int
        Every window size must be a multiple of it.
    mirrored : sequence of bool, optional
        Image axes that the model sees from their other end: its windows are laid from there.

    Returns
    -------
    WindowPlan
        An axis on which the box is smaller than the window has one window, centred on the box (as in both
        frameworks: ``excess // 2`` voxels of padding before).

    Raises
    ------
    ContextError
        Wrong number of axes, window below one voxel or no multiple of `pad_multiple`, overlap outside [0, 1),
        box outside the image.

    Examples
    --------
    >>> [w.start for w in plan_windows((110,), (64,), 0.5)]
    [(0,), (32,), (46,)]
    >>> [w.start for w in plan_windows((110,), (64,), 0.5, 'nnunet')]
    [(0,), (23,), (46,)]
    """
    shape = tuple(int(n) for n in shape)
    if not 0 <= overlap < 1:
        raise ContextError('Overlap not usable', f'it is {overlap:g}', 'Choose at least 0 and less than 1.')
    checked = check_box(shape, box)
    size = _window_size(checked, window, slice_axis, pad_multiple)
    place = _monai_starts if grid == 'monai' else _nnunet_starts
    starts = tuple(
        tuple(range(lo, hi)) if axis == slice_axis else _on_axis(place, lo, hi - lo, n, overlap)
        for axis, ((lo, hi), n) in enumerate(zip(checked, size, strict=True))
    )
    if mirrored is not None:
        starts = tuple(
            tuple(lo + hi - n - start for start in reversed(along)) if mirror else along
            for along, (lo, hi), n, mirror in zip(starts, checked, size, mirrored, strict=True)
        )
    return WindowPlan(shape, checked, size, starts, slice_axis)


def plan_layer(plan: WindowPlan, axis: int, index: int, thickness: int | None = None) -> WindowPlan:
    """One layer of windows centred on a slice, without overlap in the plane: the quickest look at a slice.

    Parameters
    ----------
    plan : WindowPlan
        Whose box and window size are taken.
    axis, index : int
        The slice ``index`` of ``axis``, in voxels of the image.
    thickness : int, optional
        Of the windows on `axis`, no more than there is of the box; that of the plan when None.

    Returns
    -------
    WindowPlan
        Its box is as thick as one window on `axis` (less at the border), so only the slice itself has its
        full surroundings.

    Raises
    ------
    ContextError
        The slice lies outside the context box.
    """
    lo, hi = plan.box[axis]
    if not lo <= index < hi:
        raise ContextError(
            'Slice outside the context box', f'slice {index} of axis {axis}, box {lo} to {hi}', 'Move or drop the box.'
        )
    size = plan.size[axis] if thickness is None else thickness
    start = min(max(index - size // 2, lo), max(hi - size, lo))
    starts = tuple(
        _on_axis(_monai_starts, first, last - first, n, 0.0)
        if a != axis
        else ((start,) if hi - lo >= size else plan.starts[axis])
        for a, ((first, last), n) in enumerate(zip(plan.box, plan.size, strict=True))
    )
    layer = (max(start, lo), min(start + size, hi))
    box = tuple(layer if a == axis else edges for a, edges in enumerate(plan.box))
    sizes = tuple(size if a == axis else n for a, n in enumerate(plan.size))
    return WindowPlan(plan.shape, box, sizes, starts)


def check_box(shape: Sequence[int], box: Sequence[tuple[int, int]] | None) -> Box:
    """Return `box` as plain integers, or the whole image for None.

    Raises
    ------
    ContextError
        Wrong number of axes, empty, or not inside ``shape``.
    """
    if box is None:
        return tuple((0, int(n)) for n in shape)
    remedy = 'Give [start, stop) inside the image on every axis.'
    if len(box) != len(shape):
        raise ContextError('Context box not usable', f'{len(box)} axes for an image of {len(shape)}', remedy)
    for axis, ((lo, hi), n) in enumerate(zip(box, shape, strict=True)):
        if not 0 <= lo < hi <= n:
            raise ContextError('Context box not usable', f'{lo} to {hi} on axis {axis} of {n} voxels', remedy)
    return tuple((int(lo), int(hi)) for lo, hi in box)


def bounds(block: Block, shape: Sequence[int]) -> Box:
    """Half-open voxel bounds of a block of an image; open ends are the image's."""
    return tuple(part.indices(n)[:2] for part, n in zip(block, shape, strict=True))


def _window_size(box: Box, window: Sequence[int] | None, slice_axis: int | None, multiple: int) -> tuple[int, ...]:
    axes = [axis for axis in range(len(box)) if axis != slice_axis]
    if window is None:
        window = [multiple * math.ceil((box[axis][1] - box[axis][0]) / multiple) for axis in axes]
    if len(window) != len(axes):
        raise ContextError(
            'Window not usable',
            f'{len(window)} numbers for {len(axes)} axes',
            f'Give {len(axes)} numbers, in the order of the image axes.',
        )
    for n in window:
        if n < 1 or n % multiple:
            near = max(round(n / multiple), 1) * multiple
            raise ContextError(
                'Window not usable', f'{n} voxels, and the model needs a multiple of {multiple}', f'Choose {near}.'
            )
    size = [1] * len(box)
    for axis, n in zip(axes, window, strict=True):
        size[axis] = int(n)
    return tuple(size)


def _on_axis(
    place: Callable[[int, int, float], list[int]], lo: int, length: int, size: int, overlap: float
) -> tuple[int, ...]:
    if length <= size:
        return (lo - (size - length) // 2,)
    return tuple(lo + start for start in place(length, size, overlap))


def _monai_starts(length: int, size: int, overlap: float) -> list[int]:
    step = max(int(size * (1 - overlap)), 1)
    count = math.ceil((length - size) / step) + 1
    return [min(i * step, length - size) for i in range(count)]


def _nnunet_starts(length: int, size: int, overlap: float) -> list[int]:
    count = math.ceil((length - size) / (size * (1 - overlap))) + 1
    return [round(i * ((length - size) / (count - 1))) for i in range(count)]


def _distance(window: Window, centre: Sequence[float]) -> float:
    return sum(((a + b - 1) / 2 - c) ** 2 for a, b, c in zip(window.start, window.stop, centre, strict=True))
