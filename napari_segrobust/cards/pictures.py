"""One plane of a case, before and after a perturbation, as pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from napari_segrobust.errors import PerturbationError
from napari_segrobust.judging import clean_of
from napari_segrobust.perturb import amounts, get_spec, move_prompts, new_perturbation, perturb_block
from napari_segrobust.prompts import Box, Point, Prompts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from napari_segrobust.cases.case import Case
    from napari_segrobust.perturb import Clean, Perturbation
    from napari_segrobust.perturb.spec import Block, Spacing

#: (height, width, 3).
Pixels: TypeAlias = 'NDArray[np.uint8]'
#: Outline of the reference, and fill of the labels of what became of it, from Okabe and Ito.
_REFERENCE = (230, 159, 0)
_LABELS = ((86, 180, 233), (0, 158, 115), (204, 121, 167), (240, 228, 66), (213, 94, 0))
#: Percentage of the values that lies beyond either end of the grey scale; room above it, for what becomes brighter.
_CUT, _ROOM = 0.5, 0.15
#: Points that a label is shown with, and half the length of the arms of their crosses, in pixels.
_POINTS, _ARM = 5, 2
#: A plane shows a change whose root mean square is at least this share of the grey scale.
_SEEN = 0.005


@dataclass(frozen=True)
class Shown:
    """What is shown of a case.

    Attributes
    ----------
    case : Case
    clean : Clean
        Of the same case.
    block : tuple of slice
        A plane: one axis of a volume has length one.
    window : (float, float)
        Values that are black and white, the same before and after.
    faults : tuple of Perturbation
        What has happened before: what a remedy is shown on.
    """

    case: Case
    clean: Clean
    block: Block
    window: tuple[float, float]
    faults: tuple[Perturbation, ...] = ()

    def pixel(self, spacing: Spacing) -> tuple[float, float]:
        """Height and width of a pixel for a spacing of the case, in mm or without a unit."""
        steps = [s for s, b in zip(spacing, self.block, strict=True) if b.stop - b.start > 1]
        return (steps[0], steps[1]) if len(steps) == 2 else (1.0, 1.0)

    def record(self, name: str, severity: float, seed: int = 0) -> Perturbation:
        """Record of a perturbation on this case, led towards its other image where it wants one."""
        target = next(iter(self.case.targets), None) if 'target' in get_spec(name).needs else None
        return new_perturbation(name, severity, seed, target=target)


def shown(case: Case, axis: int = 0, index: int | None = None, side: int | None = None) -> Shown:
    """Choose what to show.

    Parameters
    ----------
    case : Case
    axis : int
        Of a volume: which axis is looked along.
    index : int, optional
        Which slice; that with most of the first reference, else the middle one.
    side : int, optional
        Largest height and width; the middle of the plane is shown. All of it when None.
    """
    block = [slice(0, n) for n in case.shape]
    if case.ndim == 3:
        at = _fullest(case, axis) if index is None else index
        if not 0 <= at < case.shape[axis]:
            raise PerturbationError('No such slice', str(at), f'Choose 0 to {case.shape[axis] - 1}.')
        block[axis] = slice(at, at + 1)
    if side is not None:
        block = [_middle(part, side) for part in block]
    values = case.image[np.isfinite(case.image)]
    low, high = (float(v) for v in np.percentile(values, (_CUT, 100 - _CUT))) if values.size else (0.0, 1.0)
    if case.provenance.get('dtype') != 'uint8':
        high += _ROOM * (high - low)
    return Shown(case, clean_of(case), tuple(block), (low, high if high > low else low + 1))


def where_it_shows(view: Shown, record: Perturbation) -> Shown:
    """The same view, on the slice that changes most where the shown one hardly changes: things have their own place.

    Parameters
    ----------
    view : Shown
    record : Perturbation
        At the severity that is to be seen.
    """
    thin = [axis for axis, part in enumerate(view.block) if part.stop - part.start == 1 < view.case.shape[axis]]
    if not thin or not get_spec(record.name).changes_voxels:
        return view
    low, high = view.window
    plane = (slice(None), *view.block)
    if _rms(perturb_block(view.clean, [record], block=view.block) - view.case.image[plane]) > _SEEN * (high - low):
        return view
    block = tuple(slice(0, view.case.shape[a]) if a == thin[0] else part for a, part in enumerate(view.block))
    change = perturb_block(view.clean, [record], block=block) - view.case.image[(slice(None), *block)]
    slices = np.moveaxis(change, thin[0] + 1, 0)
    best = max(range(len(slices)), key=lambda at: _rms(slices[at]))
    return replace(view, block=tuple(slice(best, best + 1) if a == thin[0] else b for a, b in enumerate(view.block)))


def _rms(values: NDArray[np.float32]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(np.square(finite, dtype=np.float64)))) if finite.size else 0.0


def changed(view: Shown, record: Perturbation) -> Pixels:
    """Pixels of the plane after a perturbation, (height, width, 3).

    Masks are outlines, headers the shape of pixels, prompts crosses and frames.

    Raises
    ------
    PerturbationError
        The perturbation cannot act on this case.
    """
    spec = get_spec(record.name)
    view.clean.check(record)
    if not spec.changes_voxels:
        pixels = grey(view, view.case.image[(slice(None), *view.block)])
        if spec.move:
            return _pointed(view, record, pixels)
        return _outlined(view, record, pixels) if spec.edit else _stretched(view, record, pixels)
    return grey(view, perturb_block(view.clean, [*view.faults, record], block=view.block))


def grey(view: Shown, image: NDArray[np.float32]) -> Pixels:
    """Pixels (height, width, 3) of a plane (C, *block): colour where there are three channels, else the first one."""
    low, high = view.window
    flat = image.reshape(len(image), *(n for n in image.shape[1:] if n > 1 or image.ndim == 3))
    levels = np.clip((np.nan_to_num(flat, nan=low) - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    if len(levels) != 3:
        levels = np.repeat(levels[:1], 3, axis=0)
    return np.ascontiguousarray(np.moveaxis(levels, 0, -1))


def scaled(view: Shown, pixels: Pixels, height: int, width: int) -> Image.Image:
    """Picture inside a box, with the proportions that its pixels have in the body."""
    from PIL import Image

    tall, wide = (n * step for n, step in zip(pixels.shape[:2], view.pixel(view.clean.spacing), strict=True))
    factor = min(height / tall, width / wide)
    size = (max(1, round(wide * factor)), max(1, round(tall * factor)))
    # enlarged pixels stay pixels a person can count; the rest is averaged
    smaller = size[0] < pixels.shape[1]
    return Image.fromarray(pixels).resize(size, Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC)


def amount_words(record: Perturbation) -> str:
    """What the first parameter is, such as "18 %"."""
    parameter = get_spec(record.name).parameters[0]
    value = amounts(record)[parameter.name]
    if said := parameter.said(value):
        return said
    scale, unit = (100, '%') if parameter.unit == 'range' else (1, parameter.unit)
    return f'{scale * value:.4g} {unit.partition(" of ")[0]}'.rstrip()


def _outlined(view: Shown, record: Perturbation, pixels: Pixels) -> Pixels:
    spec = get_spec(record.name)
    labels = view.clean.labels(record)
    edited = labels
    if spec.edit and record.severity > 0:
        edited = spec.edit(labels, amounts(record), record.seed, view.clean.spacing)
    before, after = (mask[view.block].reshape(pixels.shape[:2]) for mask in (labels, edited))
    colors = np.array(_LABELS, np.float32)[(after.astype(np.int64) - 1) % len(_LABELS)]
    filled = np.where((after != 0)[..., None], 0.55 * pixels + 0.45 * colors, pixels).astype(np.uint8)
    filled[_border(before)] = _REFERENCE
    return filled


def prompts_of(view: Shown) -> Prompts:
    """What a person would show a model of the reference in the plane: a box around each label, and points in it."""
    labels = next(iter(view.case.references.values()))[view.block]
    first = np.array([part.start for part in view.block])
    points, boxes = [], []
    for label in np.unique(labels[labels != 0]).tolist():
        places = np.argwhere(labels == label)
        edges = zip(places.min(axis=0) + first, places.max(axis=0) + first + 1, strict=True)
        boxes.append(Box(edges=tuple((float(a), float(b)) for a, b in edges), label=label))
        # evenly along the label, from its first voxel to its last
        chosen = places[np.linspace(0, len(places) - 1, _POINTS + 2).astype(int)[1:-1]] + first
        points += [Point(at=tuple(map(float, place)), label=label) for place in chosen.tolist()]
    return Prompts(points=tuple(points), boxes=tuple(boxes))


def _pointed(view: Shown, record: Perturbation, pixels: Pixels) -> Pixels:
    """Frames and crosses where prompts are, in the colours of their labels, over those that were set."""
    given = prompts_of(view)
    boxed = 'box' in record.name
    given = given.model_copy(update={'points': () if boxed else given.points, 'boxes': given.boxes if boxed else ()})
    moved = given if record.severity == 0 else move_prompts(view.clean, given, [record])
    for prompts, colours in ((given, (_REFERENCE,)), (moved, _LABELS)):
        shown_ones: tuple[Point | Box, ...] = (*prompts.points, *prompts.boxes)
        for prompt in shown_ones:
            rows, columns = _drawn(view, prompt, pixels.shape[:2])
            pixels[rows, columns] = colours[(prompt.label - 1) % len(colours)]
    return pixels


def _drawn(view: Shown, prompt: Point | Box, shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of a cross, or of a frame; what lies beyond the plane is left out."""
    plane = [(axis, part.start) for axis, part in enumerate(view.block) if part.stop - part.start > 1]
    if isinstance(prompt, Point):
        row, column = (round(prompt.at[axis] - start) for axis, start in plane)
        arm = np.arange(-_ARM, _ARM + 1)
        places = [(row + arm, np.full(arm.shape, column)), (np.full(arm.shape, row), column + arm)]
    else:
        (top, bottom), (left, right) = (
            (round(prompt.edges[axis][0] - start), round(prompt.edges[axis][1] - start) - 1) for axis, start in plane
        )
        across, down = np.arange(left, right + 1), np.arange(top, bottom + 1)
        places = [(np.full(across.shape, row), across) for row in (top, bottom)]
        places += [(down, np.full(down.shape, column)) for column in (left, right)]
    rows, columns = (np.concatenate(parts) for parts in zip(*places, strict=True))
    there = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return rows[there], columns[there]


