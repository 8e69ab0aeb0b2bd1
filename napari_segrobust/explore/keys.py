"""How the engine calls what it keeps, and in which order it makes it."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from napari_segrobust.segment.precision import describe_precision

if TYPE_CHECKING:
    from napari_segrobust.explore.resolve import LaneRequest, Request
    from napari_segrobust.walk import Walk


def runs_of(model_key: str) -> str:
    """How the keys of a model's inferences begin."""
    return f'run {model_key} '


def view_key(request: Request, lane: LaneRequest) -> str:
    """Key of what a lane shows, but for where."""
    asked = (request.label, request.probability, request.metrics, request.extras & {'network', 'votes'})
    return f'{lane.index} {lane.now.compare_key} {lane.baseline.compare_key} {asked}'


def ranked(request: Request) -> list[Walk]:
    """All that has to be run: what every lane is asked for comes first."""
    return [walk for rank in zip_longest(*(lane.walks for lane in request.lanes)) for walk in rank if walk is not None]


def device_words(request: Request) -> str:
    """Where its first network runs, and how."""
    model = next((lane.now.model for lane in request.lanes if lane.now.model is not None), None)
    return 'cpu' if model is None else describe_precision(model)
