"""Looks inside the networks of a session: current ones alone are shown, others are kept or withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_segrobust.cases.case import Case
from napari_segrobust.explore.inside import InsideWatch
from napari_segrobust.explore.inside_jobs import ORDER, FieldJob
from napari_segrobust.explore.session import Session
from napari_segrobust.explore.state import Lane, Plane
from napari_segrobust.inside.activations import activation_change
from napari_segrobust.inside.receptive import receptive_field
from napari_segrobust.perturb import Perturbation
from napari_segrobust.scenario import Scenario
from napari_segrobust.segment import load_model
from napari_segrobust.segment.module import TorchSegmenter
from napari_segrobust.segment.networks import build_network
from napari_segrobust.segment.spec import ModelSpec


def unet(name: str) -> TorchSegmenter:
    torch.manual_seed(len(name))
    architecture = {'name': name, 'spatial_dims': 2, 'in_channels': 1, 'out_channels': 2}
    network = build_network({**architecture, 'channels': [4, 8, 8], 'strides': [2, 2], 'norm': 'batch'})
    return TorchSegmenter(network, ModelSpec(name=name, dimensions=2, classes=('background', 'object')), name)


@pytest.fixture
def session(ball_case: Case) -> Iterator[Session]:
    made = Session()
    image = np.random.default_rng(0).normal(size=ball_case.image.shape).astype(np.float32)
    made.models.update({'UNet': unet('UNet'), 'NoSkipUNet': unet('NoSkipUNet')})
    made.state.stack = (Perturbation(name='gaussian_noise', seed=7),)
    made.open_case(replace(ball_case, image=image), [Lane(source='UNet'), Lane(source='NoSkipUNet')])
    made.state.plane = Plane(axis=0, index=6)
    assert made.wait()
    yield made
    assert made.shutdown()


@pytest.fixture
def watch(session: Session) -> Iterator[InsideWatch]:
    made = InsideWatch(session)
    yield made
    made.close()


def settle(session: Session) -> None:
    """Take in answers until no job is left; each comes over the queue that `drain` empties."""
    assert session.wait()
    while not session.jobs.is_idle:
        session._take(session._answers.get(timeout=60))


def test_nothing_is_measured_while_nobody_looks(session, watch):
    watch.pick((6, 10, 10))
    assert session.jobs.is_idle
    assert watch.change(0) is None
    watch.look(True)
    assert not session.jobs.is_idle
    watch.look(False)
    assert session.jobs.is_idle


def test_curves_are_those_of_the_function(session, watch):
    told = []
    watch.change_changed.connect(lambda: told.append(len(watch.change(0).severities) if watch.change(0) else 0))
    watch.look(True)
    settle(session)
    for lane, name in enumerate(('UNet', 'NoSkipUNet')):
        found = watch.change(lane)
        wanted = activation_change(
            session.case, session.models[name], Scenario(perturbations=session.state.stack), ORDER, voxel=(6, 12, 12)
        )
        assert found.points == wanted.points
        np.testing.assert_array_equal(found.values, wanted.values)
    assert sorted(set(told)) == list(range(len(ORDER) + 1)), 'every severity was told'
    assert watch.networks == [0, 1]


def test_the_slider_measures_nothing_anew_and_a_slice_does(session, watch):
    watch.look(True)
    settle(session)
    first = watch.change(0)
    session.state.set_perturbation(0, severity=3.0)
    assert watch.change(0) is first
    settle(session)
    assert watch.change(0) is first
    session.state.plane = Plane(axis=0, index=3)
    assert watch.change(0) is None, 'curves belong to their slice'
    settle(session)
    assert watch.change(0).place == 'slice 3 of axis 0'
    session.state.plane = Plane(axis=0, index=6)
    assert watch.change(0) is first, 'kept'
    assert session.jobs.is_idle


def test_the_field_is_that_of_the_state_or_none(session, watch):
    watch.look(True)
    watch.pick((6, 10, 12))
    settle(session)
    found = watch.field
    wanted = receptive_field(session.case, session.models['UNet'], (6, 10, 12))
    assert found.box == wanted.box
    np.testing.assert_array_equal(found.effective, wanted.effective)
    session.state.set_perturbation(0, severity=4.0)
    assert watch.field is None, 'it belongs to severity 0'
    settle(session)
    assert watch.field is not None
    assert watch.field is not found
    watch.set_lane(1)
    assert watch.field is None
    settle(session)
    assert watch.field.model == 'NoSkipUNet'
    watch.pick(None)
    assert watch.field is None
    assert session.jobs.is_idle


def test_maps_follow_the_severity(session, watch):
    watch.look(True)
    settle(session)
    session.state.set_perturbation(0, severity=2.0)
    point = next(point for point in watch.change(0).points if point.kind == 'skip')
    watch.choose(0, point)
    assert watch.maps is None
    settle(session)
    maps = watch.maps
    moved = np.linalg.norm(maps.perturbed - maps.clean) / np.linalg.norm(maps.clean)
    curve = dict(zip(watch.change(0).severities, watch.change(0).of('skip', point.level), strict=True))
    assert moved == pytest.approx(curve[2.0], rel=1e-5)
    session.state.set_perturbation(0, severity=0.0)
    settle(session)
    np.testing.assert_array_equal(watch.maps.clean, watch.maps.perturbed)


def test_a_lane_that_cannot_be_looked_into_says_why_and_others_go_on(session, watch):
    class Plain:
        device, key = 'cpu', 'plain'
        spec = session.models['UNet'].spec.model_copy(update={'name': 'plain'})

        def __call__(self, windows):
            return torch.cat([windows, -windows], dim=1)

    session.models['plain'] = Plain()
    session.models['both'] = load_model('mean of otsu + multi-otsu')
    session.state.lanes = (Lane(source='plain'), Lane(source='UNet'), Lane(source='both'))
    watch.look(True)
    settle(session)
    assert 'no PyTorch network' in watch.failure(0)
    assert watch.failure(1) == ''
    assert 'several networks' in watch.failure(2)
    assert watch.change(1) is not None
    assert session.status.kind != 'failed'


def test_a_voxel_outside_the_context_box_is_refused_in_words(session, watch):
    from napari_segrobust.context import Context

    box = ((0, 12), (4, 12), (4, 12))
    session.state.lanes = tuple(lane.model_copy(update={'context': Context(box=box)}) for lane in session.state.lanes)
    watch.look(True)
    watch.pick((6, 20, 20))
    settle(session)
    assert 'outside 0 to 12 x 4 to 12 x 4 to 12' in watch.refusal(FieldJob)
    assert watch.field is None


def test_without_a_perturbation_there_are_no_curves(session, watch):
    session.state.stack = ()
    watch.look(True)
    settle(session)
    assert watch.change(0) is None
    assert watch.failure(0) == ''


def test_another_case_forgets_the_voxel(session, watch, ball_case):
    watch.look(True)
    watch.pick((6, 10, 12))
    settle(session)
    session.open_case(ball_case, [Lane(source='UNet')])
    assert watch.voxel is None
    assert watch.field is None
    settle(session)
    assert watch.change(0) is not None


def test_another_network_in_the_lane_lets_the_layer_go(session, watch):
    watch.look(True)
    settle(session)
    skip = next(point for point in watch.change(0).points if point.kind == 'skip')
    watch.choose(0, skip)
    settle(session)
    assert watch.maps is not None
    session.state.lanes = tuple(reversed(session.state.lanes))
    assert watch.maps is None
    settle(session)
    assert watch.chosen is None, 'a network without skips has no such layer'
    assert session.status.kind != 'failed'