def _border(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels of a label that touch another value."""
    found = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        differs = np.diff(labels.astype(np.int64), axis=axis) != 0
        for start in (0, 1):
            part = [slice(None), slice(None)]
            part[axis] = slice(start, labels.shape[axis] - 1 + start)
            found[tuple(part)] |= differs
    border: NDArray[np.bool_] = found & np.not_equal(labels, 0)
    return border


def _stretched(view: Shown, record: Perturbation, pixels: Pixels) -> Pixels:
    """The same pixels as a viewer draws them that believes the header."""
    spec = get_spec(record.name)
    own = view.clean.spacing
    told = spec.header(own, amounts(record)) if spec.header and record.severity > 0 else own
    height, width = (
        max(1, round(n * step / before))
        for n, step, before in zip(pixels.shape[:2], view.pixel(told), view.pixel(own), strict=True)
    )
    rows = np.minimum(np.arange(height) * pixels.shape[0] // height, pixels.shape[0] - 1)
    columns = np.minimum(np.arange(width) * pixels.shape[1] // width, pixels.shape[1] - 1)
    stretched: Pixels = pixels[rows][:, columns]
    return stretched


def _fullest(case: Case, axis: int) -> int:
    for mask in case.references.values():
        counts = np.count_nonzero(mask, axis=tuple(a for a in range(mask.ndim) if a != axis))
        if counts.any():
            return int(np.argmax(counts))
    return case.shape[axis] // 2


def _middle(part: slice[int, int, None], side: int) -> slice[int, int, None]:
    size = part.stop - part.start
    if size <= side:
        return part
    start = part.start + (size - side) // 2
    return slice(start, start + side)
