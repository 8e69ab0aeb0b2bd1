"""The maps of one layer for one window, clean and perturbed, and where they lie in the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.errors import ModelError
from napari_segrobust.inside.activations import run_watched
from napari_segrobust.inside.look import look_at
from napari_segrobust.inside.points import Point, find_points, watch
from napari_segrobust.judging import clean_of
from napari_segrobust.perturbed import PerturbedImage
from napari_segrobust.segment.altered.twin import own_network, twin
from napari_segrobust.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from numpy.typing import NDArray

    from napari_segrobust.cases.case import Case
    from napari_segrobust.inside.look import Look
    from napari_segrobust.scenario import Scenario
    from napari_segrobust.segment.protocols import ImageSource, WholeSegmenter, WindowSegmenter

#: Clean and perturbed maps together take no more, in bytes: of wider layers the channels that change most are kept.
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """What a layer makes of the clean and of the perturbed window.

    Attributes
    ----------
    point : Point
    channels : tuple of int
        Numbers of the channels that are here, those that change most first.
    changes : tuple of float
        Relative change of each of them, as in `ActivationChange`; infinity where the clean one is 0.
    clean, perturbed : ndarray, shape (channels, *map), float32
        Axes of the image; of a network that runs slice by slice the sliced one has length 1.
    origin, scale : tuple of float
        Where their first voxel lies, and how large their voxels are, in voxels of the case: the map fills its window.
    """

    point: Point
    channels: tuple[int, ...]
    changes: tuple[float, ...]
    clean: NDArray[np.float32]
    perturbed: NDArray[np.float32]
    origin: tuple[float, ...]
    scale: tuple[float, ...]


def feature_maps(
    case: Case,
    model: WindowSegmenter | WholeSegmenter,
    scenario: Scenario,
    kind: str,
    level: int = 0,
    *,
    voxel: Sequence[int],
) -> FeatureMaps:
    """Return the maps of a layer for the window around a voxel.

    Parameters
    ----------
    case : Case
    model : TorchSegmenter
        From `load_model`.
    scenario : Scenario
        Its perturbations make the perturbed window; its context counts.
    kind : {'encoder', 'skip', 'bottleneck', 'decoder', 'layer'}
    level : int
        0 is the finest; no matter for the bottleneck.
    voxel : sequence of int
        In voxels of the case.

    Raises
    ------
    ModelError
        The layers cannot be reached, or there is no such layer.
    ContextError
        The voxel lies outside the context box.
    """
    walk = Walk(case, model, scenario)
    clean = Walk(case, model, scenario.clean())
    drawn = clean_of(case)
    images = tuple(PerturbedImage(case, one.image_stack, drawn) for one in (clean, walk))
    look = look_at(walk.model, images[0], scenario.context, voxel)
    network = own_network(look.model, f'No look inside {look.model.spec.name}')
    points = find_points(network.module, look.model.spec.channels, look.shape)
    chosen = [p for p in points if p.kind == kind and (kind == 'bottleneck' or p.level == level)]
    if not chosen:
        known = ', '.join(dict.fromkeys(point.title for point in points))
        raise ModelError('No such layer', f'{kind} {level}', f'Choose one of {known}.')
    return maps_of(walk, (images[0], images[1]), chosen[0], voxel)


def maps_of(walk: Walk, images: tuple[ImageSource, ImageSource], point: Point, voxel: Sequence[float]) -> FeatureMaps:
    """Do the same for a walk whose clean and perturbed images are at hand.

    Raises
    ------
    ModelError, ContextError
        As in `feature_maps`.
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    context = walk.scenario.context
    looks = [look_at(walk.model, image, context, voxel) for image in images]
    look = looks[0]
    network = own_network(look.model, f'No look inside {look.model.spec.name}')
    watched = twin(network.module)
    caught: list[torch.Tensor] = []
    watch(watched, [point], lambda _point, maps: caught.append(maps))
    run_watched(network, watched, np.stack([one.input() for one in looks]))
    if not caught:
        raise ModelError('No such layer', f'{point.module} was not reached', 'Measure again.')
    clean, perturbed = caught[0].float().cpu().numpy()
    axes = tuple(range(1, clean.ndim))
    before, moved = np.sqrt((clean**2).sum(axes)), np.sqrt(((perturbed - clean) ** 2).sum(axes))
    changes = np.where(before > 0, moved / np.where(before > 0, before, 1), np.where(moved > 0, np.inf, 0))
    kept = max(MOST_BYTES // max(2 * clean[0].nbytes, 1), 1)
    order = np.argsort(-moved, kind='stable')[:kept]
    origin, scale = _placed(look, clean.shape[1:])
    return FeatureMaps(
        point,
        tuple(int(c) for c in order),
        tuple(float(changes[c]) for c in order),
        _turned(look, clean[order]),
        _turned(look, perturbed[order]),
        origin,
        scale,
    )


def _turned(look: Look, maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """With the axes of the image."""
    maps = look.axes.undo(maps)
    sliced = look.plan.slice_axis
    return np.ascontiguousarray(maps if sliced is None else np.expand_dims(maps, 1 + sliced))


def _placed(look: Look, shape: Sequence[int]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Origin and voxel size in voxels of the case: the edges of the map are those of its window, padding included."""
    size = [1] * len(look.plan.shape)
    for n, place in zip(shape, look.axes.permutation, strict=True):
        size[look.kept[place]] = n
    edges = look.on_case(tuple(zip(look.window.start, look.window.stop, strict=True)))
    scale = tuple((hi - lo) / n for (lo, hi), n in zip(edges, size, strict=True))
    return tuple(lo + one / 2 for (lo, _), one in zip(edges, scale, strict=True)), scale


def to_dict(maps: FeatureMaps) -> dict[str, Any]:
    """Numbers of a layer's channels for other programs, without their voxels."""
    return {
        'kind': maps.point.kind,
        'level': maps.point.level,
        'module': maps.point.module,
        'channels': list(maps.channels),
        'relative_change': [None if np.isinf(one) else one for one in maps.changes],
    }
