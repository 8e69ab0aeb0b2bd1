"""What a lane is held against: its baseline, at home or brought to where a warp moved the lane; and no remedies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_segrobust.compare import PreparedReference
from napari_segrobust.explore.judge import Bare, Baseline, brought

if TYPE_CHECKING:
    from napari_segrobust.compare import Comparison
    from napari_segrobust.explore.engine import Engine
    from napari_segrobust.explore.judge import Judge
    from napari_segrobust.explore.resolve import LaneRequest
    from napari_segrobust.explore.state import Plane
    from napari_segrobust.pipeline import Block


def baseline_of(engine: Engine, judge: Judge, lane: LaneRequest, plane: Plane | None, block: Block | None) -> Baseline:
    """What every severity is held against; the same until the pin, the case or the judgement changes."""
    judge = replace(judge, prepared=engine.references.prepared(lane.baseline, lane.now, plane))
    where = None if plane is None else (plane.axis, plane.index)

    def make() -> Baseline:
        labels = engine.labels(lane.baseline, plane, block)
        accuracy = judge.accuracy(labels, lane.baseline, engine.run(lane.baseline), block)
        prepared = PreparedReference(labels, judge.spacing, judge.valid)
        if accuracy is None:
            return Baseline(labels, prepared, None, None, None)
        items = accuracy.items if plane is None else None
        return Baseline(labels, prepared, judge.prepared, accuracy.without_pairs(), items)

    key = f'baseline {lane.baseline.compare_key} {lane.now.scenario.context.box} {judge.labels} {where}'
    key += f' {judge.metrics}'
    return engine.cache.get_or_make(key, make)


def brought_of(
    engine: Engine, judge: Judge, lane: LaneRequest, baseline: Baseline, plane: Plane | None, block: Block | None
) -> Baseline | None:
    """Bring the baseline to where the lane lies: the warp that moved the image moves its labels and its reference.

    None where that cannot be: while its slices are still to come, or when both lie in moved places that differ.
    """
    if lane.now.frame_key == lane.baseline.frame_key:
        return baseline
    if not can_bring(engine, lane, plane):
        return None
    where = None if plane is None else (plane.axis, plane.index)

    key = f'brought {lane.baseline.compare_key} {lane.now.reference_key} {lane.now.frame_key}'
    key += f' {lane.now.scenario.context.box} {judge.labels} {where}'
    labels = engine.labels(lane.baseline, None, None)
    return engine.cache.get_or_make(key, lambda: brought(judge, lane, labels, plane, block))


def can_bring(engine: Engine, lane: LaneRequest, plane: Plane | None) -> bool:
    """Whether the baseline can be brought to where the lane lies; a plane of it comes from several slices."""
    if lane.now.frame_key == lane.baseline.frame_key:
        return True
    run = engine.run(lane.baseline)
    return not lane.baseline.frame and (plane is None or run.done == run.total)


def without_of(
    engine: Engine, judge: Judge, lane: LaneRequest, baseline: Baseline, plane: Plane | None, block: Block | None
) -> Comparison | None:
    """Accuracy without the remedies; the same while only they change."""
    walk = lane.without
    if walk is None or walk.compare_key == lane.baseline.compare_key:
        return None if walk is None else baseline.accuracy

    def make() -> Bare:
        found = judge.accuracy(engine.labels(walk, plane, block), walk, engine.run(walk), block)
        return Bare(None if found is None else found.without_pairs())

    where = None if plane is None else (plane.axis, plane.index)
    key = f'without {walk.compare_key} {judge.labels} {where} {judge.metrics}'
    return engine.cache.get_or_make(key, make).accuracy
