"""What a stack does to prompts: warps of the image carry them along, and perturbations of their own move them.

A point was set on something in the clean image. Where a warp carries the reference along, that thing lies elsewhere,
and the point goes with it; what a stack does to prompts beyond that is an imprecise hand.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from napari_segrobust.perturb.catalogue import amounts, get_spec, in_order
from napari_segrobust.perturb.masks import carries
from napari_segrobust.perturb.warp import Warp, everything
from napari_segrobust.prompts import Box, Prompts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_segrobust.perturb.clean import Clean
    from napari_segrobust.perturb.record import Perturbation
    from napari_segrobust.perturb.spec import Block, Shape

#: Voxels whose sources are looked through at once.
_SLAB = 1 << 20
#: Below this determinant a warp folds so strongly that nothing is read off its slope.
_FOLDED = 0.05


def acts_on_prompts(record: Perturbation) -> bool:
    """Whether an entry changes what a model is shown beside the image, and nothing else."""
    return get_spec(record.name).move is not None


def prompt_stack(stack: Iterable[Perturbation], channels: int = 1) -> tuple[Perturbation, ...]:
    """Entries of a stack that act on prompts, in order: warps that carry them, and imprecise hands.

    Parameters
    ----------
    stack : iterable of Perturbation
    channels : int
        Of the image.
    """
    return tuple(record for record in in_order(stack) if acts_on_prompts(record) or carries(record, channels))


def move_prompts(clean: Clean, prompts: Prompts, stack: Sequence[Perturbation]) -> Prompts:
    """Let a stack act on points and boxes; scribbles are a mask, see `perturb_labels`.

    Parameters
    ----------
    clean : Clean
        The case: its grid, its draws and its regions.
    prompts : Prompts
        In voxels of the case.
    stack : sequence of Perturbation
        In order of application; entries that do not act on prompts are left out (see `prompt_stack`).

    Returns
    -------
    Prompts
        The same object where nothing acts. A warp moves a point to where its voxel's contents went, which may be
        outside the image, and makes of a box the one around its corners.

    Raises
    ------
    PerturbationError
        An entry that does not fit the catalogue or the case.
    CaseError
        Prompts with another number of axes than the case.
    """
    prompts.check_axes(len(clean.shape))
    for record in prompt_stack(stack, len(clean.image)):
        clean.check(record)
        move = get_spec(record.name).move
        if move is not None:
            prompts = move(prompts, amounts(record), record.seed, clean.spacing, clean.shape)
        elif prompts.points or prompts.boxes:
            prompts = _carried(prompts, Warp(clean, record))
    return prompts


def _carried(prompts: Prompts, warp: Warp) -> Prompts:
    places = [point.at for point in prompts.points]
    for box in prompts.boxes:
        # an edge lies between two voxels, whose centres are half a voxel away
        places += product(*((start - 0.5, stop - 0.5) for start, stop in box.edges))
    found = iter(landing(warp, np.array(places, np.float64)).tolist())
    points = tuple(point.model_copy(update={'at': tuple(next(found))}) for point in prompts.points)
    corners = 2 ** len(warp.shape)
    boxes = tuple(_around([next(found) for _ in range(corners)], box.label) for box in prompts.boxes)
    return prompts.model_copy(update={'points': points, 'boxes': boxes})


def _around(corners: list[list[float]], label: int) -> Box:
    lows, highs = np.min(corners, axis=0) + 0.5, np.max(corners, axis=0) + 0.5
    return Box(edges=tuple((float(a), float(max(b, a + 1))) for a, b in zip(lows, highs, strict=True)), label=label)


def landing(warp: Warp, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the contents of some places go under a warp, which itself says where those of each voxel come from.

    Parameters
    ----------
    warp : Warp
    places : ndarray, shape (n, ndim)
        In voxels of the case.

    Returns
    -------
    ndarray, shape (n, ndim)
        The voxel whose source is nearest, and one Newton step on from it; exact for shifts, turns and mirrorings.
    """
    best = np.full(len(places), np.inf)
    voxels = np.zeros(places.shape, np.int64)
    for slab in _slabs(warp.shape):
        sources = warp(slab).numpy().reshape(len(warp.shape), -1)
        sizes = [part.stop - part.start for part in slab]
        for row, place in enumerate(places):
            away = np.einsum('av->v', np.square(sources - place[:, None].astype(np.float32)))
            nearest = int(away.argmin())
            if away[nearest] < best[row]:
                best[row] = away[nearest]
                voxels[row] = np.unravel_index(nearest, sizes)
                voxels[row] += [part.start for part in slab]
    return np.array([_stepped(warp, voxel, place) for voxel, place in zip(voxels, places, strict=True)])


def _stepped(warp: Warp, voxel: NDArray[np.int64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """One Newton step from a voxel towards the place whose source is wanted."""
    ndim = len(voxel)
    low = [int(min(v, max(n - 2, 0))) for v, n in zip(voxel, warp.shape, strict=True)]
    block = tuple(slice(a, min(a + 2, n)) for a, n in zip(low, warp.shape, strict=True))
    around = warp(block).numpy().astype(np.float64)
    slope = np.eye(ndim)
    here = tuple(int(v - a) for v, a in zip(voxel, low, strict=True))
    for axis in range(ndim):
        if around.shape[axis + 1] == 2:
            before, after = np.moveaxis(around, axis + 1, 0)
            others = (*here[:axis], *here[axis + 1 :])
            slope[:, axis] = [line[others] for line in after - before]
    residue = place - np.array([line[here] for line in around])
    if abs(np.linalg.det(slope)) >= _FOLDED:
        residue = np.linalg.solve(slope, residue)
    return np.asarray(voxel + residue, np.float64)


def _slabs(shape: Shape) -> Iterator[Block]:
    whole = everything(shape)
    step = max(1, _SLAB * shape[0] // max(int(np.prod(shape)), 1))
    for start in range(0, shape[0], step):
        yield (slice(start, min(start + step, shape[0])), *whole[1:])
