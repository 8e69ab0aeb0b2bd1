"""What the network is given, on its own grid, in the live loop; and that the loop's answers are those of a run."""

from dataclasses import replace

import numpy as np
import pytest

from napari_segrobust import pipeline
from napari_segrobust.explore.state import Lane, Plane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.segment.intensity import Percentiles
from napari_segrobust.segment.preprocess import measure, normalise
from napari_segrobust.segment.see import see
from napari_segrobust.segment.source import ArraySource

OWN = {'spacing': (1.4, 1.4, 1.4), 'crop_foreground': True, 'resample': {'image': 1, 'label': 0}}


@pytest.fixture
def opened(session, ball_case, make_model):
    """A session on an image with a dark rim, and a 3D model with entries of its spec: opened(**spec)."""
    image = ball_case.image + 0.5
    image[:, :2] = image[:, :, 20:] = image[:, :, :, :3] = 0
    case = replace(ball_case, image=image)

    def open_with(**fields):
        model = session.models['own'] = make_model(3, (8, 8, 8), 'own')
        model.spec = model.spec.model_copy(update=fields)
        session.state.stack = (Perturbation(name='gain', severity=2.0, seed=7),)
        session.open_case(case, [Lane(source='own')])
        session.state.plane = Plane(axis=0, index=6)
        session.state.ask('network')
        assert session.wait()
        return session

    return open_with


def seen_whole(session):
    spec, case = session.models['own'].spec, session.case
    seen, grid = see(spec, ArraySource(session.volume.image, case.geometry.spacing))
    return seen.block(tuple(slice(0, n) for n in seen.shape[1:])), grid


@pytest.mark.parametrize('intensity', ['none', 'zscore', 'zscore_nonzero', Percentiles(percentiles=(5, 90))])
def test_the_network_is_given_the_crop_resampled_and_normalised(opened, intensity):
    session = opened(**OWN, intensity=intensity)
    whole, grid = seen_whole(session)
    view = session.volume.lanes[0]
    assert view.network_grid == grid
    assert grid.crop == ((2, 12), (0, 20), (3, 24))
    known = None if intensity == 'none' else measure([whole], intensity)
    expected = normalise(whole, session.models['own'].spec, known)
    np.testing.assert_allclose(view.network, expected, atol=1e-5)
    plane = session.plane.lanes[0]
    np.testing.assert_array_equal(plane.network, view.network[:, plane.network_plane])
    assert plane.network_plane == round((6 - 2) * 2 / 1.4)


def test_a_plane_outside_the_crop_shows_nothing(opened):
    session = opened(**OWN)
    session.state.plane = Plane(axis=0, index=1)
    assert session.wait()
    view = session.plane.lanes[0]
    assert view.network is None
    assert not view.labels.any()


def test_limits_of_grey_values_stay_while_the_severity_changes(opened):
    session = opened(**OWN, intensity='zscore_nonzero')
    before = session.volume.lanes[0].network_range
    assert before[0] < 0 < before[1]
    session.state.set_perturbation(0, severity=5.0)
    assert session.wait()
    assert session.volume.lanes[0].network_range == before


def test_slices_are_normalised_by_themselves(opened):
    session = opened(
        **OWN | {'spacing': (1.4, 1.4)}, dimensions=2, window=None, intensity='minmax', intensity_scope='slice'
    )
    network = session.volume.lanes[0].network
    assert network.min(axis=(0, 2, 3)) == pytest.approx(0)
    assert network.max(axis=(0, 2, 3))[2:7] == pytest.approx(1)


@pytest.mark.parametrize('axis', [0, 1, 2])
@pytest.mark.parametrize('intensity', ['none', 'zscore'])
def test_answers_on_a_grid_of_its_own_are_those_of_a_run(opened, axis, intensity):
    session = opened(**OWN, intensity=intensity)
    session.state.plane = Plane(axis=axis, index=7)
    session.state.set_perturbation(0, severity=3.0)
    assert session.wait()
    walk = session.volume.request.lanes[0].now
    headless = pipeline.run(session.case, walk.model, walk.scenario)
    np.testing.assert_array_equal(session.volume.lanes[0].labels, headless.labels)
    np.testing.assert_array_equal(session.plane.lanes[0].labels, headless.labels.take(7, axis))
    assert headless.labels.any()


def test_a_wrong_voxel_size_in_the_header_leads_the_network_astray(opened):
    session = opened(**OWN)
    truth = session.volume.lanes[0]
    session.state.stack = (Perturbation(name='wrong_spacing', severity=4.0, seed=7),)
    assert session.wait()
    astray = session.volume.lanes[0]
    assert astray.network_grid.shape != truth.network_grid.shape
    assert astray.labels.shape == truth.labels.shape == session.case.shape
