"""What is asked for of the shown plane beside the metrics: how far it is from clean, its texture, each entry's part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.explore.updates import ExtrasUpdate
from napari_segrobust.perturb.catalogue import acts, get_spec, in_order
from napari_segrobust.perturb.change import Change, measure_change
from napari_segrobust.pipeline import plane_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.resolve import Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.perturb import Perturbation

#: Longest side of a small picture, in pixels.
SMALL = 160


def extras_of(engine: Engine, request: Request) -> ExtrasUpdate | None:
    """Answer what a request asks for beside the metrics; None where that is nothing, or the view is 3D.

    Raises
    ------
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    plane, asked = request.plane, request.extras & {'change', 'texture', 'rows'}
    if plane is None or not asked:
        return None
    checkpoint()
    case = request.case
    acting = in_order(request.stack)
    clean = plane_of_image(engine, request, (), plane)
    now = plane_of_image(engine, request, acting, plane) if acting else clean
    change = texture = clean_texture = None
    if 'change' in asked:
        change = Change(0.0, None, 1.0) if now is clean else measure_change(clean, now, case.intensity_range)
        checkpoint()
    mask = _mask(request, plane) if 'texture' in asked else None
    if mask is not None:
        clean_texture = engine.kept(
            f'texture {case.key} {plane.axis} {plane.index} {request.label} {_reference_key(request)}',
            lambda: texture_of(clean, mask),
        )
        checkpoint()
        moved = _moved(engine, request, plane)
        texture = texture_of(now, mask if moved is None else moved)
    rows = _rows(engine, request, plane) if 'rows' in asked else ()
    return ExtrasUpdate(request, change, texture, clean_texture, rows)


def plane_of_image(
    engine: Engine, request: Request, stack: tuple[Perturbation, ...], plane: Plane
) -> NDArray[np.float32]:
    """The plane (C, rows, columns) of the case seen through entries that act, in their order."""
    case = request.case
    block = plane_block(case.shape, plane.axis, plane.index)
    source = case.image[(slice(None), *block)] if not stack else engine.image(case, stack).block(block)
    return source if case.ndim == 2 else np.take(source, 0, axis=1 + plane.axis)


def texture_of(image: NDArray[np.float32], mask: NDArray[Any]) -> float | None:
    """Texture difference of a plane (C, rows, columns), its channels averaged; None where the mask says nothing."""
    from napari_segrobust.perturb.texture import texture_difference

    return texture_difference(image[0] if len(image) == 1 else image.mean(axis=0), mask)


def small(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """A plane (C, rows, columns) in whole steps so that neither side is longer than `SMALL`."""
    step = -(-max(image.shape[1:]) // SMALL)
    return np.ascontiguousarray(image[:, ::step, ::step])


def _mask(request: Request, plane: Plane) -> NDArray[np.bool_] | None:
    """Where the chosen label of the reference lies on the plane; any label where none is chosen."""
    reference = _reference(request)
    if reference is None:
        return None
    labels = request.case.references[reference]
    labels = labels if request.case.ndim == 2 else labels.take(plane.index, axis=plane.axis)
    found: NDArray[np.bool_] = labels != 0 if request.label is None else labels == request.label
    return found


def _moved(engine: Engine, request: Request, plane: Plane) -> NDArray[np.bool_] | None:
    """The same where a warp carried the reference; None without a lane."""
    prepared = engine.judge(request, request.lanes[0].now, plane).prepared if request.lanes else None
    if prepared is None:
        return None
    labels = prepared.reference
    found: NDArray[np.bool_] = labels != 0 if request.label is None else labels == request.label
    return found


def _reference(request: Request) -> str | None:
    """Name of the reference that the first lane is held against; without a lane the first of the case."""
    if request.lanes:
        return request.lanes[0].now.reference
    return next(iter(request.case.references), None)


def _reference_key(request: Request) -> str:
    name = _reference(request)
    return '' if name is None else request.case.mask_key(name)


def _rows(
    engine: Engine, request: Request, plane: Plane
) -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]:
    """The plane before and after each entry, in the order of the stack; remedies come after all others."""
    before: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
    order = _in_order_with_places(request.stack)
    seen: tuple[Perturbation, ...] = ()
    picture = small(plane_of_image(engine, request, (), plane))
    for place, entry in order:
        checkpoint()
        after = picture
        if acts(entry):
            seen = (*seen, entry)
            after = small(plane_of_image(engine, request, seen, plane))
        before[place] = (picture, after)
        picture = after
    return tuple(before[place] for place in range(len(request.stack)))


def _in_order_with_places(stack: tuple[Perturbation, ...]) -> list[tuple[int, Perturbation]]:
    """Every entry with its place in the stack, in the order of application, also those that do not act."""
    return sorted(enumerate(stack), key=lambda pair: get_spec(pair[1].name).stage == 'remedy')
