"""What the network sees, as a layer; and raters that are simulated, never experts."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.explore.state import Lane
from napari_segrobust.perturb import Perturbation
from napari_segrobust.ui.canvas.network_layer import NAME


@pytest.fixture
def settle(explorer, qtbot):
    def wait() -> None:
        session = explorer.session
        qtbot.waitUntil(lambda: bool(session.settled and session.volume and session.volume.lanes), timeout=30_000)
        assert session.status.kind != 'failed', session.status.text

    return wait


@pytest.fixture
def opened(explorer, ball_case, settle):
    model = explorer.session.models['threshold']
    model.spec = model.spec.model_copy(update={'intensity': 'minmax'})
    explorer.session.state.stack = (Perturbation(name='gaussian_noise', severity=2.0, seed=7),)
    explorer.open_case(ball_case, [Lane(source='threshold')])
    settle()
    return explorer


def test_the_network_view_follows_and_goes(opened, panel, settle):
    session = opened.session
    panel.model.network.setChecked(True)
    settle()
    layer = opened.viewer.layers[NAME]
    image = opened.viewer.layers['[sr] image']
    assert opened.viewer.layers.index(layer) == opened.viewer.layers.index(image) + 1
    np.testing.assert_array_equal(layer.data, session.volume.lanes[0].network[0])
    assert layer.contrast_limits == pytest.approx(session.volume.lanes[0].network_range)
    limits = list(layer.contrast_limits)
    session.state.set_perturbation(0, severity=4.0)
    settle()
    np.testing.assert_array_equal(layer.data, session.volume.lanes[0].network[0])
    assert list(layer.contrast_limits) == limits, 'what normalisation hides looks unchanged'
    opened.painter.hold(True)
    assert not layer.visible, 'it does not cover the clean image'
    opened.painter.hold(False)
    assert layer.visible
    panel.model.network.setChecked(False)
    assert NAME not in opened.viewer.layers
    panel.model.network.setChecked(True)
    settle()
    opened.viewer.layers.remove(NAME)
    assert not panel.model.network.isChecked(), 'who deletes the layer wants it no more'


def test_a_network_that_takes_each_slice_by_itself_is_shown_so(opened, panel, settle):
    session, model = opened.session, opened.session.models['threshold']
    model.spec = model.spec.model_copy(update={'intensity_scope': 'slice'})
    panel.model.network.setChecked(True)
    settle()
    seen, plane = session.volume.lanes[0].network[0], session.state.plane
    assert plane.axis == model.spec.slice_axis == 0
    for index in range(len(seen)):
        assert seen[index].min() == 0.0
        assert seen[index].max() == pytest.approx(1.0)
    np.testing.assert_array_equal(session.plane.lanes[0].network[0], seen[plane.index])
    np.testing.assert_array_equal(opened.viewer.layers[NAME].data, seen)
    opened.viewer.dims.order = (1, 0, 2)
    settle()
    np.testing.assert_array_equal(opened.viewer.layers[NAME].data, session.volume.lanes[0].network[0])


def test_a_network_with_a_grid_of_its_own_is_shown_on_it(opened, panel, settle):
    """Cropped and resampled: what a world place shows is what the network is given there, plane by plane and whole."""
    session, model = opened.session, opened.session.models['threshold']
    case = session.case
    step = tuple(1.5 * mm for mm in case.geometry.spacing[1:])
    fields = {'spacing': step, 'crop_foreground': True, 'resample': {'image': 1, 'label': 0}}
    model.spec = model.spec.model_copy(update=fields)
    model.key = 'on its own grid'
    panel.model.network.setChecked(True)
    settle()
    view, layer = session.volume.lanes[0], opened.viewer.layers[NAME]
    grid = view.network_grid
    assert layer.data.shape == grid.shape
    assert grid.shape[1:] != case.shape[1:]
    np.testing.assert_array_equal(layer.data, view.network[0])
    np.testing.assert_allclose(layer.scale, np.array(case.geometry.spacing) * (1, 1.5, 1.5))
    assert view.labels.shape == case.shape
    # The centre of a voxel of the network lies in the world where the case has that place.
    place = [n // 2 for n in grid.shape]
    of_case = opened.viewer.layers['[sr] image'].world_to_data(layer.data_to_world(place))
    np.testing.assert_allclose(of_case, np.array(grid.origin) + np.array(grid.scale) * place)
    # A plane comes before the whole and lies in its place.
    layer.data[...] = -99
    session.state.set_perturbation(0, severity=1.0)
    settle()
    plane = session.plane.lanes[0]
    assert plane.network_plane == grid.nearest(0, session.state.plane.index)
    layer = opened.viewer.layers[NAME]
    np.testing.assert_array_equal(plane.network[0], layer.data[plane.network_plane])
    np.testing.assert_array_equal(layer.data, session.volume.lanes[0].network[0])


def test_a_given_mask_has_no_network(opened, panel):
    opened.session.state.lanes = (Lane(source='shifted', given=True),)
    assert not panel.model.network.isEnabled()


def test_simulated_raters(opened, panel, qtbot, settle):
    session, form = opened.session, panel.case.raters
    before, severity = session.case, session.state.stack[0].severity
    form.count.setValue(3)
    form.sd.set_value(1.5)
    assert [form.masks.itemText(i) for i in range(form.masks.count())] == ['expert', 'second', 'shifted']
    form.make.click()
    qtbot.waitUntil(lambda: len(session.case.references) == 5, timeout=30_000)
    settle()
    made = [f'simulated rater {n}' for n in (1, 2, 3)]
    assert list(session.case.references) == ['expert', 'second', *made]
    assert session.case.raters == tuple(made), 'raters, and never experts'
    assert session.case.key == before.key
    assert session.state.stack[0].severity == severity
    masks = [session.case.references[name] for name in made]
    assert not np.array_equal(masks[0], masks[1])
    combo = panel.compare.reference
    assert [combo.itemText(i) for i in range(combo.count())] == ['expert', 'second', *made]
    form.count.setValue(2)
    form.seed.setValue(1)
    form.make.click()
    qtbot.waitUntil(lambda: len(session.case.references) == 4, timeout=30_000)
    assert not np.array_equal(session.case.references[made[0]], masks[0]), 'another group in place of the first'
    assert made[0] not in [form.masks.itemText(i) for i in range(form.masks.count())]
    settle()
