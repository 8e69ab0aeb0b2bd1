"""Side by side, and back to what was there."""

from __future__ import annotations

import numpy as np
import pytest

from napari_segrobust.compare import ErrorCode
from napari_segrobust.explore.state import Lane
from napari_segrobust.ui.canvas.layout import Layout
from napari_segrobust.ui.docks import open_docks


@pytest.fixture
def layout(canvas):
    made = Layout(canvas.viewer, canvas.session, canvas.painter)
    yield made
    made.close()


def cells(canvas) -> dict[tuple[int, int], list[str]]:
    """Names of the visible layers in each cell of the grid."""
    layers = canvas.viewer.layers
    return {
        place: [layers[i].name.removeprefix('[sr] ') for i in contents if layers[i].visible]
        for place, contents in canvas.viewer.canvas.grid.iter_viewboxes(layers)
    }


def visible(canvas) -> list[str]:
    return [layer.name.removeprefix('[sr] ') for layer in canvas.viewer.layers if layer.visible]


def test_clean_stands_beside_perturbed(canvas, layout):
    canvas.session.state.set_perturbation(0, severity=5.0)
    canvas.settle()
    assert layout.toggle() == 'clean'
    assert cells(canvas) == {
        (0, 0): ['perturbed', 'reference: expert', 'prediction: threshold', 'errors: threshold'],
        (0, 1): ['clean', 'reference: expert (clean)', 'prediction: clean', 'errors: clean'],
    }
    np.testing.assert_array_equal(canvas.layer('clean').data, canvas.session.case.image[0])
    clean = canvas.layer('errors: clean').data[6]
    assert set(np.unique(clean)) <= {0, ErrorCode.TRUE_POSITIVE}
    assert canvas.layer('errors: threshold').data[6].max() > ErrorCode.TRUE_POSITIVE
    assert canvas.layer('clean').name_overlay.visible


def test_both_cells_follow_the_slider_and_the_slices(canvas, layout):
    layout.toggle()
    canvas.session.state.set_perturbation(0, severity=5.0)
    canvas.show(0, 8)
    case = canvas.session.case
    np.testing.assert_array_equal(canvas.layer('prediction: clean').data[8], case.references['expert'][8])
    np.testing.assert_array_equal(canvas.layer('perturbed').data, canvas.session.volume.image[0])


def test_going_back_restores_everything(canvas, layout):
    viewer = canvas.viewer
    own = viewer.add_image(np.zeros((12, 24, 24)), name='mine', scale=(2, 1, 1), units='mm')
    viewer.layers.move(viewer.layers.index(own), 0)
    hidden = viewer.add_labels(np.zeros((12, 24, 24), int), name='hidden', scale=(2, 1, 1), units='mm', visible=False)
    viewer.scene.camera.zoom, viewer.scene.camera.center = 3.5, (0.0, 4.0, 5.0)
    viewer.canvas.grid.stride = 2
    viewer.layers.selection.active = canvas.layer('image')
    before = visible(canvas)
    layout.toggle()
    assert not own.visible
    assert viewer.canvas.grid.enabled
    assert layout.toggle() == 'single'
    assert visible(canvas) == before
    assert own.visible
    assert not hidden.visible
    assert not viewer.canvas.grid.enabled
    assert viewer.canvas.grid.stride == 2
    assert (viewer.scene.camera.zoom, viewer.scene.camera.center) == (3.5, (0.0, 4.0, 5.0))
    assert viewer.layers.selection.active is canvas.layer('image')


@pytest.mark.parametrize(('count', 'shape'), [(2, (1, 2)), (3, (1, 3)), (4, (2, 2)), (6, (2, 3))])
def test_lanes_stand_side_by_side(bare_canvas, ball_case, threshold_model, count, shape):
    names = [f'model {i}' for i in range(count)]
    for name in names:
        bare_canvas.session.models[name] = threshold_model(name)
    bare_canvas.open(ball_case, *(Lane(source=name) for name in names))
    layout = Layout(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    assert layout.toggle() == 'lanes'
    grid = bare_canvas.viewer.canvas.grid
    assert grid.actual_shape(bare_canvas.viewer.layers) == shape
    for name, shown in zip(names, cells(bare_canvas).values(), strict=True):
        assert shown[0] == name
        assert shown[2:] == [f'prediction: {name}', f'errors: {name}']
    layout.close()
    assert not grid.enabled


def test_a_lane_that_goes_takes_its_cell_along(bare_canvas, ball_case):
    bare_canvas.open(ball_case, Lane(source='threshold'), Lane(source='wide'))
    layout = Layout(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    layout.toggle()
    bare_canvas.session.state.lanes = bare_canvas.session.state.lanes[:1]
    assert layout.arrangement == 'single'
    assert not bare_canvas.viewer.canvas.grid.enabled
    layout.close()


def test_layers_are_made_once_and_found_again(canvas, layout):
    layout.toggle()
    beside, made = cells(canvas), set(canvas.viewer.layers)
    canvas.viewer.layers.events.inserted.connect(lambda event: pytest.fail(f'made {event.value}'))
    canvas.viewer.layers.events.removed.connect(lambda event: pytest.fail(f'removed {event.value}'))
    layout.toggle()
    canvas.session.state.set_perturbation(0, severity=3.0)
    canvas.settle()
    assert not any('clean' in name for name in visible(canvas))
    canvas.painter.show_map('change')
    canvas.painter.show_map('errors')
    assert not any('clean' in name for name in visible(canvas))
    layout.toggle()
    assert set(canvas.viewer.layers) == made
    assert cells(canvas) == beside
    np.testing.assert_array_equal(canvas.layer('prediction: clean').data, canvas.session.case.references['expert'])


def test_a_deleted_layer_comes_back_into_its_cell(canvas, layout):
    layout.toggle()
    before = cells(canvas)
    canvas.viewer.layers.remove(canvas.layer('prediction: threshold'))
    canvas.session.state.set_perturbation(0, severity=1.0)
    canvas.settle()
    assert cells(canvas) == before


def test_another_case_begins_with_one_cell(canvas, layout, ball_case):
    layout.toggle()
    canvas.open(ball_case)
    assert layout.arrangement == 'single'
    assert not canvas.viewer.canvas.grid.enabled
    assert not any('clean' in name for name in canvas.names())


@pytest.mark.parametrize(('axis', 'vertical'), [(0, 'down'), (1, 'up'), (2, 'up')])
def test_the_head_is_up(canvas, layout, axis, vertical):
    canvas.show(axis, 5)
    assert tuple(canvas.viewer.scene.camera.orientation2d) == (vertical, 'right')


def test_without_a_case_nothing_happens(bare_canvas):
    layout = Layout(bare_canvas.viewer, bare_canvas.session, bare_canvas.painter)
    layout.toggle()
    assert layout.arrangement == 'single'
    layout.close()


def test_closing_cuts_every_connection(canvas, connections):
    before = connections()
    layout = Layout(canvas.viewer, canvas.session, canvas.painter)
    layout.toggle()
    layout.close()
    layout.close()
    assert connections() == before
    assert not canvas.viewer.canvas.grid.enabled


def test_a_window_closed_side_by_side_goes_quietly(make_napari_viewer, ball_case, threshold_model):
    explorer, _, _ = open_docks(viewer := make_napari_viewer())
    explorer.session.models['threshold'] = threshold_model()
    explorer.open_case(ball_case, [Lane(source='threshold')])
    assert explorer.session.wait()
    explorer.layout.toggle()
    viewer.close()
    assert explorer.shutdown()
