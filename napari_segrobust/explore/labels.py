"""Labels of a walk: a plane at once, and with the steps after the network as soon as the whole is there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust import pipeline
from napari_segrobust.compare.interrupt import checkpoint
from napari_segrobust.explore.planes import flat
from napari_segrobust.pipeline import GivenRun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.pipeline import Block
    from napari_segrobust.segment.protocols import InferenceRun
    from napari_segrobust.walk import Walk

#: Slices that are labelled at once.
SLAB = 16
#: Up to so many voxels the steps after the network are done before a plane is shown: nobody sees the time they take.
AT_ONCE = 2**20


def is_finished(engine: Engine, walk: Walk, plane: Plane | None) -> bool:
    """Whether the labels of a plane come with the steps after the network, if there are any.

    They act on the whole, so that all windows must be done; of a large volume they are awaited after the plane.
    """
    if plane is None or not walk.post.acts:
        return True
    run = engine.run(walk)
    if run.done < run.total:
        return False
    return math.prod(walk.case.shape) <= AT_ONCE or _key(walk) in engine.cache


def labels_of(engine: Engine, walk: Walk, plane: Plane | None, block: Block | None) -> NDArray[Any]:
    """Labels of a plane, finished where `is_finished`; those of the whole are kept: a tolerance does not change them.

    Raises
    ------
    Interrupted
        At a checkpoint, where nobody waits any more.
    """
    run = engine.run(walk)
    early = plane is not None and not (walk.post.acts and is_finished(engine, walk, plane))
    if early or isinstance(run, GivenRun):
        return flat(pipeline.label(walk, run, block), plane)

    def finished() -> NDArray[Any]:
        return pipeline.finish(walk, engine.cache.get_or_make(f'raw {walk.raw_label_key}', lambda: labelled(walk, run)))

    whole: NDArray[Any] = engine.cache.get_or_make(_key(walk), finished)
    return whole if block is None else flat(whole[block], plane)


def labelled(walk: Walk, run: InferenceRun | GivenRun) -> NDArray[Any]:
    """Labels of the whole before the steps after the network, made in slabs: probabilities take more room than labels.

    Raises
    ------
    Interrupted
        Between two slabs.
    """
    slabs = []
    for start in range(0, walk.case.shape[0], SLAB):
        checkpoint()
        rest = tuple(slice(0, n) for n in walk.case.shape[1:])
        slabs.append(pipeline.label(walk, run, (slice(start, min(start + SLAB, walk.case.shape[0])), *rest)))
    return np.concatenate(slabs)


def _key(walk: Walk) -> str:
    return f'labels {walk.label_key}'
