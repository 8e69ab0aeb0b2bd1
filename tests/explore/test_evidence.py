"""Metrics of probabilities, soft references and intensities in the live loop: the numbers of a run."""

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.compare import compare
from napari_segrobust.explore.state import Plane

METRICS = ('dice', 'ece', 'brier', 'auroc', 'soft_volume_ml', 'mean_intensity')


@pytest.mark.parametrize('axis', [0, 1, 2])
def test_numbers_of_volume_and_slice_are_those_of_a_run(session, ball_case, axis):
    session.metrics = METRICS
    session.state.plane = Plane(axis=axis, index=6)
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    walk = session.volume.request.lanes[0].now
    headless = pipeline.run(ball_case, walk.model, walk.scenario, metrics=METRICS)
    found = session.volume.lanes[0].accuracy
    assert found.to_dict() == headless.comparison.to_dict()
    assert found.metrics[1]['brier'].value > session.volume.lanes[0].baseline_accuracy.metrics[1]['brier'].value
    alone = compare(
        *(mask.take(6, axis) for mask in (ball_case.references['expert'], headless.labels)),
        np.delete(ball_case.geometry.spacing_mm, axis),
        labels=[1],
        probability=headless.probabilities[1].take(6, axis),
        image=ball_case.image[0].take(6, axis),
        metrics=METRICS,
    )
    assert session.plane.lanes[0].accuracy.metrics == alone.metrics


def test_settings_of_metrics_follow_the_state(session, ball_case):
    session.metrics = ('f_beta', 'boundary_iou', 'dice')
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    before = session.volume.lanes[0].accuracy
    calls = session.models['threshold'].calls
    session.state.definitions = {'beta': 0.5, 'boundary_width_mm': 1.0}
    assert session.wait()
    after = session.volume.lanes[0].accuracy
    assert session.models['threshold'].calls == calls
    assert after.chips == {'f_beta': 'beta 0.5', 'boundary_iou': 'band of 1 mm'}
    assert after.metrics[1]['dice'] == before.metrics[1]['dice']
    for key in ('f_beta', 'boundary_iou'):
        assert after.metrics[1][key] != before.metrics[1][key]
    walk = session.volume.request.lanes[0].now
    headless = pipeline.run(ball_case, walk.model, walk.scenario, metrics=session.metrics)
    assert after.to_dict() == headless.comparison.to_dict()
    session.history.commit()
    session.history.undo()
    assert session.state.definitions == {}


def test_without_them_the_reason_is_said(session, ball_case):
    session.metrics = (*METRICS, 'soft_dice')
    session.state.set_perturbation(0, severity=1.0)
    assert session.wait()
    value = session.volume.lanes[0].accuracy.metrics[1]['soft_dice']
    assert (value.status, value.reason) == ('not_applicable', 'it needs a soft reference')
