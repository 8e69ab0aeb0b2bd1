"""A first look at a plane, from one layer of windows, while the exact ones are still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_segrobust.compare import error_map
from napari_segrobust.explore.network import network_of
from napari_segrobust.explore.picture import error_picture
from napari_segrobust.explore.planes import flat
from napari_segrobust.explore.updates import LaneView
from napari_segrobust.explore.votes import votes_of
from napari_segrobust.pipeline import GivenRun, label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.resolve import LaneRequest, Request
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.pipeline import Block
    from napari_segrobust.segment.protocols import InferenceRun
    from napari_segrobust.walk import Walk

#: A plane is first drawn provisionally where that is so many times sooner.
PROVISIONAL_GAIN = 4


def wants_provisional(walk: Walk, run: InferenceRun | GivenRun, plane: Plane, block: Block) -> bool:
    """Whether one layer of windows is much less than what the exact plane still needs."""
    from napari_segrobust.segment.provisional import provisional_windows

    if isinstance(run, GivenRun) or walk.model is None:
        return False
    layer = provisional_windows(walk.model, run, walk.scenario.context, plane.axis, plane.index)
    return 0 < PROVISIONAL_GAIN * layer <= len(run.pending(block))


def provisional_views(engine: Engine, request: Request, plane: Plane) -> tuple[LaneView, ...] | None:
    """Draw the plane of every lane from one layer of windows; None where a lane has no such picture."""
    from napari_segrobust.segment.prediction import labels_from
    from napari_segrobust.segment.protocols import WindowSegmenter
    from napari_segrobust.segment.provisional import provisional_plane

    views = []
    for lane in request.lanes:
        model = lane.now.model
        if not isinstance(model, WindowSegmenter) or model.spec.dimensions == 2:
            return None
        scenario = lane.now.scenario
        # The last complete statistics will do for a picture that is called provisional.
        known = engine.last_statistics(model.key)
        image = engine.image(request.case, lane.now.image_stack)
        probabilities = provisional_plane(model, image, scenario.context, plane.axis, plane.index, known)
        labels = labels_from(probabilities, model.spec, scenario.judgement.threshold, lane.now.label_map)
        views.append(unmeasured(engine, request, lane, plane, labels))
    return tuple(views)


def before_post(engine: Engine, request: Request, lane: LaneRequest, plane: Plane, block: Block) -> LaneView:
    """Draw a plane of a lane before the steps after the network, which come with the last window."""
    run = engine.run(lane.now)
    labels, before = (flat(label(walk, engine.run(walk), block), plane) for walk in (lane.now, lane.baseline))
    layers = {**network_of(engine, request, lane.now, run, plane), **votes_of(request, lane.now, run, plane, block)}
    probability = engine.probability(request, run, plane, block)
    return unmeasured(engine, request, lane, plane, labels, baseline_labels=before, probability=probability, **layers)


def unmeasured(
    engine: Engine, request: Request, lane: LaneRequest, plane: Plane, labels: NDArray[Any], **layers: Any
) -> LaneView:
    """What a lane shows of a plane whose labels are not final: hatched, without change map and without a number."""
    judge = engine.judge(request, lane.now, plane)
    reference = None if judge.prepared is None else judge.prepared.reference
    error = None if reference is None else error_map(reference, labels, judge.valid, request.label)
    nothing = np.zeros(labels.shape, np.uint8)
    return LaneView(
        index=lane.index,
        labels=labels,
        error=error,
        change=nothing,
        error_picture=None if error is None else error_picture(error, provisional=True),
        change_picture=nothing,
        valid=judge.valid,
        accuracy=None,
        baseline_accuracy=None,
        stability=None,
        reference=reference,
        baseline_reference=reference,
        provisional=True,
        **{'baseline_labels': labels, **layers},
    )
