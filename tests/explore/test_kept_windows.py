"""A change of a part of the image runs the windows that it touches, and no others."""

import numpy as np

from napari_segrobust import pipeline
from napari_segrobust.explore.kept_windows import KeptWindows, is_local
from napari_segrobust.perturb import Perturbation, Region
from napari_segrobust.scenario import Scenario

BOX = Region(kind='box', box=((2, 5), (4, 20), (4, 20)))


def change(session, severity, region=BOX):
    session.state.stack = (Perturbation(name='gaussian_noise', severity=severity, seed=7, region=region),)
    assert session.wait()


def test_only_slices_in_the_region_are_run_again(session, ball_case, make_model):
    model = session.models['threshold']
    assert session.wait()
    slices = ball_case.shape[0]
    change(session, 1.0)
    before = model.calls
    for severity in (2.0, 3.5, 5.0):
        change(session, severity)
    assert model.calls == before + 3 * 3
    labels = session.volume.lanes[0].labels
    scenario = Scenario(perturbations=session.state.stack)
    np.testing.assert_array_equal(labels, pipeline.run(ball_case, make_model(), scenario).labels)
    change(session, 5.0, Region())
    assert model.calls == before + 3 * 3 + slices


def test_what_is_kept_goes_with_its_model_and_with_the_image(session, ball_case):
    change(session, 1.0)
    kept = session._compute._engine._windows
    assert kept.nbytes > 0
    session._compute._engine.forget('another')
    assert kept.nbytes > 0
    session._compute._engine.forget('threshold')
    assert kept.nbytes == 0


def test_what_is_local():
    assert is_local(Perturbation(name='gaussian_noise', region=BOX))
    assert is_local(Perturbation(name='occlusion'))
    assert not is_local(Perturbation(name='gaussian_noise'))
    assert not is_local(Perturbation(name='gamma'))


def test_the_oldest_go_where_there_is_no_room():
    kept = KeptWindows(4 * 4000)
    for number in range(10):
        kept.put(f'model {number}', np.zeros(250, np.float32))
    assert kept.nbytes <= 4000
    assert kept.get('model 0') is None
    assert kept.get('model 9') is not None
